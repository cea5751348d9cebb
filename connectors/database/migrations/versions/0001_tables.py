"""
All tables: ledger, audit, mail notes.

Revises: nothing
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.create_table(
        "api_call",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("org", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("send_by", sa.Float(), nullable=False),
        sa.Column("alive_until", sa.Float(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_call")),
        comment="What was, or was about to be, sent and has no usable answer; with the claims that it holds.",
    )
    with op.batch_alter_table("api_call", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_call_org"), ["org"], unique=False)

    op.create_table(
        "audit",
        sa.Column("outcome_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("integration", sa.String(length=60), nullable=False),
        sa.Column("org", sa.String(length=60), nullable=False),
        sa.Column("contract", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=True),
        sa.Column("event_time", sa.Float(), nullable=False),
        sa.Column("settled_time", sa.Float(), nullable=False),
        sa.Column("rule_ids", sa.Text(), nullable=False),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("person_email", sa.Text(), nullable=False),
        sa.Column("topic", sa.String(length=249), nullable=False),
        sa.Column("kafka_partition", sa.Integer(), nullable=False),
        sa.Column("kafka_offset", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False, comment="The whole outcome as JSON."),
        sa.PrimaryKeyConstraint("outcome_id", name=op.f("pk_audit")),
        comment="One row for each outcome.",
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_integration_settled_time", ["integration", "settled_time"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_settled_time"), ["settled_time"], unique=False)

    op.create_table(
        "audit_key",
        sa.Column("outcome_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False, comment="event, record, email or phone"),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("outcome_id", "kind", "value", name=op.f("pk_audit_key")),
        comment="What outcomes are found by: events, records, e-mail addresses, telephone numbers (digits).",
    )
    with op.batch_alter_table("audit_key", schema=None) as batch_op:
        batch_op.create_index("ix_audit_key_kind_value", ["kind", "value"], unique=False)

    op.create_table(
        "command",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("org", sa.String(length=60), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("due", sa.Float(), nullable=False),
        sa.Column("blocker", sa.String(length=200), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("crashes", sa.Integer(), nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("contract", sa.String(length=60), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.Column("integration", sa.String(length=60), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("plan", sa.LargeBinary(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.LargeBinary(), nullable=True),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column("headers", sa.LargeBinary(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("settled_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_command")),
    )
    with op.batch_alter_table("command", schema=None) as batch_op:
        batch_op.create_index("ix_command_event_id", ["event_id"], unique=False)
        batch_op.create_index("ix_command_org_place", ["org", "place"], unique=True)
        batch_op.create_index("ix_command_org_sequence", ["org", "sequence"], unique=True)

    op.create_table(
        "lease",
        sa.Column("org", sa.String(length=60), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("taken_at", sa.Float(), nullable=False),
        sa.Column("next_place", sa.BigInteger(), nullable=False),
        sa.Column("next_sequence", sa.BigInteger(), nullable=False),
        sa.Column("unclean_starts", sa.Integer(), nullable=False),
        sa.Column("resume_from", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("org", name=op.f("pk_lease")),
    )
    op.create_table(
        "ledger",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
        comment="One row: which ledger this is. Kafka's committed metadata names it, so that a restored one is noticed.",  # noqa: E501  as in the table
    )
    op.create_table(
        "link",
        sa.Column("org", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("source_id", sa.String(length=200), nullable=False),
        sa.Column("record_id", sa.String(length=18), nullable=False),
        sa.Column("linked_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("org", "kind", "source_id", name=op.f("pk_link")),
    )
    op.create_table(
        "mail_body",
        sa.Column("message_id", sa.String(length=320), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_mail_body")),
        comment="The bytes of mails that are intended, so that a mail sent again is the same mail.",
    )
    op.create_table(
        "mail_note",
        sa.Column("outcome_id", sa.String(length=36), nullable=False),
        sa.Column("recipient", sa.String(length=320), nullable=False),
        sa.Column("message_id", sa.String(length=320), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("outcome_id", "recipient", name=op.f("pk_mail_note")),
        comment="One row for each error and recipient: intended, sent or refused, and by which mail.",
    )
    with op.batch_alter_table("mail_note", schema=None) as batch_op:
        batch_op.create_index("ix_mail_note_message_id", ["message_id"], unique=False)


def downgrade() -> None:
    """Bring the tables back to the version before."""
    with op.batch_alter_table("mail_note", schema=None) as batch_op:
        batch_op.drop_index("ix_mail_note_message_id")

    op.drop_table("mail_note")
    op.drop_table("mail_body")
    op.drop_table("link")
    op.drop_table("ledger")
    op.drop_table("lease")
    with op.batch_alter_table("command", schema=None) as batch_op:
        batch_op.drop_index("ix_command_org_sequence")
        batch_op.drop_index("ix_command_org_place")
        batch_op.drop_index("ix_command_event_id")

    op.drop_table("command")
    with op.batch_alter_table("audit_key", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_key_kind_value")

    op.drop_table("audit_key")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_settled_time"))
        batch_op.drop_index("ix_audit_integration_settled_time")

    op.drop_table("audit")
    with op.batch_alter_table("api_call", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_call_org"))

    op.drop_table("api_call")
