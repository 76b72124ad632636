"""Failure 9: disk full, read-only, or a failed fsync: the writer shuts itself and tries nothing again, and reading goes on."""

import re
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from contracts.database import migrate
from ledger.outcome import LogLatched, LogUnavailable
from ledger.soundness import check_stored
from tests.databases import Databases
from tests.ledger.failures.injected_faults import Injector, Run
from tests.ledger.live_log import KEYS, LOG, LiveLog, indexes

MAX_POINTS = 12  #: of each error; test_01 goes through all of them with EIO


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of eight megabytes, where this user may mount one."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(place)], capture_output=True, check=False)
    if mounted.returncode != 0:
        print("no file system can be mounted here: RLIMIT_FSIZE stands in for a full disk")
    yield place if mounted.returncode == 0 else tmp_path
    if mounted.returncode == 0:
        subprocess.run(["umount", "-l", str(place)], check=True)


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size in bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def fill_until_shut(live: LiveLog) -> str:
    """Send batches until the writer shuts itself; gives why."""
    for _ in range(200):
        try:
            live.send(*(live.firm.deliver() for _ in range(20)))
        except LogLatched as error:
            return error.reason
    return "never"


def check_shut_and_mend(live: LiveLog, make_room: Callable[[], None] | None = None) -> None:
    """Look that a shut log is read and takes nothing, and that a restart with room goes on where it ended."""
    head = live.log.read_head()
    assert head is not None
    assert [entry.index for entry in live.log.read_entries(0, head.size)] == list(range(head.size))
    latch = live.log.read_latch()
    assert latch is not None
    assert latch.reason == "disk"
    for _ in range(2):
        with pytest.raises(LogLatched, match="mend the disk"):
            live.send(live.firm.deliver())
    with pytest.raises(LogLatched):
        live.log.submit(live.firm.deliver(), timeout=0.1)
    with pytest.raises(LogLatched):
        live.log.publish_checkpoint("2026-01-02T00:00:00Z")
    if make_room is not None:
        make_room()

    live.start_again()

    assert indexes(live.send(live.firm.deliver())) == [head.size]
    with live.engine.connect() as connection:
        assert check_stored(connection, live.log.log_id, LOG, KEYS.log_verifier) == ()


def test_a_file_that_may_not_grow_shuts_the_writer(sqlite_live: LiveLog) -> None:
    wal = Path(f"{sqlite_live.engine.url.database}-wal")

    with no_file_beyond(wal.stat().st_size + 200_000):
        reason = fill_until_shut(sqlite_live)

    assert reason == "disk"
    check_shut_and_mend(sqlite_live)


def test_a_full_disk_shuts_the_writer_until_there_is_room_and_a_restart(small_disk: Path, tmp_path: Path) -> None:
    if small_disk == tmp_path:
        return  # the limit on files above has stood in for it
    url = f"sqlite:///{small_disk / 'ledger.db'}"
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 2_000_000)
    migrate(url)
    live = LiveLog(url, tmp_path)

    reason = fill_until_shut(live)

    assert reason == "disk"
    check_shut_and_mend(live, make_room=ballast.unlink)
    live.close()


def test_a_read_only_database_shuts_the_writer(sqlite_live: LiveLog) -> None:
    with sqlite_live.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON")  # what SQLite says on a file system that was mounted read-only

    with pytest.raises(LogLatched, match="readonly") as caught:
        sqlite_live.send(sqlite_live.firm.deliver())

    assert caught.value.reason == "disk"
    check_shut_and_mend(sqlite_live)


@pytest.fixture(scope="module")
def injector(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Injector]:
    """An appender whose system calls can be made to fail."""
    url = databases.create("sqlite")
    injector = Injector(url, tmp_path_factory.mktemp("disk") / "runs")
    yield injector
    injector.close()
    databases.drop(url)


@pytest.mark.parametrize(("error", "names"), [("ENOSPC", ("pwrite64",)), ("EROFS", ("pwrite64",)), ("EIO", ("fdatasync", "fsync"))])
def test_a_write_or_sync_that_fails_shuts_the_writer_and_is_not_tried_again(injector: Injector, error: str, names: tuple[str, ...]) -> None:
    steps = [step for step in injector.list_steps() if step.name in names and re.match(r"ledger\.db|guard/guard$", step.file)]
    steps = [step for step in steps if step.file != "ledger.db-shm"]  # SQLite makes it anew at each start
    chosen = steps[:: max(1, len(steps) // MAX_POINTS)]

    ended = []
    for step in chosen:
        with injector.run("trace=fdatasync,fsync,pwrite64", f"inject={step.name}:error={error}:when={step.number}") as run:
            assert run.was_hit, step
            if "stays shut" in run.ended:
                assert run.ended.startswith("LogLatched disk"), (step, run.ended)
                assert count_syncs_after_fault(run) == 0, (step, run.calls)
            ended.append(run.ended.partition(" ")[0])
            injector.check_restart(run)

    print(f"{error} at {len(chosen)} of {len(steps)} calls of {' and '.join(names)}: {sorted(set(ended))}")
    assert len(chosen) > 0
    assert ended.count("LogLatched") > len(ended) // 2


def count_syncs_after_fault(run: Run) -> int:
    """Count the syncs that came after the one that failed."""
    fault = next(place for place, line in enumerate(run.calls) if "INJECTED" in line)
    return sum("sync(" in line for line in run.calls[fault + 1 :])


@pytest.mark.parametrize("kind", ["busy", "locked"])
def test_a_busy_database_shuts_nothing(sqlite_live: LiveLog, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    error = Exception(kind)
    error.sqlite_errorcode = {"busy": 5, "locked": 6}[kind]  # type: ignore[attr-defined]  # as sqlite3 sets it

    def fail(*_: object) -> None:
        raise OperationalError("INSERT", {}, error)

    monkeypatch.setattr("ledger.writer.PAUSES", (0.0,))
    sqlite_live.domain.before_fold = fail

    with pytest.raises(LogUnavailable):
        sqlite_live.send(sqlite_live.firm.deliver())
    sqlite_live.domain.before_fold = None

    assert indexes(sqlite_live.send(sqlite_live.firm.deliver())) == [2]


def test_a_postgresql_server_that_goes_away_or_has_no_room_makes_the_log_unavailable_and_no_more(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, databases: Databases
) -> None:
    monkeypatch.setattr("ledger.writer.PAUSES", (0.0,))
    live, error = LiveLog(postgresql_url, tmp_path), Exception("could not extend file: No space left on device")
    error.sqlstate = "53100"  # type: ignore[attr-defined]  # as psycopg sets it: disk_full

    def fail(*_: object) -> None:
        raise OperationalError("INSERT", {}, error)

    def end_connections(*_: object) -> None:
        name = live.engine.url.database
        databases.execute_on_server(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608 - our own

    for trouble in (fail, end_connections):
        live.domain.before_fold = trouble
        with pytest.raises(LogUnavailable):
            live.send(live.firm.deliver())
        live.domain.before_fold = None
        assert live.log.read_latch() is None
        assert len(indexes(live.send(live.firm.deliver()))) == 1
    live.verify()
    live.close()
