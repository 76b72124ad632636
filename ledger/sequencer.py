"""The sequencer: one attempt to enter a batch of submissions, judged one after another against the state as it then is.

Nothing here commits, answers or retries: that is ledger/writer.py. What the ledger's own rules say of one statement is said by
ledger/own_kinds.py for writer and verifier alike; here stand the rules that need the tables: ids, key sequence, refs, seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from ledger import store
from ledger.authority import Authority
from ledger.canonical import JSON
from ledger.contents import Binding, Opened, withhold_fields
from ledger.entry import Entry, decode_entry, encode_entry
from ledger.errors import Finding
from ledger.intake import Checked
from ledger.merkle import Node, hash_leaf
from ledger.own_kinds import apply_statement, check_eraser, examine_statement
from ledger.statement import HASH, Seen, Signed, Statement
from ledger.tip import STATE_KINDS, Tip, read_root_at

ERASURE = "contents.erased"
Contents: TypeAlias = dict[str, JSON]  #: travelling form


@dataclass(frozen=True, slots=True)
class Candidate:
    """A statement that is about to be an entry, or (on replay) is one."""

    log_id: int  #: row of the log in ledger_logs
    index: int
    received_at: str  #: instant
    signed: Signed
    opened: Opened  #: checked contents
    authority: Authority  #: state before this statement; to be read only, and only during the call


class Domain(Protocol):
    """What the statements mean, as far as the sequencer must know; `connection` is that of the writer's transaction."""

    def judge(self, connection: Any, candidate: Candidate) -> list[Finding]:  # noqa: ANN401 - opaque to the ledger
        """Judge a statement against the state as it is: pure reading, all faults at once."""

    def fold(self, connection: Any, candidate: Candidate) -> None:  # noqa: ANN401 - opaque to the ledger
        """Write what follows from the statement; may not fail after a clean judgement."""

    def forget(self, connection: Any, log_id: int, index: int, positions: Sequence[int]) -> None:  # noqa: ANN401 - opaque to the ledger
        """Scrub what was folded from erased fields of an entry."""


def order_by_key(batch: Sequence[Checked]) -> list[int]:
    """Order a batch: by arrival, but what one key signed by its key_seq, within the places that it holds; gives positions."""
    places: dict[str, list[int]] = {}
    for position, checked in enumerate(batch):
        places.setdefault(checked.signed.statement.key, []).append(position)
    order = list(range(len(batch)))
    for held in places.values():
        for place, position in zip(held, sorted(held, key=lambda position: batch[position].signed.statement.key_seq), strict=True):
            order[place] = position
    return order


