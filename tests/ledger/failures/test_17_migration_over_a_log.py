"""Migrations run over a log that is there: no byte that was hashed or signed is made anew, and the log goes on where it was.

The log is written by plain SQL under the tables of the first release, as that release would have, and brought to the newest step by step.
What it must be is written down here as digests: a change of the code that reads and of the code that writes cannot make up for each other.
"""

import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from contracts.database import make_engine
from ledger import store
from ledger.canonical import encode_canonical
from ledger.entry import decode_entry
from ledger.log import open_log
from ledger.merkle import Frontier
from ledger.outcome import LogKeys, Receipt
from ledger.soundness import check_stored
from ledger.statement import Submission
from ledger.writer import LogService
from tests.conftest import find_code_home
from tests.databases import Databases
from tests.ledger.live_log import SmallDomain, Ticking
from tests.ledger.small_log import CLAIMS, FIRM, LOG, LOG_KEY, LOG_VERIFIER, OPERATOR, SmallLog, build_small_log, make_key
from tests.ledger.whole_log import verify_log
from tests.network import MemoryGuard
from tests.thief import drop_triggers

FIRST = "0001"  #: the earliest release with a log
#: What migrations leave alone: tables with their columns as of the first release, in the order of their keys.
KEPT = {
    "ledger_logs": "id, name, founded_at",
    "ledger_entries": "log_id, idx, leaf_hash, statement_hash, author, statement_id, kind, key, key_seq, about, received_at, body",
    "ledger_nodes": "log_id, level, idx, hash",
    "ledger_heads": "log_id, previous_size, size, root, last_leaf, received_at",
    "ledger_checkpoints": "log_id, size, signed_at, note",
    "ledger_contents": "log_id, idx, body",
}
#: SHA-256 of what stands in each table, see digest_rows. These never change: a log written then says the same today.
GOLDEN = {
    "ledger_logs": "9f55f0d773832606f6b6841df8f3a4aa1d18b537eed441073c4ee0e88ebeb498",
    "ledger_entries": "5e3aedd6d4d8168762aed02b1ceb2fcd0505772cc70eeeb5c4c8155fbca8219c",
    "ledger_nodes": "08866b0a178ebe612e18fb7a3034dc69d909049dc0d3a6b2c62ebf46ffb8192f",
    "ledger_heads": "c62e3063c27d756ffa8fbf7ccff8a55a8df5f48eeb86758e90d199c6308b63f5",
    "ledger_checkpoints": "6fe17d8d4527980f6e24e9cf56d838ba5bcb64b8ff7541c42a81dce326e091d5",
    "ledger_contents": "043a41a0e7af4942f014868225ba75b9fd7b249c046bdb766cbee0c563c2f9c8",
}
GOLDEN_ROOT = "ca3bc96a7d7c19d3028d88862c4d4d33490585e11527f8d1697129d34e7160aa"  #: of the tree over all entries
COUNT = 13  #: entries
COMMITS = (1, 2, 7, COUNT)  #: sizes after each commit

PLANTED = '''"""A migration that makes entries anew from what it can read of them, for tidiness."""

import json
from hashlib import sha256

import sqlalchemy as sa
from alembic import op

from tests.thief import drop_triggers

revision, down_revision = "9999", "{head}"


def upgrade():
    connection = op.get_bind()
    drop_triggers(connection, "ledger_entries")
    rows = connection.execute(sa.text("SELECT idx, received_at, body FROM ledger_entries")).all()
    for idx, received_at, body in rows:
        value = {{**json.loads(body), "index": idx, "received_at": received_at}}
        made = json.dumps(value, {style}).encode()
        values = {{"idx": idx, "body": made, "leaf": sha256(b"\\0" + made).digest()}}
        connection.execute(sa.text("UPDATE ledger_entries SET body = :body, leaf_hash = :leaf WHERE idx = :idx"), values)
'''


def migrate_to(url: str, revision: str, folder: Path) -> None:
    """Bring a database to a revision of the migrations in a folder."""
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    engine = make_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def list_revisions(folder: Path) -> list[str]:
    """List the revisions after the first, oldest first."""
    script = ScriptDirectory(str(folder))
    found = [one.revision for one in script.walk_revisions()][::-1]
    return found[found.index(FIRST) + 1 :]


def list_rows(log: SmallLog) -> Iterator[tuple[str, tuple[object, ...]]]:
    """List what the first release wrote for a log: table, and values in the order of its columns."""
    yield "ledger_logs", (1, LOG, "2026-01-01T00:00:00Z")
    frontier, previous = Frontier(), 0
    for index, body in enumerate(log.entries):
        entry = decode_entry(body)
        statement, leaf = entry.signed.statement, sha256(b"\0" + body).digest()
        yield "ledger_entries", (1, index, leaf, bytes.fromhex(entry.signed.hash), statement.author, statement.id, statement.kind,
                                 statement.key, statement.key_seq, statement.about, entry.received_at, body)  # fmt: skip
        for (level, place), node in frontier.append(leaf):
            if level:
                yield "ledger_nodes", (1, level, place, node)
        if statement.fields:
            yield "ledger_contents", (1, index, encode_canonical(log.contents[index]).decode())
        if index + 1 in COMMITS:
            yield "ledger_heads", (1, previous, index + 1, frontier.compute_root(), leaf, entry.received_at)
            previous = index + 1
    for note in log.notes:
        yield "ledger_checkpoints", (1, int(note.split("\n")[1]), "2026-01-01T01:00:00Z", note)


