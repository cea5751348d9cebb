"""What every room of the executor shares: a command at work, what becomes of it, what is told about it."""
