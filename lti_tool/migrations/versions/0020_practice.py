"""
Works to practise with, and what people try at them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    empty = sa.text("'{}'::jsonb")
    op.create_table(
        "exchange_example",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("beside", postgresql.JSONB(astext_type=sa.Text()), server_default=empty, nullable=False),
        sa.Column("words", postgresql.JSONB(astext_type=sa.Text()), server_default=empty, nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchange.activity_id"],
            name=op.f("fk_exchange_example_exchange_id_exchange"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"],
            ["person.id"],
            name=op.f("fk_exchange_example_made_by_id_person"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_example")),
    )
    op.create_index("ix_exchange_example_exchange_id", "exchange_example", ["exchange_id"])
    op.create_table(
        "exchange_example_file",
        sa.Column("example_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["example_id"],
            ["exchange_example.id"],
            name=op.f("fk_exchange_example_file_example_id_exchange_example"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("example_id", name=op.f("pk_exchange_example_file")),
    )
    op.create_index("ix_exchange_example_file_key", "exchange_example_file", ["key"])
    op.create_table(
        "exchange_trial",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("example_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("words", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number between 1 and 2", name=op.f("ck_exchange_trial_number")),
        sa.ForeignKeyConstraint(
            ["example_id"],
            ["exchange_example.id"],
            name=op.f("fk_exchange_trial_example_id_exchange_example"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_exchange_trial_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_trial")),
        sa.UniqueConstraint(
            "example_id", "person_id", "number", name=op.f("uq_exchange_trial_example_id_person_id_number")
        ),
    )
    op.create_index("ix_exchange_trial_person_id", "exchange_trial", ["person_id"])


def downgrade() -> None:
    op.drop_table("exchange_trial")
    op.drop_table("exchange_example_file")
    op.drop_table("exchange_example")
