"""Failure 7: a bit flips in what is stored: found where the right edge is read at each start, or by the scrub, with the exact index."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ledger.log import Log, open_log
from ledger.outcome import LogLatched
from ledger.recall import TilesMemory
from ledger.tables import checkpoints, contents, entries, heads, nodes
from ledger.tile_folder import FolderTarget
from ledger.tile_publication import publish_tiles
from ledger.tile_rows import StoredTiles
from tests.databases import Databases
from tests.ledger.live_log import KEYS, LOG, LiveLog, make_service
from tests.thief import drop_triggers, flip

SIZE = 11  #: entries: the right edge is nodes (3, 0), (1, 4) and entry 10
Make = Callable[[Any], Any]


@pytest.fixture(scope="module")
def written(databases: Databases, database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveLog]:
    """A log of eleven entries, with checkpoints at 7 and 11, published as tiles; what a test flips it flips back."""
    live = LiveLog(databases.create(database_kind), tmp_path_factory.mktemp("flips"))
    for count in (5, 4):
        live.send(*(live.firm.deliver() for _ in range(count)))
        live.clock.advance(2)
        live.log.publish_checkpoint(live.clock.now)
    with live.engine.begin() as connection:
        for table in (entries, nodes, heads, checkpoints, contents):
            drop_triggers(connection, table.name)
    yield live
    live.close()
    databases.drop(live.url)


@contextmanager
def flipped(live: LiveLog, table: sa.Table, where: dict[str, int], column: str, make: Make = flip) -> Iterator[Log]:
    """Flip a bit for everybody, open the log as a new process does, and flip the bit back."""
    mine = [table.c[name] == value for name, value in where.items()]
    with live.engine.begin() as connection:
        before = connection.execute(sa.select(table.c[column]).where(*mine)).scalar_one()
        connection.execute(sa.update(table).where(*mine).values({column: make(before)}))
    try:
        yield open_log(live.engine, make_service(live.folder, live.clock, live.domain))
    finally:
        with live.engine.begin() as connection:
            connection.execute(sa.update(table).where(*mine).values({column: before}))


EDGE = [
    (entries, {"idx": SIZE - 1}, "body"),
    (entries, {"idx": SIZE - 1}, "leaf_hash"),
    (nodes, {"level": 3, "idx": 0}, "hash"),
    (nodes, {"level": 1, "idx": 4}, "hash"),
    (heads, {"size": SIZE}, "root"),
    (heads, {"size": SIZE}, "last_leaf"),
]
EDGE_IDS = [f"{table.name}.{column}-{'-'.join(map(str, where.values()))}" for table, where, column in EDGE]


@pytest.mark.parametrize(("table", "where", "column"), EDGE, ids=EDGE_IDS)
def test_a_flip_at_the_right_edge_is_found_at_the_start(written: LiveLog, table: sa.Table, where: dict[str, int], column: str) -> None:
    with flipped(written, table, where, column) as log:
        with pytest.raises(LogLatched, match="do not fit each other"):
            log.start()
        with pytest.raises(LogLatched):
            log.submit_many([written.firm.deliver()])
        assert log.read_head() is not None  # reading goes on


def in_text(text: str) -> str:
    """Flip the last bit of a letter in the middle of a text."""
    place = len(text) // 2
    return text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]


INSIDE: list[tuple[sa.Table, dict[str, int], str, Make, int]] = [
    *((entries, {"idx": index}, "body", lambda body: flip(body, len(body) // 2), index) for index in (1, 4, 8)),
    (entries, {"idx": 5}, "leaf_hash", flip, 5),
    (nodes, {"level": 1, "idx": 2}, "hash", flip, 5),
    (nodes, {"level": 2, "idx": 0}, "hash", flip, 3),
    (heads, {"size": 7}, "root", flip, 6),
    (checkpoints, {"size": 7}, "note", in_text, 6),
    (contents, {"idx": 6}, "body", lambda body: body.replace("23.230", "23.330"), 6),
]
INSIDE_IDS = [f"{table.name}.{column}-{index}" for table, _, column, _, index in INSIDE]


@pytest.mark.parametrize(("table", "where", "column", "make", "index"), INSIDE, ids=INSIDE_IDS)
def test_a_flip_further_back_is_found_by_the_scrub_with_its_index(
    written: LiveLog, table: sa.Table, where: dict[str, int], column: str, make: Make, index: int
) -> None:
    with flipped(written, table, where, column, make) as log:
        found = log.scrub(shut=True)

        assert (found.unsound[0].index, found.unsound[0].table) == (index, table.name)
        if table is contents:
            assert found.reason == ""
            assert log.read_latch() is None  # no signature covers it: the log goes on
        else:
            assert found.reason == "unsound"
            with pytest.raises(LogLatched, match=f"entry {index}\\b"):
                log.submit_many([written.firm.deliver()])
            log._writer.report_open()


def test_a_sound_log_is_scrubbed_without_a_word(written: LiveLog) -> None:
    done: list[int] = []

    found = written.log.scrub(done.append, shut=True)

    assert (found.lines, found.size, written.log.read_latch(), done) == ([], SIZE, None, [SIZE])


def test_a_flip_in_a_tile_is_found_by_the_scrub_with_its_path(written: LiveLog, tmp_path: Path) -> None:
    newest = written.log.latest_checkpoint()
    assert newest is not None
    with FolderTarget(tmp_path) as target:
        publish_tiles(StoredTiles(written.engine, written.log.log_id, LOG, lambda: newest[2], lambda _size: KEYS.log_verifier), target)
    service = replace(make_service(written.folder, written.clock, written.domain), memories=(TilesMemory(tmp_path),))
    log = open_log(written.engine, service)
    tiles = [path for path in tmp_path.rglob("*") if path.is_file() and path.name == str(SIZE)]
    clean = log.scrub()

    found = {}
    for path in tiles:
        whole = path.read_bytes()
        path.chmod(0o600)
        path.write_bytes(flip(whole, len(whole) // 2))
        found[path.relative_to(tmp_path).as_posix()] = log.scrub(shut=True).lines
        path.write_bytes(whole)

    assert clean.lines == []
    assert len(tiles) == 2
    for name, lines in found.items():
        assert len(lines) == 1
        assert name in lines[0]
    assert log.read_latch() is None  # the tiles are made anew from the log, not the other way round
