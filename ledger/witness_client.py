"""Asking a witness over HTTP (C2SP tlog-witness) for its cosignature; whatever it answers, the wait and the bytes read are bounded.

A witness is a stranger: each answer is verified before it is kept, no redirection is followed, and what is not in order is a reason in
words. Its claim to have seen more than we have is checked by the checkpoint that it shows: only one signed by our own key proves it.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from concurrent.futures import TimeoutError as NoneLeft
from dataclasses import dataclass, replace
from typing import ClassVar

from ledger.checkpoint import Checkpoint, hash_origin, parse_checkpoint
from ledger.cosignature import find_cosignatures
from ledger.errors import EvidenceError, Malformed
from ledger.exchange import CONNECT, Answer, ExchangeFailed, exchange_bytes
from ledger.note import MAX_SIGNATURES, VerifierKey, parse_note, parse_signature_line, verify_note
from ledger.policy import PolicyWitness
from ledger.recall import MemoryFault
from ledger.witness import CONFLICT, NOT_FOUND, OK, SIZE, UNPROVED, write_request

PATIENCE = 8.0  #: seconds for all that one witness is asked in one round
MAX_ANSWER = 131_072  #: bytes; as many as a witness of ours takes
MAX_REASON = 400  #: characters
TRIES = 3  #: requests in one round; each but the first after a witness named another size
CLOCK_TOLERANCE = 300  #: seconds that a witness's clock may be apart from ours
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")
_HEADERS = {"Content-Type": "text/plain; charset=utf-8"}

Prove = Callable[[int, int], Sequence[bytes]]  #: old and new size → consistency proof


class WitnessFault(Exception):
    """A witness did not answer, or not in order; the message says what."""

    code: ClassVar[str] = "witness"


@dataclass(frozen=True, slots=True)
class Ask:
    """What is to be cosigned."""

    checkpoint: Checkpoint
    note: str  #: signed by the log
    log_keys: tuple[VerifierKey, ...]
    prove: Prove
    now: int  #: seconds since 1970


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of asking one witness."""

    witness: PolicyWitness
    time: int = 0  #: of the cosignature, seconds since 1970
    line: str = ""  #: the cosignature, verified; empty if there is none
    reason: str = ""  #: why there is none
    shown: str = ""  #: a note signed by the log's own key that the witness shows instead


def ask_all(witnesses: Sequence[PolicyWitness], ask: Ask, old_sizes: dict[str, int], patience: float = PATIENCE) -> Iterator[Reply]:
    """Ask witnesses at once; gives each reply as it comes, and for those that are silent a reason when patience ends.

    old_sizes: by the name of a witness's key, the size that it is believed to have cosigned last; 0 where nothing is known.
    """
    if not witnesses:
        return
    pool = ThreadPoolExecutor(len(witnesses), thread_name_prefix="witnesses")
    waiting = {pool.submit(ask_witness, one, ask, old_sizes.get(one.key.name, 0), patience): one for one in witnesses}
    try:
        for done in as_completed(list(waiting), patience + 1):
            waiting.pop(done)
            yield done.result()
    except NoneLeft:
        yield from (Reply(one, reason="it did not answer in time") for one in waiting.values())
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def ask_witness(witness: PolicyWitness, ask: Ask, old: int, patience: float = PATIENCE) -> Reply:
    """Ask one witness, and again from the size that it names; returns within about `patience` seconds, never raises for its answers."""
    reply = _ask_until(witness, ask, old, time.monotonic() + patience)
    words = "".join(one if one.isprintable() else " " for one in reply.reason[:MAX_REASON])  # a stranger's words come in it
    return replace(reply, reason=words)


def _ask_until(witness: PolicyWitness, ask: Ask, old: int, deadline: float) -> Reply:
    try:
        for _ in range(TRIES):
            size = ask.checkpoint.size
            proof = ask.prove(old, size) if 0 < old < size else ()
            answer = _exchange(witness.url, "add-checkpoint", write_request(old, proof, ask.note), deadline)
            if answer.status == OK:
                moment, line = _read_cosignature(answer.body, witness.key, ask)
                return Reply(witness, moment, line)
            named = _read_size(answer) if answer.status == CONFLICT else None
            if answer.status == UNPROVED or (named is not None and named > size):
                return _look_closer(witness, ask, deadline, f"it has cosigned {named}" if named else _describe(answer))
            if named is None or named == old:
                return Reply(witness, reason=_describe(answer))
            old = named
        return Reply(witness, reason=f"it named another size {TRIES} times")
    except (WitnessFault, EvidenceError) as error:
        return Reply(witness, reason=str(error))


