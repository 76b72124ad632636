"""A log in a real database for tests of the writing side: service keys, members, statements, and the smallest domain there is."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select

from contracts.database import make_engine, open_reader
from ledger import tables
from ledger.authority import prove_possession
from ledger.canonical import JSON
from ledger.contents import Binding, RowList, commit_contents
from ledger.entry import FIRST_PREVIOUS, decode_entry, hash_entry
from ledger.errors import Finding
from ledger.evidence import LogClaims
from ledger.guard import FileGuard
from ledger.instant import add_seconds
from ledger.keys import SigningKey
from ledger.log import Log, found_log, open_log
from ledger.merkle import EMPTY_ROOT, Frontier
from ledger.outcome import LogKeys, Outcome, Receipt, Refused
from ledger.sequencer import Candidate
from ledger.statement import Seen, Statement, Submission, make_id, sign_statement
from ledger.writer import LogService
from tests.ledger.whole_log import verify_log

LOG = "ledger.example/live"
OPERATOR, FIRM = "o-operator", "o-gypsum"
START = "2026-01-01T00:00:00Z"
FRESH = Seen(0, EMPTY_ROOT.hex())
RIGHTS: dict[str, JSON] = {
    "facilitator": ["log.*", "key.*", "role.*", "rules.*", "contents.*", "clock.*", "resolution.*"],
    "signatory": ["agreement.*", "key.*", "contents.*"],
    "operator": ["delivery.*"],
}


def make_key(name: str) -> SigningKey:
    """Make the key of a name, always the same one."""
    return SigningKey(sha256(b"live log " + name.encode()).digest())


KEYS = LogKeys(LOG, make_key("log"), make_key("receipts"))


@dataclass(slots=True)
class Ticking:
    """A clock that stands until it is set; wall and monotonic time can be moved apart."""

    now: str = START
    seconds: float = 0.0

    def read(self) -> str:
        """Give the wall time."""
        return self.now

    def monotonic(self) -> float:
        """Give the monotonic seconds."""
        return self.seconds

    def advance(self, seconds: int) -> None:
        """Let time pass for both."""
        self.now = add_seconds(self.now, seconds)
        self.seconds += seconds


@dataclass(slots=True)
class SmallDomain:
    """Refuses what says so, breaks where it is told to, and remembers what it was asked to fold and forget."""

    folded: list[int] = field(default_factory=list)
    forgotten: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    before_fold: Callable[[Any, Candidate], None] | None = None

    def judge(self, _connection: Any, candidate: Candidate) -> list[Finding]:
        """Refuse a fact whose `public` holds "refuse"."""
        refused = "refuse" in candidate.signed.statement.public
        return [Finding("statement.public.refuse", "unwanted", "it asks to be refused")] if refused else []

    def fold(self, connection: Any, candidate: Candidate) -> None:
        """Break on a fact whose `public` holds "break", as a bug of ours would."""
        if self.before_fold is not None:
            self.before_fold(connection, candidate)
        if "break" in candidate.signed.statement.public:
            raise ZeroDivisionError("a bug in a fold")
        self.folded.append(candidate.index)

    def forget(self, _connection: Any, _log_id: int, index: int, positions: Sequence[int]) -> None:
        """Remember what was erased."""
        self.forgotten.append((index, tuple(positions)))


@dataclass(slots=True)
class Author:
    """An organisation's key and how often it signed."""

    name: str
    organisation: str
    key: SigningKey
    signed: int = 0

    def say(
        self,
        kind: str,
        public: Mapping[str, JSON] | None = None,
        values: Sequence[tuple[str, JSON | RowList]] = (),
        *,
        now: str = START,
        **changes: Any,
    ) -> Submission:
        """Sign a statement; `changes` replace header fields before signing."""
        self.signed += 1
        binding = Binding(str(changes.get("log", LOG)), self.organisation, str(changes.get("id", make_id())))
        contents, root = commit_contents(binding, values, lambda: uuid.uuid4().hex * 2)
        statement = Statement(LOG, kind, 1, binding.id, self.organisation, self.key.multikey, self.signed, FRESH, now,
                              add_seconds(now, 3600), "thing:1", (), public or {}, root, len(values))  # fmt: skip
        return Submission(sign_statement(replace(statement, **changes), self.key.sign), contents)

    def deliver(self, public: Mapping[str, JSON] | None = None, **changes: Any) -> Submission:
        """Sign a delivery with two fields."""
        return self.say("delivery.dispatched", public, [("quantity", "23.230"), ("driver", "Kim")], **changes)


