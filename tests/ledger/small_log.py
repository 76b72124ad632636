"""A small log in memory: founding, keys, statements and checkpoints from the ledger's primitives alone, always the same bytes."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from ledger.authority import prove_possession
from ledger.canonical import JSON
from ledger.checkpoint import sign_checkpoint
from ledger.contents import Binding, RowList, commit_contents
from ledger.entry import FIRST_PREVIOUS, Entry, decode_entry, encode_entry, hash_entry
from ledger.evidence import LogClaims, write_audit_file
from ledger.instant import add_seconds
from ledger.keys import SigningKey
from ledger.merkle import compute_root, hash_leaf
from ledger.note import ED25519, VerifierKey
from ledger.statement import Seen, Signed, Statement, sign_statement

LOG = "ledger.example/main"
OPERATOR, FIRM = "o-operator", "o-gypsum"
START = "2026-01-01T00:00:00Z"
RIGHTS: JSON = {"facilitator": ["log.*", "key.*", "role.*", "organisation.*", "rules.*", "contents.*", "clock.*"],
                "signatory": ["agreement.*", "key.*", "contents.*"], "operator": ["delivery.*"], "board": ["resolution.*"]}  # fmt: skip


def make_key(name: str) -> SigningKey:
    """Make the key of a name, always the same one."""
    return SigningKey(sha256(b"small log " + name.encode()).digest())


def make_verifier_key(name: str, key: SigningKey) -> VerifierKey:
    """Give the verifier key of a signing key under a name."""
    return VerifierKey(name, ED25519, key.public)


LOG_KEY = make_key("log")
LOG_VERIFIER = make_verifier_key(LOG, LOG_KEY)
RECEIPT_VERIFIER = make_verifier_key(f"{LOG}/receipts", make_key("receipts"))
CLAIMS = LogClaims(LOG, LOG_VERIFIER.to_text(), RECEIPT_VERIFIER.to_text())


def make_salts(seed: str) -> Callable[[], str]:
    """Give salts that repeat from run to run."""
    numbers: Iterator[int] = iter(range(1_000_000))
    return lambda: sha256(f"{seed} {next(numbers)}".encode()).hexdigest()


@dataclass(slots=True)
class SmallLog:
    """A log that grows by statements; it judges nothing, so that what no sequencer would enter can be entered."""

    entries: list[bytes] = field(default_factory=list)
    contents: list[Mapping[str, JSON] | None] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    signed: list[Signed] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)  #: last key_seq by key
    now: str = START

    def compose(
        self,
        kind: str,
        key: SigningKey,
        author: str,
        public: Mapping[str, JSON] | None = None,
        values: Sequence[tuple[str, JSON | RowList]] = (),
        **changes: object,
    ) -> tuple[Signed, dict[str, JSON]]:
        """Sign a statement that would stand next on the log; `changes` replace header fields before signing."""
        number = self.numbers.get(key.multikey, 0) + 1
        uuid = sha256(f"{kind} {author} {len(self.entries)}".encode()).hexdigest()
        binding = Binding(LOG, author, f"{uuid[:8]}-{uuid[8:12]}-{uuid[12:16]}-{uuid[16:20]}-{uuid[20:32]}")
        contents, root = commit_contents(binding, values, make_salts(uuid))
        statement = Statement(LOG, kind, 1, binding.id, author, key.multikey, number, Seen(0, compute_root([]).hex()), self.now,
                              add_seconds(self.now, 3600), "thing:1", (), public or {}, root, len(values))  # fmt: skip
        return sign_statement(replace(statement, **changes), key.sign), contents  # type: ignore[arg-type]  # names of the header

    def enter(self, signed: Signed, contents: Mapping[str, JSON] | None, **changes: object) -> Signed:
        """Append a signed statement as an entry; `changes` replace fields of the entry."""
        self.now = add_seconds(self.now, 60)
        previous = hash_entry(self.entries[-1]) if self.entries else FIRST_PREVIOUS
        entry = Entry(len(self.entries), previous, self.now, signed)
        self.entries.append(encode_entry(replace(entry, **changes)))  # type: ignore[arg-type]  # names of the entry
        self.contents.append(contents)
        self.signed.append(signed)
        self.numbers[signed.statement.key] = signed.statement.key_seq
        return signed

    def say(
        self,
        kind: str,
        key: SigningKey,
        author: str,
        public: Mapping[str, JSON] | None = None,
        values: Sequence[tuple[str, JSON | RowList]] = (),
        **changes: object,
    ) -> Signed:
        """Compose and enter."""
        return self.enter(*self.compose(kind, key, author, public, values, **changes))

    def compute_root(self, size: int | None = None) -> bytes:
        """Compute the root over the first `size` entries."""
        return compute_root(hash_leaf(data) for data in self.entries[:size])

    def see(self, size: int | None = None) -> Seen:
        """Give what an author sees who checks the newest checkpoint, or that of `size`."""
        count = len(self.entries) if size is None else size
        return Seen(count, self.compute_root(count).hex())

    def publish(self, key: SigningKey = LOG_KEY) -> str:
        """Sign and keep a checkpoint of the log as it stands."""
        self.notes.append(sign_checkpoint(LOG, len(self.entries), self.compute_root(), make_verifier_key(LOG, key), key.sign))
        return self.notes[-1]

    def rebuild(self, change: Callable[[int, Entry], Entry]) -> "SmallLog":
        """Copy with entries changed, chain, tree and newest checkpoint made to fit again: what an operator could do."""
        copy = SmallLog(contents=list(self.contents))
        for index, data in enumerate(self.entries):
            previous = hash_entry(copy.entries[-1]) if copy.entries else FIRST_PREVIOUS
            copy.entries.append(encode_entry(replace(change(index, decode_entry(data)), previous=previous)))
        copy.publish()
        return copy

    def write(self, extras: Mapping[str, bytes] | None = None, timestamps: Mapping[int, bytes] | None = None) -> bytes:
        """Write the audit file."""
        file = io.BytesIO()
        write_audit_file(
            file, log=CLAIMS, entries=self.entries, contents=self.contents, checkpoints=self.notes, checkpoint=self.notes[-1],
            extras=extras or {}, timestamps=timestamps or {},
        )  # fmt: skip
        return file.getvalue()


def found_log(log: SmallLog) -> Signed:
    """Enter the founding by the operator."""
    key, roles = make_key("operator"), ["facilitator", "signatory", "board"]
    public: dict[str, JSON] = {
        "holder": "h-operator",
        "roles": roles,
        "possession": prove_possession(LOG, OPERATOR, key.multikey, "h-operator", roles, key.sign),
        "log_key": CLAIMS.log_key,
        "receipt_key": CLAIMS.receipt_key,
        "rights": RIGHTS,
        "own_roles": ["signatory", "operator"],
        "validity": {"*": 86_400},
        "recovery_wait": 3600,
        "settings": {},
    }
    return log.say("log.founded", key, OPERATOR, public, about=f"log:{LOG}")


def enrol_key(log: SmallLog, name: str, organisation: str, roles: list[str], not_after: str | None = None) -> Signed:
    """Enrol the key of a name, by the operator or by the organisation's key `firm` if it has one."""
    key = make_key(name)
    public: dict[str, JSON] = {
        "organisation": organisation,
        "key": key.multikey,
        "holder": f"h-{name}000",
        "roles": sorted(roles),
        "limits": {},
        "not_after": not_after,
        "possession": prove_possession(LOG, organisation, key.multikey, f"h-{name}000", roles, key.sign),
    }
    firm = make_key("firm")
    has_keys = firm.multikey in log.numbers or any(firm.multikey in str(one.statement.public) for one in log.signed)
    signer, author = (firm, FIRM) if has_keys and organisation == FIRM else (make_key("operator"), OPERATOR)
    return log.say("key.enrolled", signer, author, public, about=f"key:{key.multikey}")


def deliver(log: SmallLog, **changes: object) -> Signed:
    """Enter a delivery of the firm, with a list field."""
    values: list[tuple[str, JSON | RowList]] = [
        ("quantity", "23.230"),
        ("unit", "TNE"),
        ("weighings", RowList(("11.600", "11.630"))),
        ("driver", None),
    ]
    return log.say("delivery.dispatched", make_key("firm"), FIRM, {}, values, **changes)


def build_small_log(deliveries: int = 2) -> SmallLog:
    """Build founding, heartbeat, one firm's key and its deliveries; checkpoints after the key, halfway and at the end."""
    log = SmallLog()
    found_log(log)
    enrol_key(log, "firm", FIRM, ["signatory", "operator"])
    log.publish()
    for number in range(deliveries):
        if number == deliveries // 2 and number:
            log.publish()
        deliver(log, seen=log.see(2), refs=(log.signed[-1].hash,))
    log.publish()
    return log