def fetch_checkpoint(witness: PolicyWitness, origin: str, patience: float = PATIENCE) -> str | None:
    """Fetch the note that a witness shows for a log, not verified yet; None if it has none. Raises WitnessFault."""
    answer = _exchange(witness.url, f"{hash_origin(origin)}/checkpoint", None, time.monotonic() + patience)
    if answer.status == NOT_FOUND:
        return None
    if answer.status != OK:
        raise WitnessFault(_describe(answer))
    return answer.body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class WitnessMemory:
    """What a witness remembers of a log, for ledger/recall.py."""

    witness: PolicyWitness
    origin: str
    patience: float = CONNECT  #: seconds; a start waits no longer for a witness that is down

    @property
    def name(self) -> str:
        """The witness."""
        return f"the witness {self.witness.name} at {self.witness.url}"

    def read(self) -> Sequence[str]:
        """Fetch the checkpoint; raises MemoryFault."""
        try:
            shown = fetch_checkpoint(self.witness, self.origin, self.patience)
        except WitnessFault as fault:
            raise MemoryFault(f"{self.name}: {fault}") from None
        return [] if shown is None else [shown]


def _look_closer(witness: PolicyWitness, ask: Ask, deadline: float, claim: str) -> Reply:
    """Fetch what a witness holds that refuses to go on from our tree."""
    origin = ask.checkpoint.origin
    try:
        shown = fetch_checkpoint(witness, origin, max(0.0, deadline - time.monotonic()))
        if shown is None:
            return Reply(witness, reason=f"{claim}, and shows no checkpoint: a claim, and no proof")
        note, signed = verify_note(shown, ask.log_keys)
        if parse_checkpoint(note.text).origin != origin:
            raise Malformed("it is of another log")
    except (WitnessFault, EvidenceError) as error:
        return Reply(witness, reason=f"{claim}, and the checkpoint that it shows does not hold: {error}")
    held = {(key.name, key.id) for key in signed}
    # Of its lines the log's alone are kept: what a stranger adds beside them proves nothing and has no place in our tables.
    lines = "".join(line.to_text() for line in note.signatures if (line.name, line.id) in held)
    return Reply(witness, reason=claim, shown=f"{note.text}\n{lines}")


def _read_cosignature(body: bytes, key: VerifierKey, ask: Ask) -> tuple[int, str]:
    """Find the witness's own line in an answer and verify it; gives its time and the line."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise WitnessFault("its answer is not UTF-8") from None
    lines = text[:-1].split("\n")
    if not text.endswith("\n") or len(lines) > MAX_SIGNATURES:
        raise WitnessFault("its answer is not a list of signature lines")
    own = [line for line in map(parse_signature_line, lines) if (line.name, line.id) == (key.name, key.id)]
    if not own:
        raise WitnessFault(f"its answer has no line by {key.name}: its key is another than the one that we know")
    line = own[0].to_text()
    cosigned = find_cosignatures(parse_note(ask.note + line), [key])[-1]
    if abs(cosigned.time - ask.now) > CLOCK_TOLERANCE:
        raise WitnessFault(f"its clock and ours are {abs(cosigned.time - ask.now)} seconds apart: its cosignature is not kept")
    return cosigned.time, line


def _read_size(answer: Answer) -> int | None:
    found = _SIZE.fullmatch(answer.body) if answer.kind == SIZE else None
    return int(found[1]) if found and int(found[1]) < 1 << 63 else None


def _describe(answer: Answer) -> str:
    return f"it answered {answer.status}: {answer.body[:200].decode('utf-8', 'replace').strip()}"


def _exchange(url: str, path: str, body: bytes | None, deadline: float) -> Answer:
    """Send one request and read the answer, by a deadline of the monotonic clock; raises WitnessFault."""
    if "?" in url:
        raise WitnessFault("its address is not of the form https://host/path")
    try:
        return exchange_bytes(
            f"{url.rstrip('/')}/{path}", body=body, headers=_HEADERS, limit=MAX_ANSWER, seconds=deadline - time.monotonic()
        )
    except ExchangeFailed as error:
        raise WitnessFault(str(error)) from None