def write_log(url: str, log: SmallLog) -> None:
    """Write a log as the first release did."""
    engine = make_engine(url)
    with engine.begin() as connection:
        for table, values in list_rows(log):
            names = KEPT[table].split(", ")
            places = ", ".join(f":{name}" for name in names)
            sentence = f"INSERT INTO {table} ({KEPT[table]}) VALUES ({places})"  # noqa: S608 - names of this file
            connection.execute(sa.text(sentence), dict(zip(names, values, strict=True)))
    engine.dispose()


def digest_rows(url: str) -> dict[str, str]:
    """Give SHA-256 over each table's rows, every value with its type; equal bytes give equal digests on both databases."""
    engine = make_engine(url)
    with engine.begin() as connection:
        found = {
            table: [tuple(row) for row in connection.execute(sa.text(f"SELECT {columns} FROM {table}"))]  # noqa: S608 - names of this file
            for table, columns in KEPT.items()
        }
    engine.dispose()
    return {table: sha256(repr(sorted(rows)).encode()).hexdigest() for table, rows in found.items()}


def list_triggers(url: str) -> set[str]:
    """List the triggers that refuse changes: a migration that makes a table anew would lose them."""
    engine = make_engine(url)
    sqlite = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with engine.begin() as connection:
        query = sqlite if connection.dialect.name == "sqlite" else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
        found = set(connection.execute(sa.text(query)).scalars())
    engine.dispose()
    return found


@pytest.fixture(scope="module")
def small() -> SmallLog:
    """The log of the first release: one firm's deliveries, and an entry whose text is not all ASCII."""
    log = build_small_log(deliveries=COUNT - 3)
    public = {"reason": "die Uhr ging fünf Sekunden nach", "before": "2026-01-01T00:15:00Z", "after": "2026-01-01T00:15:05Z"}
    log.say("clock.corrected", make_key("operator"), OPERATOR, public, about=f"log:{LOG}")
    log.publish()
    return log


@pytest.fixture
def old_url(databases: Databases, database_kind: str, small: SmallLog) -> Iterator[str]:
    """A database of the first release with a log in it."""
    url = databases.create(database_kind, migrated=False)
    migrate_to(url, FIRST, find_code_home() / "migrations")
    write_log(url, small)
    yield url
    databases.drop(url)


def test_no_migration_changes_a_byte_of_the_log_and_it_goes_on(old_url: str, small: SmallLog) -> None:
    folder = find_code_home() / "migrations"
    triggers = list_triggers(old_url)

    assert digest_rows(old_url) == GOLDEN
    for revision in list_revisions(folder):
        migrate_to(old_url, revision, folder)
        assert digest_rows(old_url) == GOLDEN, f"migration {revision} changed what was hashed or signed"
        assert list_triggers(old_url) >= triggers, f"migration {revision} took away what protects the log"

    engine = make_engine(old_url)
    with engine.begin() as connection:
        assert check_stored(connection, 1, LOG, LOG_VERIFIER) == ()
        assert audit(connection) == GOLDEN_ROOT
    clock = Ticking(small.now)
    service = LogService(LogKeys(LOG, LOG_KEY, make_key("receipts")), SmallDomain(), clock.read, clock.monotonic, MemoryGuard())
    composed = small.compose("delivery.dispatched", make_key("firm"), FIRM, {}, [("quantity", "1.000")])
    outcome = open_log(engine, service).submit_many([Submission(*composed)])[0]
    engine.dispose()
    assert isinstance(outcome, Receipt), outcome
    assert outcome.index == COUNT


def audit(connection: sa.Connection) -> str:
    """Verify the stored log as an auditor would; gives the root."""
    contents = store.read_contents(connection, 1, 0, COUNT)
    verdict = verify_log(
        log=CLAIMS,
        entries=[entry.body for entry in store.read_entries(connection, 1, 0, COUNT)],
        contents=[contents.get(index) for index in range(COUNT)],
        checkpoints=[note for _, _, note in store.list_checkpoints(connection, 1)],
    )
    assert (verdict.size, verdict.checkpoints, verdict.completeness.is_whole) == (COUNT, 4, True)
    return verdict.root


@pytest.mark.parametrize(
    "style",
    ["sort_keys=True", 'sort_keys=True, separators=(",", ":")'],
    ids=["with spaces", "with one letter escaped"],
)
def test_a_migration_that_makes_entries_anew_is_found_out(old_url: str, tmp_path: Path, style: str) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(find_code_home() / "migrations", folder)
    head = list_revisions(folder)[-1]
    (folder / "versions" / "9999_planted.py").write_text(PLANTED.format(head=head, style=style), "utf-8")

    migrate_to(old_url, "9999", folder)

    found = digest_rows(old_url)
    assert {table for table in KEPT if found[table] != GOLDEN[table]} == {"ledger_entries"}
    engine = make_engine(old_url)
    with engine.begin() as connection:
        assert check_stored(connection, 1, LOG, LOG_VERIFIER)[0].table == "ledger_entries"
    engine.dispose()


def test_a_migration_that_leaves_the_triggers_cannot_change_an_entry(old_url: str) -> None:
    engine = make_engine(old_url)

    with pytest.raises(sa.exc.IntegrityError, match="nothing but INSERT"), engine.begin() as connection:
        connection.execute(sa.text("UPDATE ledger_entries SET received_at = '2026-01-02T00:00:00Z' WHERE idx = 1"))

    with engine.begin() as connection:
        drop_triggers(connection, "ledger_entries")
        connection.execute(sa.text("UPDATE ledger_entries SET received_at = '2026-01-02T00:00:00Z' WHERE idx = 1"))
    engine.dispose()
    assert digest_rows(old_url)["ledger_entries"] != GOLDEN["ledger_entries"]
