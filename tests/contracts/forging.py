"""Forged logs: what an operator who holds the keys of log and service, or a firm that colludes, could write into an audit file.

The forged statement carries the signature of its own key, the chain is made to fit again and the log's key signs the new root: nothing but
the figures is wrong.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from contracts.audit_file import describe_facts
from contracts.clock import parse_instant
from contracts.facts import find_fact_type, put_together
from contracts.signing import Author, sign_fact
from ledger.canonical import JSON
from ledger.checkpoint import sign_checkpoint
from ledger.contents import Opened, open_contents
from ledger.entry import FIRST_PREVIOUS, Entry, decode_entry, encode_entry, hash_entry
from ledger.evidence import LogClaims, write_audit_file
from ledger.keys import SigningKey
from ledger.merkle import compute_root, hash_leaf
from ledger.statement import Signed, Statement, sign_statement
from tests.ledger.small_log import make_verifier_key
from tests.network import LOG, TestNetwork

Contents = Mapping[str, JSON] | None


@dataclass(frozen=True, slots=True)
class Copied:
    """A log as copied out of a network, with every key that was ever used there."""

    entries: tuple[Entry, ...]
    contents: tuple[Contents, ...]
    keys: Mapping[str, SigningKey]  #: by Multikey text
    claims: LogClaims
    log_key: SigningKey

    def find(self, kind: str, number: int = 0) -> int:
        """Find the index of an entry of a kind, counted from 0."""
        return [entry.index for entry in self.entries if entry.signed.statement.kind == kind][number]

    def read_fact(self, index: int) -> Any:
        """Read the fact of an entry."""
        statement, shown = self.entries[index].signed.statement, self.contents[index]
        opened = Opened({}, ()) if shown is None else open_contents(statement, shown)
        return put_together(find_fact_type(statement.kind, statement.kind_version), statement.about, statement.public, opened)

    def forge(self, index: int, change: Callable[[Any], Any]) -> "Copied":
        """Change the fact of one entry and sign it anew with the key that signed it, and so the statements that refer to it."""
        entries, contents = list(self.entries), list(self.contents)
        old = entries[index].signed
        statement = old.statement
        forged = sign_fact(
            change(self.read_fact(index)),
            Author(statement.log, statement.author, self.keys[statement.key]),
            key_seq=statement.key_seq,
            now=parse_instant(statement.issued_at),
            seen=statement.seen,
            refs=statement.refs,
            statement_id=statement.id,
        )
        entries[index] = replace(entries[index], signed=forged.signed)
        contents[index] = forged.contents if statement.fields else None
        renamed = {old.hash: forged.signed.hash}
        for later in entries[index + 1 :]:
            if any(ref in renamed for ref in later.signed.statement.refs):
                signed = self._rename(later.signed.statement, renamed)
                renamed[later.signed.hash] = signed.hash
                entries[later.index] = replace(later, signed=signed)
        return replace(self, entries=tuple(entries), contents=tuple(contents))

    def withhold(self, *indexes: int) -> "Copied":
        """Leave the contents of entries out."""
        return replace(self, contents=tuple(None if index in indexes else shown for index, shown in enumerate(self.contents)))

    def write(self, path: Path) -> Path:
        """Write the audit file, chain and newest checkpoint made to fit."""
        previous, encoded = FIRST_PREVIOUS, []
        for entry in self.entries:
            encoded.append(encode_entry(replace(entry, previous=previous)))
            previous = hash_entry(encoded[-1])
        note = self._sign_root(encoded)
        file = io.BytesIO()
        write_audit_file(
            file, log=self.claims, entries=encoded, contents=self.contents, checkpoints=[note], checkpoint=note, extras=describe_facts()
        )
        path.write_bytes(file.getvalue())
        return path

    def _rename(self, statement: Statement, renamed: Mapping[str, str]) -> Signed:
        refs = tuple(renamed.get(ref, ref) for ref in statement.refs)
        return sign_statement(replace(statement, refs=refs), self.keys[statement.key].sign)

    def _sign_root(self, encoded: Sequence[bytes]) -> str:
        root = compute_root(hash_leaf(data) for data in encoded)
        return sign_checkpoint(LOG, len(encoded), root, make_verifier_key(LOG, self.log_key), self.log_key.sign)


def copy_log(network: TestNetwork) -> Copied:
    """Copy a network's log with the keys of everybody in it."""
    head = network.log.read_head()
    assert head is not None
    entries = tuple(decode_entry(stored.body) for stored in network.log.read_entries(0, head.size))
    shown = network.log.read_contents_range(0, head.size)
    keys = {person.key.multikey: person.key for member in network.members.values() for person in member.people.values()}
    claims = LogClaims(LOG, network.keys.log_verifier.to_text(), network.keys.receipts_verifier.to_text())
    return Copied(entries, tuple(shown.get(index) for index in range(head.size)), keys, claims, network.keys.log_key)
