"""What users do by hand."""
