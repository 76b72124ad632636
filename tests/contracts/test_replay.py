"""Replay gives the live rows again, on both databases; a row changed by hand is found and named; erased contents are excused, no more."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Table, delete, select, text, update

from contracts.comparison import Comparison, compare_rows
from contracts.database import metadata
from contracts.errors import Conflict
from contracts.own_facts import ContentsErased
from contracts.parties.facts import OrganisationLeft
from contracts.projections import Projections
from contracts.replay import list_folded_tables, open_snapshot, rebuild_rows, replay_aside
from tests.contracts.settlement.closing import settle
from tests.databases import Databases
from tests.network import TestNetwork


@pytest.fixture(scope="module")
def settled(databases: Databases, database_kind: str) -> Iterator[TestNetwork]:
    """A network that went from trade to statements of account; tests undo what they change in it."""
    url = databases.create(database_kind)
    network = TestNetwork(url)
    settle(network)
    yield network
    network.close()
    databases.drop(url)


def compare(network: TestNetwork) -> Comparison:
    """Replay a network aside and compare."""
    with (
        open_snapshot(network.engine) as live,
        replay_aside(live, network.log_id, Projections(network.stages)) as (replayed, came_to),
    ):
        return compare_rows(live, replayed, network.log_id, came_to)


def plant(network: TestNetwork, table: Table, **values: Any) -> dict[str, Any]:
    """Change columns of the first row of a table by hand; gives the row as it was."""
    keys = [column.name for column in table.primary_key.columns]
    with network.writing() as connection:
        row = dict(connection.execute(select(table).order_by(*table.primary_key.columns)).mappings().first() or {})
        mine = [table.c[name] == row[name] for name in keys]
        connection.execute(update(table).where(*mine).values(**values))
    return row


def test_replay_equals_live_row_by_row(settled: TestNetwork) -> None:
    found = compare(settled)

    assert found.differences == ()
    assert found.rows > 100
    assert found.tables == len(list_folded_tables())


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("accounts", "total", 1),
        ("saving_lines", "saving", 7),
        ("deliveries", "settled", Decimal("99.999")),
        ("agreements", "state", "declined"),
        ("keys", "roles", ["board"]),
    ],
)
def test_a_folded_row_changed_by_hand_is_named(settled: TestNetwork, table: str, column: str, value: Any) -> None:
    chosen = metadata.tables[table]
    earlier = plant(settled, chosen, **{column: value})

    found = compare(settled)
    plant(settled, chosen, **{column: earlier[column]})

    assert [(one.table, one.column) for one in found.differences] == [(table, column)]
    [difference] = found.differences
    assert difference.live != difference.replayed
    assert all(str(earlier[key.name]) in difference.key for key in chosen.primary_key.columns if key.name != "log_id")
    assert compare(settled).count == 0


def test_a_row_that_was_taken_away_is_named_with_its_entry(settled: TestNetwork) -> None:
    accounts = metadata.tables["accounts"]
    with settled.writing() as connection:
        row = connection.execute(select(accounts)).mappings().first()
        assert row is not None
        connection.execute(delete(accounts).where(accounts.c.account == row["account"]))

    found = compare(settled)
    with settled.writing() as connection:
        connection.execute(accounts.insert().values(**row))

    assert [(one.table, one.column, one.live, one.entry) for one in found.differences] == [("accounts", None, None, row["entry"])]
    assert f"written by entry {row['entry']}" in found.differences[0].words


def test_a_row_that_no_entry_wrote_is_named(settled: TestNetwork) -> None:
    roles = metadata.tables["organisation_roles"]
    planted = {"log_id": settled.log_id, "organisation": settled.id("powerco"), "role": "auditor", "entry": 3}
    with settled.writing() as connection:
        connection.execute(roles.insert().values(**planted))

    found = compare(settled)
    with settled.writing() as connection:
        connection.execute(delete(roles).where(roles.c.role == "auditor"))

    assert [(one.table, one.replayed) for one in found.differences] == [("organisation_roles", None)]
    assert "the log knows no such row" in found.differences[0].words


def test_what_no_type_can_read_is_compared_all_the_same(settled: TestNetwork) -> None:
    with settled.writing() as connection:
        before = connection.exec_driver_sql("SELECT settled FROM deliveries WHERE delivery = 'd-1'").scalar()
        connection.exec_driver_sql("UPDATE deliveries SET settled = 'much' WHERE delivery = 'd-1'")

    found = compare(settled)
    with settled.writing() as connection:
        connection.execute(text("UPDATE deliveries SET settled = :before WHERE delivery = 'd-1'"), {"before": before})

    assert [(one.column, one.live, one.replayed) for one in found.differences] == [("settled", "much", before)]


def test_rebuilding_mends_what_was_changed_by_hand(settled: TestNetwork) -> None:
    plant(settled, metadata.tables["accounts"], total=1)
    with settled.writing() as connection:
        connection.execute(delete(metadata.tables["saving_lines"]))

    came_to = rebuild_rows(settled.engine, settled.log_id, Projections(settled.stages))

    head = settled.log.read_head()
    assert head is not None
    assert (came_to.size, came_to.skipped) == (head.size, ())
    assert compare(settled).count == 0


def test_rows_outside_the_log_are_left_alone_by_rebuilding(settled: TestNetwork) -> None:
    people = metadata.tables["readings_of_grants"]
    values = {
        "log_id": settled.log_id,
        "grant": "g-1",
        "organisation": "o-x",
        "holder": "h-x",
        "entry": 1,
        "read_at": "2025-01-02T08:00:00Z",
    }
    with settled.writing() as connection:
        connection.execute(people.insert().values(**values))

    rebuild_rows(settled.engine, settled.log_id, Projections(settled.stages))

    with settled.connect() as connection:
        assert len(connection.execute(select(people)).all()) == 1
    assert compare(settled).count == 0


def test_progress_counts_every_entry(settled: TestNetwork) -> None:
    seen: list[int] = []

    with (
        open_snapshot(settled.engine) as live,
        replay_aside(live, settled.log_id, Projections(settled.stages), seen.append) as (_, came_to),
    ):
        assert seen == list(range(1, came_to.size + 1))


def test_rows_of_erased_contents_are_uncertain_and_all_others_are_compared(new_database_url: Callable[..., str]) -> None:
    network = TestNetwork(new_database_url())
    network.admit("pharma")
    admission = network.log.list_entries(kinds=["organisation.admitted"])[-1]
    network.accept(OrganisationLeft(network.id("pharma"), "moved away"), by="symbio")
    network.accept(ContentsErased(admission.statement_hash, admission.statement_hash, (0, 1, 2, 3, 4), "left"), by="symbio")

    clean = compare(network)
    earlier = plant(network, metadata.tables["networks"], currency="DKK")
    tampered = compare(network)

    assert (clean.count, tampered.count) == (0, 1)
    assert clean.uncertain > 0
    assert {one.table for one in clean.differences} == {"organisations", "entry_readers"}
    assert tampered.differences[0].words.startswith("networks [the only row] currency: the database says DKK, the log EUR")
    assert earlier["currency"] == "EUR"
    network.close()


def test_rebuilding_refuses_to_lose_rows_of_erased_contents(new_database_url: Callable[..., str]) -> None:
    network = TestNetwork(new_database_url())
    network.admit("pharma")
    admission = network.log.list_entries(kinds=["organisation.admitted"])[-1]
    network.accept(OrganisationLeft(network.id("pharma"), "moved away"), by="symbio")
    network.accept(ContentsErased(admission.statement_hash, admission.statement_hash, (0, 1, 2, 3, 4), "left"), by="symbio")
    before = network.dump()

    with pytest.raises(Conflict, match=f"entry {admission.index}: its contents were erased by entry"):
        rebuild_rows(network.engine, network.log_id, Projections(network.stages))

    assert network.dump() == before
    came_to = rebuild_rows(network.engine, network.log_id, Projections(network.stages), drop_erased=True)
    assert [one.code for one in came_to.skipped] == ["erased"]
    network.close()
