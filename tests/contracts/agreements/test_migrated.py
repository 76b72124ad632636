"""An installation from before: what its migration writes of agreements is what a replay folds."""

import importlib
from datetime import date
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from contracts.agreements.facts import AgreementTerminated
from contracts.agreements.tables import agreements
from tests.contracts.agreements.building import agree, an_offer
from tests.network import TestNetwork

COLUMNS = ("agreement", "binds_from", "binds_until", "asset")


def read_rows(connection: sa.Connection) -> list[tuple[str | None, ...]]:
    """Read what was written of each agreement."""
    columns = [agreements.c[name] for name in COLUMNS]
    return [tuple(row) for row in connection.execute(sa.select(*columns).order_by(agreements.c.agreement))]


def test_agreements_from_before_bind_as_if_they_were_folded_today(network: TestNetwork) -> None:
    migration = importlib.import_module("migrations.versions.0012_lists")
    ending: dict[str, Any] = {"renewal_mode": "none", "renewal_term": None, "renewal_notice": None}
    agree(network, "a-auto", contract_no="C-1")
    agree(network, "a-end", contract_no="C-2", effective_date="2025-01-31", first_delivery_date="2025-01-31", initial_term=13, **ending)
    agree(network, "a-pipe", "shared-infrastructure@1", parties=("powerco", "plasterco", "pharma"), contract_no="C-3", asset_id="AST-1")
    agree(network, "a-short", contract_no="C-4")
    network.accept(AgreementTerminated("a-short", date(2025, 7, 1), "the line is rebuilt"), by="powerco")
    network.accept(an_offer(network, "a-open", contract_no="C-5"), by="powerco")

    with network.engine.begin() as connection:
        folded = read_rows(connection)
        connection.execute(sa.update(agreements).values(binds_from=None, binds_until=None, asset=None))
        with Operations.context(MigrationContext.configure(connection)):
            migration.bind_agreements()
        migrated = read_rows(connection)

    assert migrated == folded
    assert folded == [
        ("a-auto", "2025-01-02", None, None),
        ("a-end", "2025-01-31", "2026-03-01", None),
        ("a-open", None, None, None),
        ("a-pipe", "2025-01-02", None, "AST-1"),
        ("a-short", "2025-01-02", "2025-07-01", None),
    ]
