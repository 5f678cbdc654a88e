"""
The ground: platforms and people, LTI on the wire, sessions, journal, grades, and the job queue.
"""

import sqlalchemy as sa
from alembic import op
from procrastinate import PsycopgConnector
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    _make_job_queue()
    op.create_table(
        "lti_signing_key",
        sa.Column("kid", sa.String(), nullable=False),
        sa.Column("private_pem", sa.String(), nullable=False),
        sa.Column("public_pem", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("signs_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_lti_signing_key")),
    )
    op.create_table(
        "platform",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("auth_url", sa.String(), nullable=False),
        sa.Column("token_url", sa.String(), nullable=False),
        sa.Column("token_audience", sa.String(), nullable=True),
        sa.Column("jwks_url", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('pending', 'active', 'disabled')", name=op.f("ck_platform_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform")),
        sa.UniqueConstraint("issuer", "client_id", name=op.f("uq_platform_issuer_client_id")),
    )
    op.create_table(
        "deployment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("platform_id", sa.Integer(), nullable=False),
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["platform.id"], name=op.f("fk_deployment_platform_id_platform"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
        sa.UniqueConstraint("platform_id", "deployment_id", name=op.f("uq_deployment_platform_id_deployment_id")),
    )
    op.create_table(
        "lti_access_token",
        sa.Column("platform_id", sa.Integer(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("granted", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["platform.id"], name=op.f("fk_lti_access_token_platform_id_platform"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("platform_id", "scopes", name=op.f("pk_lti_access_token")),
    )
    op.create_table(
        "lti_attempt",
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("platform_id", sa.Integer(), nullable=False),
        sa.Column("target_link_uri", sa.String(), nullable=False),
        sa.Column("login_hint", sa.String(), nullable=False),
        sa.Column("message_hint", sa.String(), nullable=True),
        sa.Column("browser_hash", sa.String(), nullable=False),
        sa.Column("storage_target", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["platform.id"], name=op.f("fk_lti_attempt_platform_id_platform"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("state", name=op.f("pk_lti_attempt")),
    )
    op.create_index(op.f("ix_lti_attempt_expires_at"), "lti_attempt", ["expires_at"], unique=False)
    op.create_table(
        "lti_invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("platform_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["platform.id"], name=op.f("fk_lti_invitation_platform_id_platform"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_lti_invitation_token_hash")),
    )
    op.create_index(
        "ix_lti_invitation_open",
        "lti_invitation",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("used_at is null"),
    )
    op.create_table(
        "course",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deployment_id", sa.Integer(), nullable=False),
        sa.Column("context_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("roster_url", sa.String(), nullable=True),
        sa.Column("line_items_url", sa.String(), nullable=True),
        sa.Column(
            "scopes", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("roster_synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("roster_problem", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployment.id"], name=op.f("fk_course_deployment_id_deployment"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course")),
        sa.UniqueConstraint("deployment_id", "context_id", name=op.f("uq_course_deployment_id_context_id")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deployment_id", sa.Integer(), nullable=False),
        sa.Column("sub", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployment.id"], name=op.f("fk_person_deployment_id_deployment"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("deployment_id", "sub", name=op.f("uq_person_deployment_id_sub")),
    )
    op.create_table(
        "activity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("origin_id", sa.Integer(), nullable=True),
        sa.Column("copied_with_course", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_activity_course_id_course"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["person.id"], name=op.f("fk_activity_created_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["origin_id"], ["activity.id"], name=op.f("fk_activity_origin_id_activity"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.UniqueConstraint("public_id", name=op.f("uq_activity_public_id")),
    )
    op.create_index("ix_activity_course_id", "activity", ["course_id"], unique=False)
    op.create_index(
        "uq_activity_copied_with_course",
        "activity",
        ["course_id", "origin_id"],
        unique=True,
        postgresql_where=sa.text("copied_with_course"),
    )
    op.create_table(
        "membership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("staff_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_test_user", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "sections", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column(
            "groups", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("in_roster", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("launched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role in ('teacher', 'assistant', 'learner', 'observer')", name=op.f("ck_membership_role")),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_membership_course_id_course"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_membership_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint("course_id", "person_id", name=op.f("uq_membership_course_id_person_id")),
    )
    op.create_index("ix_membership_person_id", "membership", ["person_id"], unique=False)
    op.create_table(
        "journal_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=True),
        sa.Column(
            "particulars",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_journal_entry_activity_id_activity"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_journal_entry_course_id_course"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_journal_entry_person_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_entry")),
    )
    op.create_index(op.f("ix_journal_entry_activity_id"), "journal_entry", ["activity_id"], unique=False)
    op.create_index("ix_journal_entry_course_id_at", "journal_entry", ["course_id", "at"], unique=False)
    op.create_table(
        "resource_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("lti_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=True),
        sa.Column("line_item_url", sa.String(), nullable=True),
        sa.Column("placement", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_resource_link_activity_id_activity"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_resource_link_course_id_course"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource_link")),
        sa.UniqueConstraint("course_id", "lti_id", name=op.f("uq_resource_link_course_id_lti_id")),
    )
    op.create_index("ix_resource_link_activity_id", "resource_link", ["activity_id"], unique=False)
    op.create_table(
        "grade_passback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("resource_link_id", sa.Integer(), nullable=False),
        sa.Column("column", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("line_item_url", sa.String(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("score_given", sa.Double(), nullable=True),
        sa.Column("score_maximum", sa.Double(), nullable=False),
        sa.Column("comment", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("state", sa.String(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_timestamp", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state in ('waiting', 'sent', 'failed')", name=op.f("ck_grade_passback_state")),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_grade_passback_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_grade_passback_course_id_course"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_grade_passback_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["resource_link_id"],
            ["resource_link.id"],
            name=op.f("fk_grade_passback_resource_link_id_resource_link"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grade_passback")),
        sa.UniqueConstraint(
            "resource_link_id", "column", "person_id", name=op.f("uq_grade_passback_resource_link_id_column_person_id")
        ),
    )
    op.create_index("ix_grade_passback_activity_id", "grade_passback", ["activity_id"], unique=False)
    op.create_index(
        "ix_grade_passback_waiting",
        "grade_passback",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "web_session",
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("browser_hash", sa.String(), nullable=True),
        sa.Column("membership_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("is_admin", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("resource_link_id", sa.Integer(), nullable=True),
        sa.Column("deep_link", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("locale", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["membership_id"],
            ["membership.id"],
            name=op.f("fk_web_session_membership_id_membership"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["resource_link_id"],
            ["resource_link.id"],
            name=op.f("fk_web_session_resource_link_id_resource_link"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("handle", name=op.f("pk_web_session")),
    )
    op.create_index(op.f("ix_web_session_expires_at"), "web_session", ["expires_at"], unique=False)
    op.create_index(op.f("ix_web_session_membership_id"), "web_session", ["membership_id"], unique=False)


def downgrade() -> None:
    _drop_job_queue()
    op.drop_index(op.f("ix_web_session_membership_id"), table_name="web_session")
    op.drop_index(op.f("ix_web_session_expires_at"), table_name="web_session")
    op.drop_table("web_session")
    op.drop_index(
        "ix_grade_passback_waiting", table_name="grade_passback", postgresql_where=sa.text("state = 'waiting'")
    )
    op.drop_index("ix_grade_passback_activity_id", table_name="grade_passback")
    op.drop_table("grade_passback")
    op.drop_index("ix_resource_link_activity_id", table_name="resource_link")
    op.drop_table("resource_link")
    op.drop_index("ix_journal_entry_course_id_at", table_name="journal_entry")
    op.drop_index(op.f("ix_journal_entry_activity_id"), table_name="journal_entry")
    op.drop_table("journal_entry")
    op.drop_index("ix_membership_person_id", table_name="membership")
    op.drop_table("membership")
    op.drop_index(
        "uq_activity_copied_with_course", table_name="activity", postgresql_where=sa.text("copied_with_course")
    )
    op.drop_index("ix_activity_course_id", table_name="activity")
    op.drop_table("activity")
    op.drop_table("person")
    op.drop_table("course")
    op.drop_index("ix_lti_invitation_open", table_name="lti_invitation", postgresql_where=sa.text("used_at is null"))
    op.drop_table("lti_invitation")
    op.drop_index(op.f("ix_lti_attempt_expires_at"), table_name="lti_attempt")
    op.drop_table("lti_attempt")
    op.drop_table("lti_access_token")
    op.drop_table("deployment")
    op.drop_table("platform")
    op.drop_table("lti_signing_key")


def _make_job_queue() -> None:
    """Procrastinate's own tables, as the installed version ships them."""
    schema = SchemaManager(connector=PsycopgConnector()).get_schema()
    # Straight to the driver: the script has semicolons, percent signs and colons that mean nothing to SQLAlchemy.
    driver = op.get_bind().connection.driver_connection
    assert driver is not None  # noqa: S101 - we are online
    driver.execute(schema)


def _drop_job_queue() -> None:
    op.execute(
        """
        do $$
        declare each record;
        begin
            drop table if exists procrastinate_periodic_defers, procrastinate_events, procrastinate_jobs,
                                 procrastinate_workers cascade;
            for each in select p.oid::regprocedure as signature
                          from pg_proc p join pg_namespace n on n.oid = p.pronamespace
                         where n.nspname = current_schema() and p.proname like 'procrastinate%' loop
                execute 'drop function if exists ' || each.signature || ' cascade';
            end loop;
            for each in select t.typname from pg_type t join pg_namespace n on n.oid = t.typnamespace
                         where n.nspname = current_schema() and t.typname like 'procrastinate%'
                           and t.typtype in ('e', 'c') loop
                execute 'drop type if exists ' || each.typname || ' cascade';
            end loop;
        end $$
        """
    )
