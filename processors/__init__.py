"""WHY: the stages, one verb a file; pure, except the shells that run them."""
