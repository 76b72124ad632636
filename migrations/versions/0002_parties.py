"""The parties' tables: networks, members, keys, roles, grants, readers; and the readings that grants allowed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")


def whole(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, WHOLE, nullable=null, autoincrement=False)


def words(*names: str, null: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=null) for name in names]


def key(table: str, *names: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*names, name=f"pk_{table}")


def upgrade() -> None:
    make_members()
    make_grants()
    make_readers()


def make_members() -> None:
    op.create_table(
        "networks",
        whole("log_id"),
        *words("log", "operator", "name", "currency", "time_zone", "allocation_rule", "founded_at"),
        key("networks", "log_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "organisations",
        whole("log_id"),
        *words("organisation"),
        *words("name", "legal_id", "country", "kind", null=True),
        *words("sites", "state"),
        whole("admitted_entry"),
        whole("entry"),
        key("organisations", "log_id", "organisation"),
        sqlite_strict=True,
    )
    op.create_index("ix_organisations_log_id_legal_id", "organisations", ["log_id", "legal_id"])
    op.create_table(
        "keys",
        whole("log_id"),
        *words("key", "organisation", "holder", "roles", "limits"),
        *words("not_after", null=True),
        whole("enrolled_entry"),
        whole("revoked_entry", null=True),
        whole("compromised_since", null=True),
        key("keys", "log_id", "key"),
        sqlite_strict=True,
    )
    op.create_index("ix_keys_log_id_organisation", "keys", ["log_id", "organisation"])
    op.create_table(
        "organisation_roles",
        whole("log_id"),
        *words("organisation", "role"),
        whole("entry"),
        key("organisation_roles", "log_id", "organisation", "role"),
        sqlite_strict=True,
    )


def make_grants() -> None:
    op.create_table(
        "grants",
        whole("log_id"),
        *words("grant", "organisation", "scope"),
        *words("agreement", null=True),
        sa.Column("sealed", FLAG, nullable=False),
        *words("valid_until"),
        whole("given_entry"),
        whole("withdrawn_entry", null=True),
        key("grants", "log_id", "grant"),
        sqlite_strict=True,
    )
    op.create_index("ix_grants_log_id_organisation", "grants", ["log_id", "organisation"])


def make_readers() -> None:
    op.create_table(
        "entry_readers",
        whole("log_id"),
        whole("entry"),
        *words("reader"),
        key("entry_readers", "log_id", "entry", "reader"),
        sqlite_strict=True,
    )
    op.create_table(
        "agreement_parties",
        whole("log_id"),
        *words("agreement", "organisation"),
        key("agreement_parties", "log_id", "agreement", "organisation"),
        sqlite_strict=True,
    )
    op.create_index("ix_agreement_parties_log_id_organisation", "agreement_parties", ["log_id", "organisation"])
    op.create_table(
        "readings_of_grants",
        sa.Column("id", WHOLE, nullable=False),
        whole("log_id"),
        *words("grant", "organisation", "holder"),
        whole("entry"),
        *words("read_at"),
        key("readings_of_grants", "id"),
        sqlite_strict=True,
    )
    op.create_index("ix_readings_of_grants_log_id_grant", "readings_of_grants", ["log_id", "grant"])


def downgrade() -> None:
    raise NotImplementedError("the tables are a view of the log: restore a backup, or replay")
