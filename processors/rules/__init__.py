"""The rule tables: every business decision as data, with the rule ID beside it."""
