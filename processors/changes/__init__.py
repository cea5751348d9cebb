"""Stage *changes*: what changes in Salesforce, told to the sources that want it."""
