"""A stored log is checked row by row: whatever somebody with all rights on the database changes in it is named with its index."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from ledger import store
from ledger.contents import Binding, withhold_fields
from ledger.merkle import hash_leaf
from ledger.soundness import MAX_FAULTS, Unsound, check_stored
from ledger.statement import Submission
from ledger.tables import checkpoints, contents, entries, heads, nodes
from tests.databases import Databases
from tests.ledger.live_log import KEYS, LOG, Author, LiveLog
from tests.thief import flip, intrusion

COUNT = 21  #: entries of the log under test
Change = Callable[[Connection], Any]


@pytest.fixture(scope="module")
def sound(databases: Databases, database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveLog]:
    """A log of twenty-one entries in several commits, with checkpoints and an erasure; what tests change in it is undone."""
    url = databases.create(database_kind)
    live = LiveLog(url, tmp_path_factory.mktemp("live"))
    first = live.accept(live.firm.deliver())
    for size in (5, 7):
        live.send(*(live.firm.deliver() for _ in range(size)))
        live.clock.advance(2)
        live.log.publish_checkpoint(live.clock.now)
    live.accept(say_erasure(live.firm, first.statement_hash))
    live.send(*(live.firm.deliver() for _ in range(5)))
    live.verify()
    assert live.log.read_head().size == COUNT  # type: ignore[union-attr]  # it was written above
    yield live
    live.close()
    databases.drop(url)


def say_erasure(firm: Author, statement_hash: str) -> Submission:
    """Sign the erasure of a delivery's driver."""
    public: Any = {"statement": statement_hash, "fields": [1], "reason": "the driver asked for it"}
    return firm.say("contents.erased", public, about=f"statement:{statement_hash}")


def check(connection: Connection, live: LiveLog) -> tuple[Unsound, ...]:
    return check_stored(connection, live.log.log_id, LOG, KEYS.log_verifier)


def tamper(live: LiveLog, table: sa.Table, change: Change) -> tuple[Unsound, ...]:
    """Change something, check, undo."""
    with intrusion(live.engine, table.name) as connection:
        result = connection.execute(change(connection))
        assert result.rowcount >= 1, "nothing was changed"
        return check(connection, live)


def set_row(table: sa.Table, where: dict[str, int], name: str, make: Callable[[Any], Any]) -> Change:
    """Change one column of one row."""

    def change(connection: Connection) -> Any:
        mine = [table.c[key] == value for key, value in where.items()]
        before = connection.execute(sa.select(table.c[name]).where(*mine)).scalar_one()
        return sa.update(table).where(*mine).values(**{name: make(before)})

    return change


def test_a_sound_log_has_nothing_to_name(sound: LiveLog) -> None:
    with sound.engine.connect() as connection:
        assert check(connection, sound) == ()


@pytest.mark.parametrize(
    ("column", "make"),
    [
        ("body", lambda body: flip(body, body.index(b'"received_at":"') + 33)),
        ("body", lambda body: body.replace(b'"signature":"', b'"signature":"00', 1)),
        ("leaf_hash", flip),
        ("statement_hash", flip),
        ("author", lambda _author: "o-somebody"),
        ("kind", lambda _kind: "delivery.received"),
        ("key_seq", lambda number: number + 100),
        ("about", lambda _about: "thing:2"),
        ("received_at", lambda _instant: "2030-01-01T00:00:00Z"),
    ],
)
@pytest.mark.parametrize("index", [2, 11, COUNT - 1])
def test_a_changed_column_of_an_entry_is_named_first(sound: LiveLog, column: str, make: Callable[[Any], Any], index: int) -> None:
    found = tamper(sound, entries, set_row(entries, {"idx": index}, column, make))

    assert (found[0].index, found[0].table) == (index, "ledger_entries")


def test_an_entry_put_in_place_of_another_with_its_hash_is_named(sound: LiveLog) -> None:
    def change(connection: Connection) -> Any:
        row = connection.execute(sa.select(entries.c.body).where(entries.c.idx == 9)).scalar_one()
        forged = row.replace(b'"thing:1"', b'"thing:9"')
        values = {"body": forged, "leaf_hash": hash_leaf(forged), "about": "thing:9"}
        return sa.update(entries).where(entries.c.idx == 9).values(**values)

    found = tamper(sound, entries, change)

    assert found[0].index == 9
    assert {"ledger_entries", "ledger_nodes", "ledger_heads", "ledger_checkpoints"} <= {one.table for one in found}


def test_a_missing_entry_is_named(sound: LiveLog) -> None:
    found = tamper(sound, entries, lambda _: sa.delete(entries).where(entries.c.idx == 6))

    assert [(one.index, one.message) for one in found] == [(6, "the entry is missing: the next one is 7")]


def test_dropped_newest_entries_are_missed_by_head_and_checkpoint(sound: LiveLog) -> None:
    found = tamper(sound, entries, lambda _: sa.delete(entries).where(entries.c.idx >= COUNT - 2))

    assert {(one.index, one.table) for one in found} == {(COUNT - 2, "ledger_heads"), (COUNT - 2, "ledger_checkpoints")}


