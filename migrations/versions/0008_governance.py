"""Governance's tables: rulebooks, reviews with roll, interests and votes, resolutions."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def whole(*names: str, null: bool = False) -> list[sa.Column[int]]:
    return [sa.Column(name, WHOLE, nullable=null, autoincrement=False) for name in names]


def words(*names: str, null: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=null) for name in names]


def key(table: str, *names: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*names, name=f"pk_{table}")


def index(table: str, *names: str, unique: bool = False) -> None:
    op.create_index(f"ix_{table}_{'_'.join(names)}", table, list(names), unique=unique)


def upgrade() -> None:
    make_rulebooks()
    make_reviews()
    make_ballots()
    make_resolutions()


def make_rulebooks() -> None:
    op.create_table(
        "rulebooks",
        *whole("log_id"),
        *words("rulebook", "hash", "rules"),
        *whole("entry"),
        key("rulebooks", "log_id", "rulebook"),
        sqlite_strict=True,
    )
    index("rulebooks", "log_id", "entry")


def make_reviews() -> None:
    op.create_table(
        "reviews",
        *whole("log_id"),
        *words("review", "matter"),
        *whole("reviewed_index"),
        *words("statement"),
        *words("question", "rules_hash", null=True),
        *words("rulebook"),
        *whole("call"),
        *words("opened_by", "opened_at", "closes_at"),
        *words("outcome", "number", null=True),
        *whole("entry"),
        *whole("resolution_entry", null=True),
        key("reviews", "log_id", "review"),
        sqlite_strict=True,
    )
    index("reviews", "log_id", "entry")
    index("reviews", "log_id", "matter")
    index("reviews", "log_id", "reviewed_index")
    op.create_table(
        "review_seats",
        *whole("log_id"),
        *words("review", "holder", "organisation"),
        *whole("entry"),
        *whole("fallen_entry", null=True),
        key("review_seats", "log_id", "review", "holder"),
        sqlite_strict=True,
    )


def make_ballots() -> None:
    op.create_table(
        "review_interests",
        *whole("log_id"),
        *words("review"),
        *whole("entry"),
        *words("organisation", "holder", "interest"),
        *words("explanation", null=True),
        *words("declared_at"),
        key("review_interests", "log_id", "review", "entry"),
        sqlite_strict=True,
    )
    index("review_interests", "log_id", "entry")
    op.create_table(
        "review_votes",
        *whole("log_id"),
        *words("review"),
        *whole("entry"),
        *words("organisation", "holder", "choice"),
        *words("reason", null=True),
        *words("cast_at"),
        key("review_votes", "log_id", "review", "entry"),
        sqlite_strict=True,
    )
    index("review_votes", "log_id", "entry")


def make_resolutions() -> None:
    op.create_table(
        "resolutions",
        *whole("log_id"),
        *words("number", "review", "matter", "outcome"),
        *whole("votes_for", "votes_against", "abstentions", "recused"),
        *words("dissents"),
        *words("text", null=True),
        *words("statement", "recorded_at"),
        *whole("entry"),
        key("resolutions", "log_id", "number"),
        sqlite_strict=True,
    )
    index("resolutions", "log_id", "review", unique=True)
    index("resolutions", "log_id", "matter")
    index("resolutions", "log_id", "entry")
