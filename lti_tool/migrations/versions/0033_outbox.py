"""
Endpoints of institutions, and the outbox that the database fills with the journal: see decision 13.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0033"
down_revision = "0032"

# The bell is one job for each transaction, and under no name, for others would wait for the one who has it. Whoever
# delivers deletes the bells that have rung for what they look at.
FAN_OUT = """
    create function webhook_fan_out() returns trigger language plpgsql as $$
    begin
        if not exists (select from webhook_endpoint) then
            return null;
        end if;
        insert into webhook_delivery (endpoint_id, entry_id, kind, occurred_at, next_attempt_at)
        select e.id, f.id, f.act, f.at, f.at
          from fresh f
          join course c on c.id = f.course_id
          join deployment d on d.id = c.deployment_id
          join webhook_endpoint e on e.platform_id = d.platform_id
                                 and (e.deployment_id is null or e.deployment_id = d.id)
         where e.state <> 'disabled' and e.kinds ? f.act;
        if found and current_setting('hearth.outbox_rung', true) is distinct from pg_current_xact_id()::text then
            perform set_config('hearth.outbox_rung', pg_current_xact_id()::text, true);
            insert into procrastinate_jobs (queue_name, task_name, priority, args, status)
            values ('outbox', 'outbox.send', 0, '{}', 'todo');
        end if;
        return null;
    end
    $$
"""
TRIGGER = """
    create trigger webhook_fan_out after insert on journal_entry
    referencing new table as fresh for each statement execute function webhook_fan_out()
"""


def upgrade() -> None:
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("platform_id", sa.Integer(), nullable=False),
        sa.Column("deployment_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("kinds", JSONB(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("old_secret", sa.String(), nullable=True),
        sa.Column("old_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("why", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("format in ('standard', 'caliper')", name=op.f("ck_webhook_endpoint_format")),
        sa.CheckConstraint("state in ('active', 'paused', 'disabled')", name=op.f("ck_webhook_endpoint_state")),
        sa.CheckConstraint("why in ('', 'gone', 'failing')", name=op.f("ck_webhook_endpoint_why")),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["platform.id"], name=op.f("fk_webhook_endpoint_platform_id_platform"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployment.id"],
            name=op.f("fk_webhook_endpoint_deployment_id_deployment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoint")),
    )
    op.create_index("ix_webhook_endpoint_platform_id", "webhook_endpoint", ["platform_id"])
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("endpoint_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.String(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "state in ('waiting', 'delivered', 'dead', 'skipped')", name=op.f("ck_webhook_delivery_state")
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["webhook_endpoint.id"],
            name=op.f("fk_webhook_delivery_endpoint_id_webhook_endpoint"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["journal_entry.id"],
            name=op.f("fk_webhook_delivery_entry_id_journal_entry"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_webhook_delivery_person_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("entry_id", "endpoint_id", name=op.f("uq_webhook_delivery_entry_id_endpoint_id")),
        sa.UniqueConstraint("message_id", name=op.f("uq_webhook_delivery_message_id")),
    )
    op.create_index(
        "ix_webhook_delivery_due",
        "webhook_delivery",
        ["endpoint_id", "next_attempt_at", "id"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_webhook_delivery_endpoint_id", "webhook_delivery", ["endpoint_id", "id"])
    op.create_index("ix_webhook_delivery_person_id", "webhook_delivery", ["person_id"])
    op.create_index("ix_webhook_delivery_occurred_at", "webhook_delivery", ["occurred_at"])
    op.create_table(
        "webhook_attempt",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("problem", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["webhook_delivery.id"],
            name=op.f("fk_webhook_attempt_delivery_id_webhook_delivery"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_attempt")),
    )
    op.create_index("ix_webhook_attempt_delivery_id", "webhook_attempt", ["delivery_id"])
    op.execute(FAN_OUT)
    op.execute(TRIGGER)


def downgrade() -> None:
    op.execute("drop trigger webhook_fan_out on journal_entry")
    op.execute("drop function webhook_fan_out()")
    op.drop_table("webhook_attempt")
    op.drop_table("webhook_delivery")
    op.drop_table("webhook_endpoint")
    op.execute("delete from procrastinate_jobs where queue_name = 'outbox'")
