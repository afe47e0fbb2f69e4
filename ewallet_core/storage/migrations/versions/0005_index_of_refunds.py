"""Only refunds reverse an entry, so the index of what they reverse leaves all other entries out."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    name, reverses = op.f("ix_entries_reverses_id"), sa.text("reverses_id IS NOT NULL")
    op.drop_index(name, "entries")
    op.create_index(name, "entries", ["reverses_id"], sqlite_where=reverses, postgresql_where=reverses)
