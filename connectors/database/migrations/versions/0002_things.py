"""
Things that sources have, notices, choices: what bookings, calls and parked commands need.

Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.create_table(
        "thing",
        sa.Column("org", sa.String(length=60), nullable=False),
        sa.Column("integration", sa.String(length=60), nullable=False),
        sa.Column("source_id", sa.String(length=300), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("org", "integration", "source_id", name=op.f("pk_thing")),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("org", sa.String(length=60), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("command_id", sa.String(length=36), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("headers", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_org_sequence"), ["org", "sequence"], unique=True)
        batch_op.create_index(batch_op.f("ix_notice_command_id"), ["command_id"], unique=False)
    with op.batch_alter_table("command", schema=None) as batch_op:
        batch_op.add_column(sa.Column("parked", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("resolution", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Take this version's tables and columns away."""
    with op.batch_alter_table("command", schema=None) as batch_op:
        batch_op.drop_column("resolution")
        batch_op.drop_column("parked")
    op.drop_table("notice")
    op.drop_table("thing")
