"""The settings of an integration: their model, how files are read, what is wrong with them."""
