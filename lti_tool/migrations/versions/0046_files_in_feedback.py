"""
Feedback may have files.
"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"

NEW_ID = """
create function exchange_feedback_file_new_id() returns integer language plpgsql volatile as $$
declare
  drawn integer;
begin
  loop
    -- As exchange_feedback_new_id() does.
    drawn := (('x' || right(gen_random_uuid()::text, 8))::bit(32)::integer & 2147483647);
    exit when drawn > 0 and not exists (select from exchange_feedback_file where id = drawn);
  end loop;
  return drawn;
end $$
"""
OWNERS = {
    "offer_id": "exchange_offer",
    "feedback_id": "exchange_feedback",
    "submission_id": "exchange_submission",
    "by_id": "person",
    "staff_review_id": "exchange_staff_review",
}


def upgrade() -> None:
    op.execute(NEW_ID)
    op.create_table(
        "exchange_feedback_file",
        sa.Column(
            "id",
            sa.Integer(),
            server_default=sa.text("exchange_feedback_file_new_id()"),
            autoincrement=False,
            nullable=False,
        ),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in OWNERS),
        sa.Column("is_leaving", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.CheckConstraint(
            "num_nonnulls(offer_id, feedback_id, submission_id, staff_review_id) = 1",
            name=op.f("ck_exchange_feedback_file_one_owner"),
        ),
        sa.CheckConstraint("(by_id is null) = (submission_id is null)", name=op.f("ck_exchange_feedback_file_staff")),
        *(
            sa.ForeignKeyConstraint(
                [name],
                [f"{table}.id"],
                name=op.f(f"fk_exchange_feedback_file_{name}_{table}"),
                ondelete="CASCADE",
            )
            for name, table in OWNERS.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_feedback_file")),
    )
    for name in OWNERS:
        op.create_index(f"ix_exchange_feedback_file_{name}", "exchange_feedback_file", [name])


def downgrade() -> None:
    op.drop_table("exchange_feedback_file")
    op.execute("drop function exchange_feedback_file_new_id()")