def make_operator() -> Author:
    """Make the operator's author, who has signed nothing yet."""
    return Author("operator", OPERATOR, make_key("operator"))


def make_firm(name: str = "firm") -> Author:
    """Make an author of the firm."""
    return Author(name, FIRM, make_key(name))


def say_founding(operator: Author, **public: JSON) -> Submission:
    """Sign the founding."""
    roles = ["facilitator", "signatory"]
    given: dict[str, JSON] = {
        "holder": "h-operator",
        "roles": roles,
        "possession": prove_possession(LOG, OPERATOR, operator.key.multikey, "h-operator", roles, operator.key.sign),
        "log_key": KEYS.log_verifier.to_text(),
        "receipt_key": KEYS.receipts_verifier.to_text(),
        "rights": RIGHTS,
        "own_roles": ["signatory", "operator"],
        "validity": {"*": 86_400},
        "recovery_wait": 3600,
        "settings": {},
    }
    return operator.say("log.founded", {**given, **public}, about=f"log:{LOG}")


def say_enrolment(signer: Author, who: Author, roles: Sequence[str] = ("operator", "signatory"), **changes: Any) -> Submission:
    """Sign the enrolment of a key."""
    public: dict[str, JSON] = {
        "organisation": who.organisation,
        "key": who.key.multikey,
        "holder": f"h-{who.name}000",
        "roles": sorted(roles),
        "limits": {},
        "not_after": None,
        "possession": prove_possession(LOG, who.organisation, who.key.multikey, f"h-{who.name}000", sorted(roles), who.key.sign),
    }
    return signer.say("key.enrolled", public, about=f"key:{who.key.multikey}", **changes)


def say_revocation(signer: Author, who: Author, **changes: Any) -> Submission:
    """Sign the revocation of a key."""
    return signer.say("key.revoked", {"key": who.key.multikey, "reason": "lost", "compromised_since": None},
                      about=f"key:{who.key.multikey}", **changes)  # fmt: skip


def say_rotation(signer: Author, fresh: Author, roles: Sequence[str] = ("operator", "signatory")) -> Submission:
    """Sign the rotation of the signer's key to a fresh one; `roles` are the old key's."""
    proof = prove_possession(LOG, signer.organisation, fresh.key.multikey, f"h-{signer.name}000", sorted(roles), fresh.key.sign)
    public: dict[str, JSON] = {"old": signer.key.multikey, "new": fresh.key.multikey, "possession": proof}
    return signer.say("key.rotated", public, about=f"key:{signer.key.multikey}")


def make_service(folder: Path, clock: Ticking | None = None, domain: SmallDomain | None = None) -> LogService:
    """Make a service with a guard file in a folder."""
    ticking = clock or Ticking()
    return LogService(KEYS, domain or SmallDomain(), ticking.read, ticking.monotonic, FileGuard(folder / "guard", LOG))