class Batch:
    """Entries in the making on top of a tip; `enter` judges and folds one, `save` stores all of them and the next head."""

    def __init__(self, connection: store.Connection, log_id: int, tip: Tip, domain: Domain, received_at: str) -> None:
        self._connection = connection
        self._log_id = log_id
        self._base = tip
        self._domain = domain
        self.received_at = received_at
        self._frontier = tip.frontier.copy()
        self._last_leaf = tip.last_leaf
        self._authority = tip.authority
        self._entries: list[store.StoredEntry] = []
        self._nodes: list[tuple[Node, bytes]] = []
        self._contents: dict[int, Contents] = {}
        self._by_id: dict[tuple[str, str], store.StoredEntry] = {}
        self._by_hash: dict[str, store.StoredEntry] = {}
        self._used_seqs: set[tuple[str, int]] = set()
        self._roots: dict[int, str] = {}

    def look_up(self, batch: Sequence[Checked]) -> None:
        """Read what the log already holds of ids, key sequences and refs of a batch, in one query each."""
        statements = [checked.signed.statement for checked in batch]
        self._by_id = store.find_by_ids(self._connection, self._log_id, [(one.author, one.id) for one in statements])
        self._used_seqs = store.find_used_seqs(self._connection, self._log_id, [(one.key, one.key_seq) for one in statements])
        named = {ref for one in statements for ref in one.refs} | {_read_target(one) for one in statements if one.kind == ERASURE}
        self._by_hash = store.find_by_hashes(self._connection, self._log_id, sorted(named - {""}))

    def enter(self, checked: Checked) -> store.StoredEntry | list[Finding]:
        """Judge a submission and make it the next entry; gives the entry, an older one if it is on the log already, or all faults."""
        signed, statement = checked.signed, checked.signed.statement
        twin = self._by_id.get((statement.author, statement.id))
        if twin is not None and twin.statement_hash == signed.hash:
            return twin
        index = self._frontier.size
        findings = examine_statement(self._authority, signed, index, self.received_at)
        if twin is not None:
            message = f"entry {twin.index} has this id with other bytes: give a new statement a new id"
            findings.append(Finding("statement.id", "replayed-id", message))
        findings += self._examine_place(statement)
        if not findings and statement.kind == ERASURE:
            findings = self._examine_erasure(statement)
        candidate = Candidate(self._log_id, index, self.received_at, signed, checked.opened, self._authority)
        if not findings:
            findings = self._domain.judge(self._connection, candidate)
        return findings or self._place(checked, candidate)

    def save(self) -> Tip:
        """Store entries, nodes, contents and the next head; raises store.LostRace. Gives the new tip, to be used after commit."""
        if not self._entries:
            return self._base
        root = self._frontier.compute_root()
        head = store.Head(self._frontier.size, root, self._last_leaf, self.received_at)
        store.append(self._connection, self._log_id, self._base.size, head, self._entries, self._nodes)
        store.insert_contents(self._connection, self._log_id, self._contents)
        return Tip(self._frontier, root, self._last_leaf, self.received_at, self._authority)

    def _place(self, checked: Checked, candidate: Candidate) -> store.StoredEntry:
        signed, statement, index = checked.signed, checked.signed.statement, candidate.index
        placed = Entry(index, self._last_leaf, self.received_at, signed)
        body = encode_entry(placed)
        leaf = hash_leaf(body)
        entry = make_row(placed, leaf, body)
        self._nodes += self._frontier.append(leaf)
        self._last_leaf = entry.leaf_hash
        self._entries.append(entry)
        self._contents[index] = dict(checked.submission.contents)
        self._by_id[statement.author, statement.id] = self._by_hash[signed.hash] = entry
        self._used_seqs.add((statement.key, statement.key_seq))
        self._domain.fold(self._connection, candidate)
        if statement.kind in STATE_KINDS:
            if self._authority is self._base.authority:
                self._authority = self._authority.copy()
            apply_statement(self._authority, signed, index, self.received_at)
        if statement.kind == ERASURE:
            self._erase(statement)
        return entry

    def _examine_place(self, statement: Statement) -> list[Finding]:
        findings = []
        if (statement.key, statement.key_seq) in self._used_seqs:
            message = f"this key has signed its number {statement.key_seq} already: count on"
            findings.append(Finding("statement.key_seq", "used-key-seq", message))
        for place, ref in enumerate(statement.refs):
            if ref not in self._by_hash:
                message = "no earlier entry has this statement hash: send what is referred to first"
                findings.append(Finding(f"statement.refs.{place}", "unknown-ref", message))
        return findings + self._examine_seen(statement.seen)

    def _examine_seen(self, seen: Seen) -> list[Finding]:
        """Compare the author's checkpoint with the tree.

        A contradiction refuses this statement and no more: anybody can write any root, and a bare claim must not let one member stop the
        log for all. A checkpoint note signed by the log's own key is no claim but proof: ledger/writer.py latches on that.
        """
        if seen.size > self._base.size:
            return [Finding("statement.seen", "seen-contradicts", f"the log has {self._base.size} entries, not {seen.size}: show the note")]
        if seen.size not in self._roots:
            self._roots[seen.size] = read_root_at(self._connection, self._log_id, seen.size).hex()
        if seen.root == self._roots[seen.size]:
            return []
        message = f"the tree of {seen.size} has the root {self._roots[seen.size]}: check the log anew, and show the note if it was signed"
        return [Finding("statement.seen", "seen-contradicts", message)]

    def _examine_erasure(self, statement: Statement) -> list[Finding]:
        target = self._by_hash.get(_read_target(statement))
        findings = check_eraser(self._authority, statement, None if target is None else target.author)
        if target is not None:
            fields = decode_entry(target.body).signed.statement.fields
            surplus = [position for position in _read_positions(statement) if position >= fields]
            if surplus:
                message = f"entry {target.index} has {fields} fields, counted from 0: {surplus[0]} is none of them"
                findings.append(Finding("statement.public.fields", "unknown-field", message))
        return findings

    def _erase(self, statement: Statement) -> None:
        """Drop value and salt of the named fields for good: their leaf hashes stay, so that every proof keeps holding."""
        target, positions = self._by_hash[_read_target(statement)], _read_positions(statement)
        binding = Binding(statement.log, target.author, target.statement_id)
        if target.index in self._contents:
            self._contents[target.index] = withhold_fields(binding, self._contents[target.index], positions)
        else:
            kept = store.read_contents(self._connection, self._log_id, target.index, target.index + 1).get(target.index)
            if kept is not None:
                store.erase_contents(self._connection, self._log_id, target.index, withhold_fields(binding, kept, positions))
        self._domain.forget(self._connection, self._log_id, target.index, positions)


def _read_target(statement: Statement) -> str:
    """Give the hash of the statement that an erasure names; empty before its form is judged."""
    target = statement.public.get("statement")
    return target if isinstance(target, str) and HASH.fullmatch(target) else ""


def _read_positions(statement: Statement) -> list[int]:
    """Give the field positions of an erasure whose form was judged."""
    fields = statement.public["fields"]
    return [place for place in fields if isinstance(place, int)] if isinstance(fields, (list, tuple)) else []


def make_row(entry: Entry, leaf: bytes, body: bytes) -> store.StoredEntry:
    """Make the row of an entry, of its leaf hash and its encoded form."""
    statement = entry.signed.statement
    return store.StoredEntry(
        entry.index,
        leaf.hex(),
        entry.signed.hash,
        statement.author,
        statement.id,
        statement.kind,
        statement.key,
        statement.key_seq,
        statement.about,
        entry.received_at,
        body,
    )
