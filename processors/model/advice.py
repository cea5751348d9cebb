"""
What outcomes, mails and the table of Salesforce's errors all advise, in one wording.

Rule of this file: words alone.
"""

SEND_AGAIN = "send the event under a new event_id"
"""An ID is answered once: the event under its old one does nothing more (docs/sales-operations.md)."""
