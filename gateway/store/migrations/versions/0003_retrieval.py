"""What documents had to do with an answer. Empty in rows from before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("records", sa.Column("retrieved", sa.Boolean(), nullable=True))
    op.add_column("records", sa.Column("retrieval", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("records") as records:
        records.drop_column("retrieval")
        records.drop_column("retrieved")