@pytest.mark.parametrize(("level", "place", "newest"), [(1, 0, 1), (1, 9, 19), (2, 3, 15), (4, 0, 15)])
def test_a_changed_node_is_named_with_the_newest_entry_below_it(sound: LiveLog, level: int, place: int, newest: int) -> None:
    found = tamper(sound, nodes, set_row(nodes, {"level": level, "idx": place}, "hash", flip))

    assert [(one.index, one.table) for one in found] == [(newest, "ledger_nodes")]
    assert f"node {place} of level {level}" in found[0].message


def test_a_missing_node_is_named(sound: LiveLog) -> None:
    found = tamper(sound, nodes, lambda _: sa.delete(nodes).where(nodes.c.level == 3, nodes.c.idx == 1))

    assert [(one.index, one.message) for one in found] == [(15, "node 1 of level 3 is missing")]


@pytest.mark.parametrize("column", ["root", "last_leaf"])
def test_a_changed_head_is_named(sound: LiveLog, column: str) -> None:
    found = tamper(sound, heads, set_row(heads, {"size": 8}, column, flip))

    assert [(one.index, one.table) for one in found] == [(7, "ledger_heads")]
    assert column in found[0].message


def test_a_missing_head_is_named(sound: LiveLog) -> None:
    found = tamper(sound, heads, lambda _: sa.delete(heads).where(heads.c.size == 8))

    assert [(one.index, one.message) for one in found] == [(2, "no head goes on from 3: the next one begins at 8")]


@pytest.mark.parametrize(
    "make",
    [
        lambda note: note.replace("\n\n", "\nmore\n\n", 1),
        lambda note: note[:-5] + ("A" if note[-5] != "A" else "B") + note[-4:],
        lambda _note: "",
    ],
)
def test_a_changed_checkpoint_is_named(sound: LiveLog, make: Callable[[str], str]) -> None:
    found = tamper(sound, checkpoints, set_row(checkpoints, {"size": 8}, "note", make))

    assert [(one.index, one.table) for one in found] == [(7, "ledger_checkpoints")]


def test_a_checkpoint_of_another_size_does_not_fit_its_row(sound: LiveLog) -> None:
    def change(connection: Connection) -> Any:
        other = connection.execute(sa.select(checkpoints.c.note).where(checkpoints.c.size == 15)).scalar_one()
        return sa.update(checkpoints).where(checkpoints.c.size == 8).values(note=other)

    found = tamper(sound, checkpoints, change)

    assert [(one.index, one.table) for one in found] == [(7, "ledger_checkpoints")]


def withhold(body: str) -> str:
    """Leave a value out as an erasure would, with no erasure on the log."""
    value = json.loads(body)
    value["fields"][1] = {"leaf": "0" * 64}
    return json.dumps(value)


@pytest.mark.parametrize(
    "make",
    [
        lambda body: body.replace("23.230", "23.231"),
        lambda body: body.replace('"Kim"', '"Tim"'),
        withhold,
        lambda _body: "{}",
        lambda _body: "no JSON",
    ],
)
def test_changed_contents_are_named(sound: LiveLog, make: Callable[[str], str]) -> None:
    found = tamper(sound, contents, set_row(contents, {"idx": 10}, "body", make))

    assert [(one.index, one.table) for one in found] == [(10, "ledger_contents")]


def test_a_field_left_out_without_an_erasure_is_named(sound: LiveLog) -> None:
    def change(connection: Connection) -> Any:
        erased = json.loads(connection.execute(sa.select(contents.c.body).where(contents.c.idx == 2)).scalar_one())
        assert "leaf" in erased["fields"][1]
        kept = store.read_contents(connection, sound.log.log_id, 10, 11)[10]
        entry = store.read_entries(connection, sound.log.log_id, 10, 11)[0]
        bare = withhold_fields(Binding(LOG, entry.author, entry.statement_id), kept, [1])
        return sa.update(contents).where(contents.c.idx == 10).values(body=json.dumps(bare))

    found = tamper(sound, contents, change)

    assert [(one.index, one.message) for one in found] == [(10, "field 1 is not there, and no entry erased it")]


def test_missing_contents_are_named(sound: LiveLog) -> None:
    found = tamper(sound, contents, lambda _: sa.delete(contents).where(contents.c.idx == 10))

    assert [(one.index, one.message) for one in found] == [(10, "its contents are missing")]


def test_faults_without_end_are_named_up_to_a_bound(sound: LiveLog) -> None:
    found = tamper(sound, nodes, lambda _: sa.delete(nodes))

    assert 10 < len(found) <= MAX_FAULTS


def test_a_log_in_another_name_has_no_checkpoint_that_holds(sound: LiveLog) -> None:
    with sound.engine.connect() as connection:
        found = check_stored(connection, sound.log.log_id, "ledger.example/other", KEYS.log_verifier)

    assert {one.table for one in found} == {"ledger_checkpoints"}
