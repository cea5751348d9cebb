"""
Own records: which records the events of a source entity made or wrote, with the person as they said them.

Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.create_table(
        "own_record",
        sa.Column("org", sa.String(length=60), nullable=False),
        sa.Column("integration", sa.String(length=60), nullable=False),
        sa.Column("source_key", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.String(length=18), nullable=False),
        sa.Column("event_key", sa.String(length=64), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("object", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("contract", sa.String(length=60), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("made", sa.Boolean(), nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=True),
        sa.Column("attendee", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("updated_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint(
            "org", "integration", "source_key", "record_id", "event_key", name=op.f("pk_own_record")
        ),
        comment="One row a record that an event of a source entity made or wrote; keys are digests of IDs of any size.",
    )
    with op.batch_alter_table("own_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_own_record_org_updated_at"), ["org", "updated_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_own_record_org_record_id"), ["org", "integration", "record_id"], unique=False
        )


def downgrade() -> None:
    """Take this version's tables away."""
    op.drop_table("own_record")
