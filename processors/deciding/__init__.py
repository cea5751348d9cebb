"""What a command does to its records: actions, companions, activities, field rules. Pure."""
