"""Entries: a statement with its signature, placed in the log by index, chained by the hash of the entry before."""

from dataclasses import dataclass

from ledger.canonical import decode_canonical
from ledger.errors import Malformed
from ledger.instant import parse_instant
from ledger.merkle import hash_leaf
from ledger.statement import HASH, Signed, read_signed

MAX_ENTRY_BYTES = 65_535  #: C2SP tlog-tiles: lengths are two bytes
FIRST_PREVIOUS = "0" * 64  #: what entry 0 names as the entry before it
_STATEMENT_MARK = b'"statement":'
_END_MARK = b',"v":1}'


@dataclass(frozen=True, slots=True)
class Entry:
    """One place in a log."""

    index: int
    previous: str  #: leaf hash of the entry before, 64 hex digits
    received_at: str  #: instant, the operator's word; never decreases
    signed: Signed


def encode_entry(entry: Entry) -> bytes:
    """Encode an entry: the canonical JSON object of index, previous, received_at, signature, statement and v.

    Raises Malformed beyond 65,535 bytes.
    """
    # The names in sorted order around header bytes that are canonical already: JCS without encoding the header a second time.
    data = (
        (
            f'{{"index":{entry.index},"previous":"{entry.previous}","received_at":"{entry.received_at}",'
            f'"signature":"{entry.signed.signature.hex()}","statement":'
        ).encode()
        + entry.signed.encoded
        + _END_MARK
    )
    if len(data) > MAX_ENTRY_BYTES:
        raise Malformed(f"an entry of {len(data)} bytes, at most {MAX_ENTRY_BYTES} are allowed")
    return data


def decode_entry(data: bytes) -> Entry:
    """Decode canonical entry bytes strictly; raises Malformed. The signature is not verified here."""
    value = decode_canonical(data, MAX_ENTRY_BYTES)
    if not isinstance(value, dict) or set(value) != {"v", "index", "previous", "received_at", "statement", "signature"}:
        raise Malformed("an entry holds v, index, previous, received_at, statement and signature")
    index, previous, received_at = value["index"], value["previous"], value["received_at"]
    if value["v"] != 1 or isinstance(value["v"], bool):
        raise Malformed("this is not version 1 of the format")
    if isinstance(index, bool) or not isinstance(index, int) or index < 0:
        raise Malformed("the index is not a whole number from 0")
    if not isinstance(previous, str) or not HASH.fullmatch(previous) or not isinstance(received_at, str):
        raise Malformed("previous has 64 hex digits, received_at is an instant")
    parse_instant(received_at)
    encoded = data[data.index(_STATEMENT_MARK) + len(_STATEMENT_MARK) : -len(_END_MARK)]
    return Entry(index, previous, received_at, read_signed(value["statement"], value["signature"], encoded))


def hash_entry(data: bytes) -> str:
    """Hash entry bytes to their leaf hash, 64 hex digits."""
    return hash_leaf(data).hex()
