"""
Kinds, weights and guidance of criteria, numbers as answers, and what reviewers take for their own work.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    empty = sa.text("'{}'::jsonb")
    columns: tuple[sa.Column[object], ...] = (
        sa.Column("kind", sa.String()),
        sa.Column("weight", sa.Double()),
        sa.Column("lowest", sa.Double()),
        sa.Column("highest", sa.Double()),
        sa.Column("step", sa.Double()),
        sa.Column("comment", sa.String()),
        sa.Column("guide", postgresql.JSONB(astext_type=sa.Text()), server_default=empty, nullable=False),
    )
    for column in columns:
        op.add_column("exchange_criterion", column)
    # A criterion whose best level gave five points counted five times as much as one whose best gave one:
    # said as a weight, every grade that is out stays what it is. Where all are alike they weigh one.
    op.execute(
        """
        with best as (
            select exchange_criterion.id, exchange_criterion.exchange_id, max(exchange_level.points) as points
            from exchange_criterion left join exchange_level on exchange_level.criterion_id = exchange_criterion.id
            group by exchange_criterion.id
        ), told as (
            select id, points,
                min(nullif(points, 0)) over (partition by exchange_id)
                    is not distinct from max(nullif(points, 0)) over (partition by exchange_id) as is_alike
            from best
        )
        update exchange_criterion set
            kind = case when told.points is null then 'words' else 'levels' end,
            comment = case when told.points is null then 'required' else 'optional' end,
            weight = case when told.is_alike then 1 else coalesce(nullif(told.points, 0), 1) end
        from told where told.id = exchange_criterion.id
        """
    )
    for name in ("kind", "weight", "comment"):
        op.alter_column("exchange_criterion", name, nullable=False)
    op.create_check_constraint(
        op.f("ck_exchange_criterion_kind"),
        "exchange_criterion",
        "kind in ('levels', 'number', 'yes_no', 'words')",
    )
    op.create_check_constraint(
        op.f("ck_exchange_criterion_comment"), "exchange_criterion", "comment in ('none', 'optional', 'required')"
    )
    op.create_check_constraint(op.f("ck_exchange_criterion_weight"), "exchange_criterion", "weight >= 0")
    op.create_check_constraint(
        op.f("ck_exchange_criterion_scale"),
        "exchange_criterion",
        "kind <> 'number' or (lowest < highest and step > 0)",
    )
    op.add_column("exchange_answer", sa.Column("number", sa.Double()))
    op.create_table(
        "exchange_takeaway",
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"],
            ["exchange_offer.id"],
            name=op.f("fk_exchange_takeaway_offer_id_exchange_offer"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_exchange_takeaway")),
    )


def downgrade() -> None:
    op.drop_table("exchange_takeaway")
    op.drop_column("exchange_answer", "number")
    for name in ("scale", "weight", "comment", "kind"):
        op.drop_constraint(op.f(f"ck_exchange_criterion_{name}"), "exchange_criterion", type_="check")
    for name in ("guide", "comment", "step", "highest", "lowest", "weight", "kind"):
        op.drop_column("exchange_criterion", name)
