"""What was erased is gone: from rows, free pages, write-ahead log, inbox, the sealed archive and later exports; every proof holds."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from contracts.audit_file import export_audit_file
from contracts.governance.facts import Choice
from contracts.own_facts import ContentsErased
from ledger.contents import open_contents, show_only
from ledger.entry import decode_entry
from ledger.evidence import build_evidence, check_evidence
from ledger.outcome import Receipt
from ledger.verify import verify_audit_file
from tests.contracts.governance.building import seat_board
from tests.webui.website import NETWORK, Website
from webui import jobs
from webui.archiving import archive_contents

SECRET = "the forwarder's driver Ozymandias Quillfeather, 14 Harbour Lane"
WORDS, CHOICE = 1, 0  #: positions of a vote's fields
QUOTED = (6, 7)  #: positions of a resolution's dissents and text


@dataclass(frozen=True, slots=True)
class Told:
    """A network on which somebody said what should not have been said."""

    website: Website
    vote: Receipt
    resolution: Receipt  #: which quotes dissenting votes
    salt: str  #: of the words

    def list_files(self) -> list[Path]:
        """List every file of database and service."""
        folders = [self.website.settings.data]
        if self.website.settings.is_sqlite:
            folders.append(Path(str(make_url(self.website.settings.database_url).database)).parent)
        return sorted({path for folder in folders for path in folder.rglob("*") if path.is_file()})

    def find_traces(self) -> list[str]:
        """Name the files in which the words or their salt stand."""
        wanted = (SECRET.encode(), self.salt.encode())
        return [path.name for path in self.list_files() if any(one in path.read_bytes() for one in wanted)]

    def erase(self) -> None:
        """Erase the words, and let the jobs do their part."""
        for said, fields in ((self.vote.statement_hash, (WORDS,)), (self.resolution.statement_hash, QUOTED)):
            self.website.network.accept(ContentsErased(said, said, fields, "asked for by the person"), by="aspen")
        archive_contents(self.website.runtime)
        jobs.drive_out_remains(self.website.runtime)


@pytest.fixture
def told(database_url: str, tmp_path: Path) -> Iterator[Told]:
    website = Website(database_url, tmp_path / "data")
    board = seat_board(website.network, 1)
    board.open()
    vote = board.vote("aspen", Choice.AGAINST, SECRET)
    resolution = board.resolve()
    contents: Any = website.network.log.read_contents(vote.index)
    archive_contents(website.runtime)
    yield Told(website, vote, resolution, contents["fields"][WORDS]["salt"])
    website.network.verify()
    website.close()


def test_no_file_of_the_service_holds_what_was_erased(told: Told) -> None:
    before = told.find_traces()

    told.erase()

    assert bool(before) == told.website.settings.is_sqlite  # the control: where it can be looked for, it was there
    assert told.find_traces() == []
    assert SECRET not in str(told.website.network.dump())
    assert jobs.drive_out_remains(told.website.runtime) == 0  # nothing is left to do


def test_the_database_is_asked_to_drop_what_it_kept_for_itself(told: Told) -> None:
    told.erase()

    if told.website.settings.is_sqlite:
        assert [path.stat().st_size for path in told.list_files() if path.name.endswith("-wal")] == [0]
        return
    with told.website.runtime.reading() as connection:
        connection.execute(text("SELECT pg_stat_clear_snapshot()"))
        query = "SELECT last_vacuum FROM pg_stat_user_tables WHERE relname = 'ledger_contents'"
        assert connection.execute(text(query)).scalar() is not None


def test_a_reader_that_holds_the_write_ahead_log_only_delays_it(told: Told) -> None:
    with told.website.runtime.reading() as connection:
        connection.execute(text("SELECT count(*) FROM ledger_entries")).scalar()
        told.erase()
    assert bool(told.find_traces()) == told.website.settings.is_sqlite

    jobs.drive_out_remains(told.website.runtime)

    assert told.find_traces() == []


def test_later_exports_hold_nothing_of_it_and_are_sound(told: Told) -> None:
    told.erase()
    told.website.network.clock.advance(timedelta(seconds=2))
    file = io.BytesIO()

    exported = export_audit_file(told.website.runtime.log(NETWORK), file, now=told.website.runtime.now_text())

    verdict = verify_audit_file(io.BytesIO(file.getvalue()), origin=exported.log, log_key=exported.log_key)
    assert SECRET.encode() not in file.getvalue()
    assert told.salt.encode() not in file.getvalue()
    assert (verdict.integrity, verdict.exit_code, verdict.completeness.erased_fields) == ("unwitnessed", 3, 3)
    assert [(one.index, one.fields, one.reason) for one in verdict.completeness.erased] == [
        (told.vote.index, (WORDS,), "asked for by the person"),
        (told.resolution.index, QUOTED, "asked for by the person"),
    ]


def test_other_fields_of_the_same_statement_are_proved_as_before(told: Told) -> None:
    told.erase()
    told.website.network.clock.advance(timedelta(seconds=2))
    jobs.publish_checkpoints(told.website.runtime)
    log = told.website.network.log
    newest = log.latest_checkpoint()
    entry = log.read_entries(told.vote.index, told.vote.index + 1)[0]
    contents = log.read_contents(told.vote.index)

    assert newest is not None
    assert contents is not None
    part = show_only(decode_entry(entry.body).signed.statement, contents, ["choice"])
    path = log.prove_inclusion(entry.index, newest[0])
    evidence = build_evidence(entry=entry.body, path=path, checkpoint=newest[2], contents=part)
    shown = check_evidence(evidence, origin=log.name, log_key=told.website.network.keys.log_verifier.to_text())
    assert shown.opened is not None
    assert shown.opened.values == {"choice": "against"}


def test_the_hash_of_what_was_erased_stays_and_nothing_else_opens_it(told: Told) -> None:
    statement = decode_entry(told.website.network.log.read_entries(told.vote.index, told.vote.index + 1)[0].body).signed.statement
    before: Any = told.website.network.log.read_contents(told.vote.index)

    told.erase()

    after: Any = told.website.network.log.read_contents(told.vote.index)
    assert set(after["fields"][WORDS]) == {"leaf"}
    assert after["fields"][CHOICE] == before["fields"][CHOICE]
    assert open_contents(statement, after).withheld == (WORDS,)
