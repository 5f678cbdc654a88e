"""
Hidden feedback counts no more, unless staff say so; and an id of feedback tells nothing of when it came.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

NEW_ID = """
create function exchange_feedback_new_id() returns integer language plpgsql volatile as $$
declare
  drawn integer;
begin
  loop
    -- Of a random UUID, for random() can be foretold; 31 bits, and never 0.
    drawn := (('x' || right(gen_random_uuid()::text, 8))::bit(32)::integer & 2147483647);
    exit when drawn > 0 and not exists (select from exchange_feedback where id = drawn);
  end loop;
  return drawn;
end $$
"""


def upgrade() -> None:
    op.add_column("exchange_hiding", sa.Column("counts", sa.Boolean(), server_default=sa.false(), nullable=False))
    # What was hidden before was hidden on the promise that grades stay.
    op.execute("update exchange_hiding set counts = true where feedback_id is not null")
    op.execute(NEW_ID)
    op.execute("alter table exchange_feedback alter column id set default exchange_feedback_new_id()")


def downgrade() -> None:
    # Numbers that count on would meet those that were drawn.
    op.execute("select setval('exchange_feedback_id_seq', greatest((select max(id) from exchange_feedback), 1))")
    op.execute("alter table exchange_feedback alter column id set default nextval('exchange_feedback_id_seq')")
    op.execute("drop function exchange_feedback_new_id()")
    op.drop_column("exchange_hiding", "counts")
