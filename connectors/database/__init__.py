"""The database: one engine, one metadata, the ledger, the audit and the mail notes."""
