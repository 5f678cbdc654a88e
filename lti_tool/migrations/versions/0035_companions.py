"""
Our plugins in LMSs, and what they are to be told: the database notes each act of the journal for them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0035"
down_revision = "0034"

# The bell is a job under no name: under one, whoever acts would wait for whoever acted before and has not committed.
# Whoever sorts takes away the bells of what they have seen.
NOTE = """
    create function companion_note() returns trigger language plpgsql as $$
    begin
        if not exists (select from companion) then
            return null;
        end if;
        insert into companion_telling (pairing_id, entry_id, activity_id, at, next_attempt_at)
        select p.id, f.id, f.activity_id, f.at, f.at
          from fresh f
          join course c on c.id = f.course_id
          join deployment d on d.id = c.deployment_id
          join companion p on p.platform_id = d.platform_id
         where f.activity_id is not null;
        if found and current_setting('hearth.companion_rung', true) is distinct from pg_current_xact_id()::text then
            perform set_config('hearth.companion_rung', pg_current_xact_id()::text, true);
            insert into procrastinate_jobs (queue_name, task_name, priority, args, status)
            values ('companions', 'companions.sort', 0, '{}', 'todo');
        end if;
        return null;
    end
    $$
"""
TRIGGER = """
    create trigger companion_note after insert on journal_entry
    referencing new table as fresh for each statement execute function companion_note()
"""


def upgrade() -> None:
    op.create_table(
        "companion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("platform_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("release", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("tells_log", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("tells_completion", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("tells_dates", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("state", sa.String(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("detail", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receiver", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('active', 'paused')", name=op.f("ck_companion_state")),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["platform.id"], name=op.f("fk_companion_platform_id_platform"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_companion")),
        sa.UniqueConstraint("platform_id", name=op.f("uq_companion_platform_id")),
    )
    op.create_table(
        "companion_telling",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("pairing_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("slot", sa.String(), nullable=True),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completion", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("entry", JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("state", sa.String(), server_default=sa.text("'new'"), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "state in ('new', 'waiting', 'told', 'refused', 'dead')", name=op.f("ck_companion_telling_state")
        ),
        sa.CheckConstraint(
            "completion in ('', 'complete', 'incomplete')", name=op.f("ck_companion_telling_completion")
        ),
        sa.CheckConstraint("(entry_id is null) = (slot is not null)", name=op.f("ck_companion_telling_slot")),
        sa.ForeignKeyConstraint(
            ["pairing_id"],
            ["companion.id"],
            name=op.f("fk_companion_telling_pairing_id_companion"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["journal_entry.id"],
            name=op.f("fk_companion_telling_entry_id_journal_entry"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["activity_id"],
            ["activity.id"],
            name=op.f("fk_companion_telling_activity_id_activity"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["link_id"],
            ["resource_link.id"],
            name=op.f("fk_companion_telling_link_id_resource_link"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_companion_telling_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_companion_telling")),
        sa.UniqueConstraint("pairing_id", "slot", name=op.f("uq_companion_telling_pairing_id_slot")),
        sa.UniqueConstraint("key", name=op.f("uq_companion_telling_key")),
        sa.UniqueConstraint("entry_id", "pairing_id", name=op.f("uq_companion_telling_entry_id_pairing_id")),
    )
    op.create_index("ix_companion_telling_new", "companion_telling", ["id"], postgresql_where=sa.text("state = 'new'"))
    op.create_index(
        "ix_companion_telling_due",
        "companion_telling",
        ["pairing_id", "next_attempt_at", "id"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    for column in ("activity_id", "link_id", "person_id"):
        op.create_index(f"ix_companion_telling_{column}", "companion_telling", [column])
    op.execute(NOTE)
    op.execute(TRIGGER)


def downgrade() -> None:
    op.execute("drop trigger companion_note on journal_entry")
    op.execute("drop function companion_note()")
    op.drop_table("companion_telling")
    op.drop_table("companion")
    op.execute("delete from procrastinate_jobs where queue_name = 'companions'")
