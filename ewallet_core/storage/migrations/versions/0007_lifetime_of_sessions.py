"""Sessions that live longer or shorter than usual, because their client asked for it; and their references."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_IS_IDLE_AND_LONG = sa.text("lifetime_ms IS NOT NULL AND account_id IS NULL")


def upgrade() -> None:
    op.add_column("sessions", sa.Column("lifetime_ms", sa.BigInteger(), nullable=True))
    op.add_column("sessions", sa.Column("reference", sa.Text(), nullable=True))
    op.create_index(
        op.f("ix_sessions_account_id_last_used_at"),
        "sessions",
        ["account_id", "last_used_at"],
        sqlite_where=_IS_IDLE_AND_LONG,
        postgresql_where=_IS_IDLE_AND_LONG,
    )
