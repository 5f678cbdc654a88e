"""
What staff do for those who are stuck: repairs that can be undone, people who owe less, reviews of their own.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.create_table(
        "exchange_repair",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_by_id", sa.Integer(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('assigned', 'freed', 'excused')", name=op.f("ck_exchange_repair_kind")),
        *_foreign_keys(
            "exchange_repair",
            exchange_id=("exchange.activity_id", "CASCADE"),
            person_id=("person.id", "CASCADE"),
            author_id=("person.id", "CASCADE"),
            by_id=("person.id", "SET NULL"),
            undone_by_id=("person.id", "SET NULL"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_repair")),
    )
    op.create_index("ix_exchange_repair_exchange_id", "exchange_repair", ["exchange_id", "id"])
    op.create_index(op.f("ix_exchange_repair_person_id"), "exchange_repair", ["person_id"])
    op.create_index(op.f("ix_exchange_repair_author_id"), "exchange_repair", ["author_id"])
    op.create_table(
        "exchange_excusal",
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("owes", sa.SmallInteger(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("owes >= 0", name=op.f("ck_exchange_excusal_owes")),
        *_foreign_keys(
            "exchange_excusal",
            exchange_id=("exchange.activity_id", "CASCADE"),
            person_id=("person.id", "CASCADE"),
            by_id=("person.id", "SET NULL"),
        ),
        sa.PrimaryKeyConstraint("exchange_id", "person_id", name=op.f("pk_exchange_excusal")),
    )
    op.create_index(op.f("ix_exchange_excusal_person_id"), "exchange_excusal", ["person_id"])
    op.create_table(
        "exchange_staff_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("words", JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_rescue", sa.Boolean(), nullable=False),
        *_foreign_keys(
            "exchange_staff_review",
            exchange_id=("exchange.activity_id", "CASCADE"),
            submission_id=("exchange_submission.id", "CASCADE"),
            by_id=("person.id", "SET NULL"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_staff_review")),
        sa.UniqueConstraint("submission_id", "by_id", name=op.f("uq_exchange_staff_review_submission_id_by_id")),
    )
    op.create_index("ix_exchange_staff_review_exchange_id", "exchange_staff_review", ["exchange_id"])
    op.create_index(op.f("ix_exchange_staff_review_by_id"), "exchange_staff_review", ["by_id"])


def downgrade() -> None:
    op.drop_table("exchange_staff_review")
    op.drop_table("exchange_excusal")
    op.drop_table("exchange_repair")


def _foreign_keys(table: str, **columns: tuple[str, str]) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [name], [target], name=op.f(f"fk_{table}_{name}_{target.partition('.')[0]}"), ondelete=ondelete
        )
        for name, (target, ondelete) in columns.items()
    ]
