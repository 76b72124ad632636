"""Tampering in the database by whoever has all rights on it: a row of the log, or a row folded from it, is named by `replay --check`."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from contracts.database import metadata
from ledger import tables
from tests.contracts.forging import copy_log
from tests.databases import Databases
from tests.journey.tampered import find_index, play, verify_file
from tests.thief import changed_row, flip
from tests.webui.website import NETWORK, Website
from webui.commands.main import symbiosis


@pytest.fixture(scope="module")
def website(databases: Databases, database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """The same network as a service's folder and database, for commands; what tests change in it they change back."""
    url = databases.create(database_kind)
    website = Website(url, tmp_path_factory.mktemp("data"), start=False)
    play(website.network)
    yield website
    website.close()
    databases.drop(url)


def check_tables(website: Website) -> tuple[int, Any]:
    """Run `symbiosis replay --check`; gives exit code and findings."""
    place = ["--data", str(website.settings.data), "--database", website.settings.database_url, "--network", NETWORK]
    result = CliRunner().invoke(symbiosis, ["replay", *place, "--check", "--json"], catch_exceptions=False)
    return result.exit_code, json.loads(result.stdout)


def export(website: Website, path: Path) -> bytes:
    """Run `symbiosis audit export`."""
    place = ["--data", str(website.settings.data), "--database", website.settings.database_url, "--network", NETWORK]
    result = CliRunner().invoke(symbiosis, ["audit", "export", *place, str(path)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return path.read_bytes()


def test_an_untouched_database_is_sound(website: Website) -> None:
    code, found = check_tables(website)

    assert (code, found["result"], found["unsound"], found["differences"]) == (0, "ok", [], [])


def read_column(website: Website, table: sa.Table, name: str, **keys: object) -> Any:
    """Read one column of one row."""
    with website.network.connect() as connection:
        return connection.execute(sa.select(table.c[name]).where(*(table.c[key] == value for key, value in keys.items()))).scalar_one()


INSIDE = 37  #: an entry in the middle of the log
CHANGES: list[tuple[sa.Table, dict[str, object], str, Callable[[Any], Any], int]] = [
    (tables.entries, {"idx": INSIDE}, "body", lambda body: flip(body, body.index(b'"received_at":"') + 33), INSIDE),
    (tables.entries, {"idx": INSIDE}, "author", lambda _: "o-somebody", INSIDE),
    (tables.nodes, {"level": 3, "idx": 2}, "hash", flip, 23),
    (tables.heads, {"size": INSIDE}, "root", flip, INSIDE - 1),
    (tables.contents, {"idx": INSIDE}, "body", lambda body: body.replace('"value":"', '"value":"x', 1), INSIDE),
]


@pytest.mark.parametrize(("table", "keys", "column", "make", "index"), CHANGES, ids=lambda one: getattr(one, "name", None))
def test_a_row_of_the_log_changed_in_the_database_is_named(
    website: Website, table: sa.Table, keys: dict[str, object], column: str, make: Callable[[Any], Any], index: int
) -> None:
    before = read_column(website, table, column, **keys)
    changed = make(before)

    with changed_row(website.network.engine, table, keys, **{column: changed}):
        code, found = check_tables(website)

    assert changed != before
    assert (code, found["result"]) == (1, "unsound")
    assert (found["unsound"][0]["index"], found["unsound"][0]["table"]) == (index, table.name)


def test_a_checkpoint_changed_in_the_database_is_named(website: Website) -> None:
    size = len(website.network.log.read_entries(0, 10_000))
    note = read_column(website, tables.checkpoints, "note", size=size)

    with changed_row(website.network.engine, tables.checkpoints, {"size": size}, note=note.replace(f"\n{size}\n", f"\n{size - 1}\n")):
        code, found = check_tables(website)

    assert code == 1
    assert [(one["index"], one["table"]) for one in found["unsound"]] == [(size - 1, "ledger_checkpoints")]


@pytest.mark.parametrize("change", [CHANGES[0], CHANGES[-1]], ids=["entry", "contents"])
def test_what_was_changed_in_the_database_is_named_in_the_exported_file_too(
    website: Website, change: tuple[sa.Table, dict[str, object], str, Callable[[Any], Any], int], tmp_path: Path
) -> None:
    table, keys, column, make, index = change
    changed = make(read_column(website, table, column, **keys))

    with changed_row(website.network.engine, table, keys, **{column: changed}):
        verdict = verify_file(export(website, tmp_path / "audit.zip"), copy_log(website.network))

    assert verdict.exit_code == 1
    assert find_index(verdict) == index


@pytest.mark.parametrize(
    ("table", "keys", "column", "value"),
    [
        ("account_lines", {"number": 0}, "amount", 1),
        ("deliveries", {"delivery": "d-2"}, "settled", Decimal("20.01")),
        ("certificates", {"certificate": "c-1"}, "verdict", "nonconform"),
        ("review_votes", {}, "choice", "against"),
        ("organisation_roles", {"organisation": "o-pharma", "role": "board"}, "entry", 1),
    ],
)
def test_a_folded_row_changed_by_hand_is_named_by_table_key_and_column(
    website: Website, table: str, keys: dict[str, object], column: str, value: object
) -> None:
    chosen = metadata.tables[table]
    with website.network.connect() as connection:
        row = connection.execute(sa.select(chosen).where(*(chosen.c[key] == one for key, one in keys.items()))).mappings().first()
    assert row is not None
    whole = {part.name: row[part.name] for part in chosen.primary_key.columns}

    with changed_row(website.network.engine, chosen, whole, **{column: value}):
        code, found = check_tables(website)

    assert (code, found["result"], found["unsound"]) == (1, "differs", [])
    assert [(one["table"], one["column"]) for one in found["differences"]] == [(table, column)]
    assert all(f"{key}={value}" in found["differences"][0]["key"] for key, value in keys.items())
