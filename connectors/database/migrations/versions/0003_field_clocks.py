"""
Field clocks: which event wrote each field of a record, and what. Links are found by their record too.

Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.create_table(
        "field_clock",
        sa.Column("org", sa.String(length=60), nullable=False),
        sa.Column("record_id", sa.String(length=18), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("org", "record_id", name=op.f("pk_field_clock")),
        comment="One row a record, JSON by API field: the event that wrote the field last, its time, and the values.",
    )
    with op.batch_alter_table("field_clock", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_field_clock_org_updated_at"), ["org", "updated_at"], unique=False)
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_link_org_record_id"), ["org", "record_id"], unique=False)


def downgrade() -> None:
    """Take this version's tables away."""
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_link_org_record_id"))
    op.drop_table("field_clock")
