"""
Pairs of a plan go with their work by one trigger a statement: half a million look-ups a plan take longer than the plan.
"""

from alembic import op

revision = "0023"
down_revision = "0022"

TAKE_PAIRS_ALONG = """
    create function exchange_submission_takes_pairs_along() returns trigger language plpgsql as $$
    begin
        delete from exchange_pair p using gone where p.submission_id = gone.id;
        return null;
    end $$
"""
TRIGGER = """
    create trigger exchange_submission_takes_pairs_along
     after delete on exchange_submission referencing old table as gone
       for each statement execute function exchange_submission_takes_pairs_along()
"""
FOREIGN_KEY = "fk_exchange_pair_submission_id_exchange_submission"


def upgrade() -> None:
    op.drop_constraint(op.f(FOREIGN_KEY), "exchange_pair", type_="foreignkey")
    op.execute(TAKE_PAIRS_ALONG)
    op.execute(TRIGGER)


def downgrade() -> None:
    op.execute("drop trigger exchange_submission_takes_pairs_along on exchange_submission")
    op.execute("drop function exchange_submission_takes_pairs_along()")
    op.execute(
        "delete from exchange_pair p where not exists (select from exchange_submission w where w.id = p.submission_id)"
    )
    op.create_foreign_key(
        op.f(FOREIGN_KEY), "exchange_pair", "exchange_submission", ["submission_id"], ["id"], ondelete="CASCADE"
    )
