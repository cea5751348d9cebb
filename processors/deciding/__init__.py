"""What a command does to its records: actions, account and opportunity, activities, field rules. Pure."""
