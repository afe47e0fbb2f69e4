"""Events carry the id of the request that caused them, and the kind of movement."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("events", sa.Column("request_id", sa.Text(), nullable=True))
    op.add_column("events", sa.Column("movement", sa.Text(), nullable=True))
    # The address of a wallet's own user, which has been reworded; a login from there is from no new address.
    for table in ("login_records", "sessions"):
        op.execute(f"UPDATE {table} SET address = 'this computer' WHERE address = 'this machine'")
