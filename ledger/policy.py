"""Policies of C2SP tlog-policy: which logs, which witnesses, and how many of them must have cosigned a checkpoint.

https://c2sp.org/tlog-policy. A line is one of `log <vkey> [<url>]`, `witness <name> <vkey> [<url>]`, `group <name> all|any|<k> <name>…`
and `quorum <name>|none`. Let each organisation's witnesses be a group with `any`, and the quorum a group of these groups: then
organisations are counted, whatever number of machines each has. No key counts twice: it has one name, and a name is in one group.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from ledger.checkpoint import Checkpoint, parse_checkpoint
from ledger.cosignature import find_cosignatures, read_witness_key
from ledger.errors import BadSignature, Malformed
from ledger.merkle import HASH_BYTES
from ledger.note import VerifierKey, parse_note, read_verifier_key, verify_note

MAX_POLICY_CHARACTERS = 1 << 20
MAX_LINES = 1000  #: of each kind; the specification asks for 32 at least
NONE = "none"  #: a quorum of nobody
_ALLOWED = re.compile(r"[\t\n -~\x80-\U0010ffff]*")
_BLANK = re.compile(r"[ \t]+")
_COUNT = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PolicyLog:
    """A log that is accepted."""

    key: VerifierKey  #: its name is the log's origin
    url: str = ""


@dataclass(frozen=True, slots=True)
class PolicyWitness:
    """A witness that counts."""

    name: str  #: within the policy; means nothing outside
    key: VerifierKey  #: of type 0x04 or 0x06
    url: str = ""  #: where it is asked: submission prefix of tlog-witness


@dataclass(frozen=True, slots=True)
class Group:
    """Members of which `threshold` must have cosigned."""

    name: str
    threshold: int
    members: tuple[str, ...]  #: witnesses and groups


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness that cosigned."""

    name: str  #: within the policy
    key: VerifierKey
    times: tuple[int, ...]  #: seconds since 1970, ascending; one for each of its lines that says when

    @property
    def time(self) -> int:
        """The earliest time: the checkpoint, and all under it, was there by then; 0 where no line says when."""
        return self.times[0] if self.times else 0


@dataclass(frozen=True, slots=True)
class Quorum:
    """What a policy says of a note."""

    checkpoint: Checkpoint
    witnesses: tuple[Cosigner, ...]  #: those that cosigned, in the policy's order
    met: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as read."""

    logs: tuple[PolicyLog, ...]
    witnesses: tuple[PolicyWitness, ...]
    groups: tuple[Group, ...]  #: each after those that it names
    quorum: str  #: name of a witness or group, or NONE

    def judge(self, note: str | bytes, log_key: VerifierKey | None = None) -> Quorum:
        """Judge a checkpoint's note.

        log_key: the log's key where the caller knows it; else the note must be signed by one of the policy's logs, if it names any.
        Raises Malformed, or BadSignature for a note that the log did not sign or on which a known witness's line does not hold.
        """
        parsed = parse_note(note)
        checkpoint = parse_checkpoint(parsed.text)
        if len(checkpoint.root) != HASH_BYTES:
            raise Malformed("a checkpoint's root has 32 bytes")
        keys = [log_key] if log_key else [log.key for log in self.logs if log.key.name == checkpoint.origin]
        if keys:
            verify_note(note, keys)
        elif self.logs:
            raise BadSignature(f"the policy does not name the log {checkpoint.origin}")
        found = find_cosignatures(parsed, [witness.key for witness in self.witnesses])
        times = {one.key.public: sorted(other.time for other in found if other.key == one.key and other.is_timed) for one in found}
        signed = tuple(Cosigner(one.name, one.key, tuple(times[one.key.public])) for one in self.witnesses if one.key.public in times)
        return Quorum(checkpoint, signed, self.is_met({one.name for one in signed}))

    def is_met(self, signed: set[str]) -> bool:
        """Tell whether the witnesses with these names are enough."""
        reached = set(signed)
        for group in self.groups:
            if sum(name in reached for name in group.members) >= group.threshold:
                reached.add(group.name)
        return self.quorum == NONE or self.quorum in reached


def read_policy(text: str | bytes) -> Policy:
    """Read a policy; raises Malformed with the number of the line at fault."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")  # octets with the high bit are opaque
    if len(text) > MAX_POLICY_CHARACTERS:
        raise Malformed("the policy is too long")
    if not text.endswith("\n"):
        raise Malformed("the policy's last line has no line feed: its end may be missing")
    draft = _Draft()
    for number, line in enumerate(text[:-1].split("\n"), 1):
        try:
            draft.read_line(line)
        except Malformed as error:
            raise Malformed(f"line {number}: {error}") from None
    if draft.quorum is None:
        raise Malformed("the policy has no quorum line")
    return Policy(tuple(draft.logs), tuple(draft.witnesses), tuple(draft.groups), draft.quorum)


