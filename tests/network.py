"""A whole network for tests: a real database, a founded log, members with keys of their own, and a clock that stands until it is set.

`network.say(fact, by="powerco")` signs a fact with a member's key and submits it; `accept` and `refuse` say what is expected. Members are
called by short names; `network.id("powerco")` is the organisation's id. A second key of a member is `"powerco/second"`.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, event, select

from contracts.clock import FixedClock, format_instant
from contracts.database import make_engine, open_reader
from contracts.errors import Finding
from contracts.facts import OWN_ROLES, Role, list_rights
from contracts.own_facts import KeyEnrolled, LogFounded, RoleGranted
from contracts.parties.facts import OrganisationAdmitted, OrganisationKind, Site
from contracts.projections import Projections, Stage
from contracts.replay import list_folded_tables, open_empty, read_lines, replay_log
from contracts.signing import NOTHING_SEEN, Author, sign_fact
from ledger.authority import prove_possession
from ledger.canonical import JSON
from ledger.evidence import LogClaims
from ledger.keys import SigningKey
from ledger.log import Log, found_log
from ledger.outcome import LogKeys, Outcome, Receipt, Refused
from ledger.statement import Submission
from ledger.writer import LogService
from tests.ledger.whole_log import verify_log

LOG = "ledger.kalundborg.test/main"
START = datetime(2025, 1, 2, 8, tzinfo=UTC)
SETTINGS: dict[str, JSON] = {
    "name": "kalundborg",
    "currency": "EUR",
    "time_zone": "Europe/Copenhagen",
    "allocation_rule": "shapley",
}
OPERATOR = "symbio"  #: short name of the operator, whose first key is the facilitator's; "symbio/service" is the service's key


@dataclass(slots=True)
class Person:
    """A key and what it has signed so far."""

    key: SigningKey
    holder: str
    signed: int = 0


@dataclass(slots=True)
class Member:
    """An organisation with its keys by short name; the first is "main"."""

    id: str
    people: dict[str, Person] = field(default_factory=dict)


class MemoryGuard:
    """A guard that lives as long as the test."""

    def __init__(self) -> None:
        self.known: tuple[int, bytes] | None = None

    def read(self) -> tuple[int, bytes] | None:
        """Give the newest size and root."""
        return self.known

    def advance(self, size: int, root: bytes) -> None:
        """Remember a newer size and root."""
        if self.known is None or size > self.known[0]:
            self.known = (size, root)


def make_key(name: str) -> SigningKey:
    """Make the key of a name, always the same one."""
    return SigningKey(sha256(b"test network " + name.encode()).digest())


def name_id(name: str) -> str:
    """Give the id of the organisation with a short name."""
    return f"o-{name.replace('-', '').ljust(6, '0')}"


class TestNetwork:
    """One network on one database; `stages` are the services that answer its facts, all of them unless named."""

    __test__ = False  # a tool, not a test

    def __init__(
        self,
        database_url: str,
        *,
        stages: Sequence[Stage] | None = None,
        start: datetime = START,
        settings: dict[str, JSON] | None = None,
        clock: FixedClock | None = None,
    ) -> None:
        self.engine = make_engine(database_url)
        if self.engine.dialect.name == "sqlite":  # like PostgreSQL's fsync in tests: what survives a power cut is tested elsewhere
            event.listen(self.engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous=OFF"))
        self.clock = clock or FixedClock(start)
        self.stages = stages
        self.keys = LogKeys(LOG, make_key("log"), make_key("receipts"))
        self.members: dict[str, Member] = {}
        self.published: set[str] = set()  #: templates
        try:
            self.log = self._found(settings or SETTINGS)
        except BaseException:
            self.close()
            raise
        self.log_id = self.log.log_id
        self.admit(OPERATOR, kind=OrganisationKind.OPERATOR, keys=False)
        self.grant_role(OPERATOR, Role.SERVICE)
        self.enrol(f"{OPERATOR}/service", [Role.SERVICE])

    def _found(self, settings: dict[str, JSON]) -> Log:
        me = self._add_person(OPERATOR, "main")
        roles = [Role.FACILITATOR.value, *(role.value for role in OWN_ROLES)]
        fact = LogFounded(
            log=f"log:{LOG}",
            holder=me.holder,
            roles=tuple(roles),
            possession=prove_possession(LOG, self.id(OPERATOR), me.key.multikey, me.holder, roles, me.key.sign),
            log_key=self.keys.log_verifier.to_text(),
            receipt_key=self.keys.receipts_verifier.to_text(),
            rights=list_rights(),
            own_roles=tuple(role.value for role in OWN_ROLES),
            validity={},
            recovery_wait=3600,
            settings=settings,
        )
        service = LogService(
            self.keys, Projections(self.stages), lambda: format_instant(self.clock.now()), self.clock.monotonic, MemoryGuard()
        )
        return found_log(self.engine, self.sign(fact, by=OPERATOR), service)

    def id(self, name: str) -> str:
        """Give the id of a member by its short name; an id stands for itself."""
        return name if name.startswith("o-") else self.members[name.partition("/")[0]].id if name in self.members else name_id(name)

    def holder(self, by: str) -> str:
        """Give the pseudonym behind a key such as "powerco" or "powerco/second"."""
        return self._find_person(by)[1].holder

    def key(self, by: str) -> SigningKey:
        """Give a member's key, private part included."""
        return self._find_person(by)[1].key

    @property
    def operator(self) -> str:
        """The operator's id."""
        return self.id(OPERATOR)

    def sign(self, fact: object, *, by: str, refs: Sequence[str] = (), **options: Any) -> Submission:
        """Sign a fact with a member's key, without submitting it; options as of contracts.signing.sign_fact."""
        member, person = self._find_person(by)
        person.signed += 1
        given = {"key_seq": person.signed, "now": self.clock.now(), "seen": NOTHING_SEEN, **options}
        return sign_fact(fact, Author(LOG, member.id, person.key), refs=refs, **given)

    def say(self, fact: object, *, by: str, refs: Sequence[str] = (), **options: Any) -> Outcome:
        """Sign and submit a fact, a second after the last one."""
        self.clock.advance(timedelta(seconds=1))
        return self.log.submit_many([self.sign(fact, by=by, refs=refs, **options)])[0]

    def accept(self, fact: object, *, by: str, refs: Sequence[str] = (), **options: Any) -> Receipt:
        """Say a fact that must be entered."""
        outcome = self.say(fact, by=by, refs=refs, **options)
        assert isinstance(outcome, Receipt), outcome.findings if isinstance(outcome, Refused) else outcome
        return outcome

    def refuse(self, fact: object, *, by: str, refs: Sequence[str] = (), **options: Any) -> tuple[Finding, ...]:
        """Say a fact that must be refused; gives the findings, after a look that no row was left behind."""
        before = self.dump()
        outcome = self.say(fact, by=by, refs=refs, **options)
        assert isinstance(outcome, Refused), f"entered as {outcome}"
        assert self.dump() == before, "a refused statement left rows behind"
        return outcome.findings

    def refuse_codes(self, fact: object, *, by: str, refs: Sequence[str] = (), **options: Any) -> set[tuple[str, str]]:
        """Say a fact that must be refused; gives (field, code) of each finding."""
        return {(finding.field, finding.code) for finding in self.refuse(fact, by=by, refs=refs, **options)}

    def admit(
        self, name: str, *, kind: OrganisationKind = OrganisationKind.PARTNER, roles: Sequence[Role] = (), keys: bool = True
    ) -> Member:
        """Admit an organisation, grant it roles, and enrol its first key with its own and the granted roles."""
        organisation = self.id(name)
        fact = OrganisationAdmitted(
            organisation=organisation,
            name=f"{name.capitalize()} A/S",
            legal_id=f"DK-{sum(name.encode()):08d}-{name}",
            country="DK",
            kind=kind,
            sites=(Site("main", "Main site", "Kalundborg"),),
        )
        self.accept(fact, by=OPERATOR)
        for role in roles:
            self.grant_role(name, role)
        if keys:
            self.enrol(name, [*OWN_ROLES, *roles])
        return self.members.setdefault(name, Member(organisation))

    def grant_role(self, name: str, role: Role) -> Receipt:
        """Grant an organisation a role of the network."""
        organisation = self.id(name)
        return self.accept(RoleGranted(organisation, organisation, role.value), by=OPERATOR)

    def enrol(self, who: str, roles: Sequence[Role], *, limits: dict[str, JSON] | None = None, holder: str | None = None) -> Receipt:
        """Enrol a key; the first of an organisation by the facilitator, further ones by its own first key."""
        name, _, label = who.partition("/")
        has_keys = bool(self.members.get(name, Member("")).people)
        person = self._add_person(name, label or "main", holder)
        wanted = sorted({role.value for role in roles})
        fact = KeyEnrolled(
            subject=person.key.multikey,
            organisation=self.id(name),
            key=person.key.multikey,
            holder=person.holder,
            roles=tuple(wanted),
            limits=limits or {},
            not_after=None,
            possession=prove_possession(LOG, self.id(name), person.key.multikey, person.holder, wanted, person.key.sign),
        )
        return self.accept(fact, by=name if has_keys else OPERATOR)

    def _add_person(self, name: str, label: str, holder: str | None = None) -> Person:
        member = self.members.setdefault(name, Member(name_id(name)))
        number = len(member.people) + 1
        person = Person(make_key(f"{name}/{label}"), holder or f"h-{name.replace('-', '')}{number:05d}")
        member.people[label] = person
        return person

    def _find_person(self, by: str) -> tuple[Member, Person]:
        name, _, label = by.partition("/")
        member = self.members[name]
        return member, member.people[label or "main"]

    @contextlib.contextmanager
    def connect(self) -> Iterator[Connection]:
        """Open a connection that reads."""
        with open_reader(self.engine).begin() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a connection that writes past all rules: for planted faults."""
        with self.engine.begin() as connection:
            yield connection

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Read all folded rows, table by table, in the order of their keys."""
        with self.connect() as connection:
            return dump_folded(connection)

    def check_replay(self) -> None:
        """Replay the log and compare every folded row with the live one; where contents were erased, a replay has fewer rows."""
        with self.connect() as live, open_copy(write_empty()) as connection:
            replayed = replay_log(connection, self.log_id, read_lines(live, self.log_id), Projections(self.stages))
            assert {skipped.code for skipped in replayed.skipped} <= {"erased"}, replayed.skipped
            if not replayed.skipped:
                assert dump_folded(connection) == dump_folded(live)

    def verify(self) -> None:
        """Verify the whole log as an auditor would."""
        self.clock.advance(timedelta(seconds=2))
        self.log.publish_checkpoint(format_instant(self.clock.now()))
        newest = self.log.latest_checkpoint()
        assert newest is not None
        entries = [entry.body for entry in self.log.read_entries(0, newest[0])]
        contents = [self.log.read_contents(index) for index in range(newest[0])]
        claims = LogClaims(LOG, self.keys.log_verifier.to_text(), self.keys.receipts_verifier.to_text())
        verify_log(log=claims, entries=entries, contents=contents, checkpoints=[note for _, _, note in self.log.list_checkpoints()])

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


@cache
def write_empty() -> bytes:
    """Write an empty database with the folded tables, once in a process: making them takes longer than replaying a small log."""
    with open_empty() as connection:
        return _find_driver(connection).serialize()


@contextlib.contextmanager
def open_copy(written: bytes) -> Iterator[Connection]:
    """Open a copy of a SQLite database in memory."""
    engine = make_engine("sqlite://")
    try:
        with engine.connect() as connection:
            _find_driver(connection).deserialize(written)
            yield connection
    finally:
        engine.dispose()


def _find_driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def dump_folded(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Read all folded rows, table by table, in one order on both kinds of database."""
    rows = {table.name: [tuple(row) for row in connection.execute(select(table))] for table in list_folded_tables()}
    return {name: sorted(found, key=repr) for name, found in rows.items()}
