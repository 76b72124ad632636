"""Networks, entries and proofs in answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.parties.rules import Network
from webui.schemas.deriving import make_schema


@dataclass(frozen=True, slots=True)
class NetworkWithKeys:
    """A network, and what one brings to verify its log."""

    name: str  #: as addresses have it
    settings: Network
    log_key: str  #: verifier key of checkpoints, C2SP form; compare it with what the operator published elsewhere
    receipt_key: str  #: verifier key of acknowledgements and refusals
    founding: str  #: leaf hash of entry 0
    size: int  #: entries
    root: str
    post_quantum_key: str | None  #: verifier key of the log's ML-DSA-44 lines (type 0x06), where its checkpoints carry them
    rotations: tuple[str, ...]  #: notes by which the log's keys handed over, oldest first: from any of them to the one in force


@dataclass(frozen=True, slots=True)
class NetworkName:
    """A network that the caller belongs to."""

    name: str
    log: str


@dataclass(frozen=True, slots=True)
class SeenEntry:
    """An entry; its contents where the reader may see them."""

    index: int
    leaf_hash: str
    statement_hash: str
    kind: str
    about: str
    author: str
    received_at: str
    entry: Mapping[str, Any]  #: the canonical entry: previous, statement, signature
    readable: bool
    contents: Mapping[str, Any] | None  #: in travelling form, with salts; null where there are none or they are not for the reader
    path: tuple[str, ...] | None = (
        None  #: inclusion proof under the page's checkpoint; null where none was asked for, or none is signed yet
    )


@dataclass(frozen=True, slots=True)
class EntryPage:
    """A page of entries."""

    items: tuple[SeenEntry, ...]
    next: str | None  #: cursor for `after`; null on the last page
    checkpoint: str | None  #: the signed note that the proofs lead to; null where none were asked for


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof of RFC 6962: hashes from the leaves up."""

    path: tuple[str, ...]
    root: str | None  #: of the larger tree, where it is a head's or a checkpoint's


@dataclass(frozen=True, slots=True)
class NextSteps:
    """What the next statement of a key needs."""

    key_seq: int
    seen_size: int
    seen_root: str
    now: str  #: the service's time: who signs with a clock that is wrong would be refused
    checkpoint: str | None  #: its signed note; verify it before signing that it was seen


@dataclass(frozen=True, slots=True)
class NetworkList:
    """The networks that the caller belongs to."""

    items: tuple[NetworkName, ...]


NetworkSchema = make_schema(NetworkWithKeys, hide=("log_id",))
NetworkListSchema = make_schema(NetworkList)
EntrySchema = make_schema(SeenEntry)
EntryPageSchema = make_schema(EntryPage)
ProofSchema = make_schema(Proof)
NextSchema = make_schema(NextSteps)