@dataclass(slots=True)
class LiveLog:
    """A founded log in a real database, with a firm whose key is enrolled; `start_again` does what a restart does."""

    url: str
    folder: Path
    clock: Ticking = field(default_factory=Ticking)
    domain: SmallDomain = field(default_factory=SmallDomain)
    operator: Author = field(default_factory=make_operator)
    firm: Author = field(default_factory=make_firm)
    broken: bool = False  #: set by tests that leave a log which no verifier would take
    engine: Engine = field(init=False)
    log: Log = field(init=False)

    def __post_init__(self) -> None:
        """Found the log and enrol the firm's key."""
        self.engine = make_engine(self.url)
        self.log = found_log(self.engine, say_founding(self.operator), make_service(self.folder, self.clock, self.domain))
        self.accept(say_enrolment(self.operator, self.firm))

    def start_again(self) -> None:
        """Open the log anew, with nothing remembered but what is on disk."""
        self.engine.dispose()
        self.engine = make_engine(self.url)
        self.log = open_log(self.engine, make_service(self.folder, self.clock, self.domain))

    def open_second(self) -> Log:
        """Open the same log a second time, as another process would."""
        return open_log(make_engine(self.url), make_service(self.folder, self.clock, self.domain))

    def send(self, *submissions: Submission) -> list[Outcome]:
        """Submit in one batch."""
        return self.log.submit_many(submissions)

    def accept(self, submission: Submission) -> Receipt:
        """Submit what must be entered."""
        outcome = self.send(submission)[0]
        assert isinstance(outcome, Receipt), outcome
        return outcome

    def refuse(self, submission: Submission) -> set[str]:
        """Submit what must be refused; gives the codes, after a look that nothing but the refusal was left behind."""
        before = self.count_rows()
        outcome = self.send(submission)[0]
        assert isinstance(outcome, Refused), outcome
        assert self.count_rows() == before
        return {finding.code for finding in outcome.findings}

    def count_rows(self) -> dict[str, int]:
        """Count the rows of each table but that of the outcomes."""
        with open_reader(self.engine).begin() as connection:
            return {
                name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for name, table in tables.metadata.tables.items()
                if name != "ledger_outcomes"
            }

    def verify(self) -> None:
        """Verify the whole log as an auditor would, and recompute its chain and tree from the stored bytes."""
        self.clock.advance(1)
        self.log.publish_checkpoint(self.clock.now)
        check_stored_log(self.log)

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def check_stored_log(log: Log) -> int:
    """Recompute chain, leaf hashes, nodes and root of a stored log with published checkpoints, and verify it; gives its size."""
    head = log.read_head()
    assert head is not None
    entries = log.read_entries(0, head.size)
    assert [entry.index for entry in entries] == list(range(head.size))
    previous, frontier = FIRST_PREVIOUS, Frontier()
    for entry in entries:
        decoded = decode_entry(entry.body)
        assert (decoded.index, decoded.previous, decoded.signed.hash) == (entry.index, previous, entry.statement_hash)
        previous = hash_entry(entry.body)
        assert entry.leaf_hash == previous
        frontier.append(bytes.fromhex(previous))
    assert (frontier.compute_root(), previous) == (head.root, head.last_leaf)
    contents = [log.read_contents(index) for index in range(head.size)]
    notes = [note for _, _, note in log.list_checkpoints()]
    claims = LogClaims(LOG, KEYS.log_verifier.to_text(), KEYS.receipts_verifier.to_text())
    verify_log(log=claims, entries=[entry.body for entry in entries], contents=contents, checkpoints=notes)
    return head.size


def codes(outcome: Outcome) -> set[str]:
    """Give the codes of a refusal."""
    assert isinstance(outcome, Refused), outcome
    return {finding.code for finding in outcome.findings}


def indexes(outcomes: list[Outcome]) -> list[int | None]:
    """Give the indexes of what was entered."""
    return [outcome.index if isinstance(outcome, Receipt) else None for outcome in outcomes]


def lend_live(url: str, folder: Path) -> Iterator[LiveLog]:
    """Lend a founded log with one firm; what the borrower leaves is verified, unless it says that it broke the log."""
    live = LiveLog(url, folder)
    yield live
    if not live.broken:
        live.verify()
    live.close()