@dataclass(slots=True)
class _Draft:
    """What was read of a policy up to a line."""

    logs: list[PolicyLog] = field(default_factory=list)
    witnesses: list[PolicyWitness] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    quorum: str | None = None
    names: set[str] = field(default_factory=set)  #: of witnesses and groups
    members: set[str] = field(default_factory=set)  #: names that stand in a group

    def read_line(self, line: str) -> None:
        if not _ALLOWED.fullmatch(line):
            raise Malformed("a control character other than the tab")
        items = [item for item in _BLANK.split(line) if item]
        if not items or items[0].startswith("#"):
            return
        match items[0]:
            case "log":
                self._read_log(items[1:])
            case "witness":
                self._read_witness(items[1:])
            case "group":
                self._read_group(items[1:])
            case "quorum":
                self._read_quorum(items[1:])
            case other:
                raise Malformed(f"{other[:40]!r} is none of log, witness, group and quorum")

    def _read_log(self, items: list[str]) -> None:
        if len(items) not in (1, 2):
            raise Malformed("write log <verifier key> [<url>]")
        key = read_verifier_key(items[0])
        if any(log.key.public == key.public for log in self.logs):
            raise Malformed(f"the key of {key.name} stands on an earlier log line")
        self._add(self.logs, PolicyLog(key, *items[1:]))

    def _read_witness(self, items: list[str]) -> None:
        if len(items) not in (2, 3):
            raise Malformed("write witness <name> <verifier key> [<url>]")
        key = read_witness_key(items[1])
        twin = next((one.name for one in self.witnesses if one.key.public == key.public), None)
        if twin is not None:
            raise Malformed(f"the witness {items[0]} has the same key as {twin}: a key counts once")
        self._define(items[0])
        self._add(self.witnesses, PolicyWitness(items[0], key, *items[2:]))

    def _read_group(self, items: list[str]) -> None:
        if len(items) < 3:  # noqa: PLR2004 - name, threshold and one member
            raise Malformed("write group <name> all|any|<k> <name>…")
        name, rule, *members = items
        for member in members:
            self._check_defined(member)
            if member in self.members:
                raise Malformed(f"{member} stands in a group already: each counts in one way only")
            self.members.add(member)
        if rule not in ("all", "any") and not _COUNT.fullmatch(rule):
            raise Malformed(f"{rule[:40]!r} is none of all, any and a number from 1 to {len(members)}")
        threshold = len(members) if rule == "all" else 1 if rule == "any" else int(rule)
        if threshold > len(members):
            raise Malformed(f"{threshold} of {len(members)} members can never be reached")
        self._define(name)
        self._add(self.groups, Group(name, threshold, tuple(members)))

    def _read_quorum(self, items: list[str]) -> None:
        if len(items) != 1:
            raise Malformed("write quorum <name>, or quorum none")
        if self.quorum is not None:
            raise Malformed("a second quorum line")
        if items[0] != NONE:
            self._check_defined(items[0])
        self.quorum = items[0]

    def _define(self, name: str) -> None:
        if name == NONE or name in self.names:
            raise Malformed(f"the name {name} is taken")
        self.names.add(name)

    def _check_defined(self, name: str) -> None:
        if name not in self.names:
            raise Malformed(f"{name} is no witness and no group of an earlier line")

    def _add(self, kept: list[Any], one: object) -> None:
        if len(kept) == MAX_LINES:
            raise Malformed(f"more than {MAX_LINES} lines of one kind")
        kept.append(one)
