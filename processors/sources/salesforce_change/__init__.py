"""What people change in Salesforce, as the executor learns of it."""
