"""No triggers on inserts: each of them had SQLite copy the pages that the insert changes."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in ("entries", "postings", "seals"):
            op.execute(f"DROP TRIGGER {table}_no_replace")
