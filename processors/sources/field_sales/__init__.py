"""Records, activities and visits of field sales (SP-1 to SP-41)."""
