"""
What companions would not have is found without a look at all that they have.
"""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"


def upgrade() -> None:
    op.create_index(
        "ix_companion_telling_problem",
        "companion_telling",
        ["problem"],
        postgresql_where=sa.text("problem <> ''"),
    )


def downgrade() -> None:
    op.drop_index("ix_companion_telling_problem", table_name="companion_telling")
