"""One log as the doors see it: submitting, asking, reading, proving; whatever they need of the writer, the intake and the store."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from ledger import inbox, stamping, store
from ledger.authority import Authority
from ledger.canonical import JSON
from ledger.checkpoint_signing import cosign_tip, name_post_quantum_key, sign_tip
from ledger.cosigning import Cosigning
from ledger.desk import Desk
from ledger.entry import decode_entry
from ledger.errors import EvidenceError, Finding
from ledger.guard import GuardError
from ledger.inbox_watch import InboxWatch
from ledger.intake import Checked, Intake
from ledger.lease import make_lease
from ledger.merkle import Node, prove_consistency, prove_inclusion
from ledger.note import VerifierKey, read_verifier_key
from ledger.outcome import PUBLISHED, WITNESSED, LogUnavailable, Outcome, Pending, Receipt, Refused, read_refused
from ledger.recall import list_log_keys
from ledger.remains import Driven, drive_out_since
from ledger.scrub import Scrubbed, scrub_log
from ledger.soundness import Progress
from ledger.statement import Submission
from ledger.tile_rows import StoredTiles
from ledger.tip import Tip, read_tip
from ledger.verifying import Verifiers
from ledger.witness_client import Reply
from ledger.writer import FORKED, MAX_BATCH, Latch, LogService, Writer, make_receipt, read_published

HOT_NODES = 100_000  #: nodes kept in memory, those of level HOT_LEVEL and above: all of them for a log of 1.6 million entries
HOT_LEVEL = 5
_LOG_KEY = "statement.public.log_key"


class FoundingRefused(Exception):
    """The founding statement is not in order; `findings` say why."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(f"{finding.field}: {finding.message}" for finding in findings))
        self.findings = tuple(findings)


class Log:
    """One log of a deployment; thread-safe. Made by open_log and found_log."""

    def __init__(self, engine: store.Engine, log_id: int, service: LogService) -> None:
        self.log_id = log_id  #: row of the log in ledger_logs
        self.name = service.keys.name
        self._engine = engine
        self._reader = store.open_reader(engine)
        self._service = service
        self._writer = Writer(engine, log_id, service)
        self._intake = Intake(service.keys, service.clock)
        self._desk = Desk(engine, log_id, service, self._writer, make_lease(engine, log_id))
        self._verifiers = Verifiers()
        self._watch = InboxWatch(self.find_outcomes)
        self._cosigning = Cosigning(engine, log_id, service, self._writer)
        self._view = Tip()
        self._hot: dict[Node, bytes] = {}
        self._driven_out = -1  #: index of the newest erasure whose remains are gone; a new process begins anew

    # Submitting

    def submit_many(self, submissions: Sequence[Submission]) -> list[Outcome]:
        """Submit in the caller's thread, up to 1,000 in a commit, each answered by itself: Receipt or Refused.

        Raises LogLatched or LogUnavailable; whatever was entered before that gives its receipt when it is sent again.
        """
        answers: list[Outcome] = []
        parts = [submissions[begin : begin + MAX_BATCH] for begin in range(0, len(submissions), MAX_BATCH)]
        errands = (self._verifiers.begin([one.signed for one in part]) for part in parts)
        errand = next(errands, None)
        for part in parts:
            following = next(errands, None)  # while one part is written, the signatures of the next are verified
            answers += self._enter(self._intake.check_many(part, errand))
            errand = following
        return answers

    def _enter(self, checked: Sequence[Checked | Refused]) -> list[Outcome]:
        passed = [one for one in checked if isinstance(one, Checked)]
        entered = iter(self._raise_states(self._writer.enter(passed))) if passed else iter(())
        return [next(entered) if isinstance(one, Checked) else one for one in checked]

    def submit(self, submission: Submission, timeout: float = 10.0, shown_note: str | None = None) -> Outcome:
        """Submit one statement and wait up to `timeout` seconds for its answer; Pending, with a signed acknowledgement, after that.

        The statement goes to this process's own sequencer thread if that leads the log, to the inbox for another one otherwise.
        """
        checked = self._intake.check(submission, shown_note)
        return checked if isinstance(checked, Refused) else self.submit_checked(checked, timeout)

    def submit_checked(self, checked: Checked, timeout: float = 10.0) -> Outcome:
        """Submit what the intake has passed already."""
        deadline = time.monotonic() + timeout
        if self._desk.leads:
            ticket = self._desk.queue.put(checked)
            answer = ticket.wait(timeout)
            if answer is not None:
                return answer
        else:
            known = self._find_receipt(checked.signed.hash)
            if known is not None:
                return known
        try:
            with self._writer.latching(), inbox.queueing(self._engine) as connection:
                note = self._intake.store(connection, self.log_id, checked)
        except store.Outage as error:
            raise LogUnavailable(f"the database failed ({error}): send the same statement again") from error
        # A crash here: the statement waits in the inbox and will be judged; its author, who has no answer, sends it again and gets one.
        return self._await(checked.signed.hash, note, deadline)

    def _await(self, statement_hash: str, note: str, deadline: float) -> Outcome:
        """Wait for what becomes of a statement in the inbox."""
        return self._watch.wait(statement_hash, deadline) or Pending(statement_hash, note)

    def find_outcome(self, statement_hash: str) -> Outcome | None:
        """Say what became of a statement: its receipt, that it waits, its last refusal, or None if it never came."""
        return self.find_outcomes([statement_hash]).get(statement_hash)

    def find_outcomes(self, statement_hashes: Sequence[str]) -> dict[str, Outcome]:
        """Say the same of several statements, without those that never came."""
        with store.reading(self._reader) as connection:
            # The inbox first: what is no longer there was judged by a commit that every later query sees.
            notes = inbox.find_notes(connection, self.log_id, statement_hashes)
            entries = store.find_by_hashes(connection, self.log_id, statement_hashes)
            published = read_published(connection, self.log_id) if entries else 0
            unknown = [one for one in statement_hashes if one not in notes and one not in entries]
            refusals = inbox.find_refusals(connection, self.log_id, unknown) if unknown else {}
        receipts = self._raise_states([make_receipt(entry, published) for entry in entries.values()])
        return {
            **{one: Pending(one, note) for one, note in notes.items()},
            **{one: read_refused(one, note, self._service.keys.receipts_verifier) for one, note in refusals.items()},
            **dict(zip(entries, receipts, strict=True)),
        }

    def _find_receipt(self, statement_hash: str) -> Outcome | None:
        with store.reading(self._reader) as connection:
            known = store.find_by_hashes(connection, self.log_id, [statement_hash])
        return self.find_outcome(statement_hash) if known else None

    def _raise_states(self, outcomes: list[Outcome]) -> list[Outcome]:
        """Say of receipts that are under a witnessed checkpoint that they are."""
        if not any(isinstance(one, Receipt) and one.state == PUBLISHED for one in outcomes):
            return outcomes
        size = self.read_witnessed_size()
        return [replace(one, state=WITNESSED) if isinstance(one, Receipt) and one.index < size else one for one in outcomes]

    # Running

    def start(self) -> None:
        """Start the sequencer thread: it leads the log when no other process does; raises LogLatched if the database must not sign."""
        self._writer.begin()
        self._desk.start()

    def stop(self) -> None:
        """End the sequencer thread after what it holds was answered."""
        self._desk.stop()
        self._verifiers.close()

    def publish_checkpoint(self, now: str) -> str | None:
        """Sign a checkpoint if the tree grew and the last one is a second old; gives the note, None without need, raises LogLatched."""
        with store.reading(self._reader) as connection:
            newest = store.list_checkpoints(connection, self.log_id, newest_first=True, limit=1)
        if newest and now <= newest[0][1]:
            return None
        tip = self._writer.check_tip()
        if tip.size == (newest[0][0] if newest else 0):
            return None
        note = sign_tip(tip, self._service.keys, self._service.find_log_key) + cosign_tip(tip, self.name, self._service.post_quantum, now)
        with self._writer.latching(), store.writing(self._engine, self.log_id) as connection:
            if not store.list_checkpoints(connection, self.log_id, from_size=tip.size, limit=1):
                store.insert_checkpoint(connection, self.log_id, tip.size, now, note)
        # A crash before this commit: the note was signed and given to nobody. The next one, of this size or a larger one, agrees with it.
        return note

    def find_post_quantum_key(self) -> str | None:
        """Give the verifier key of the log's ML-DSA-44 lines; None where its checkpoints carry none."""
        return name_post_quantum_key(self.name, self._service.post_quantum)

    def list_rotations(self) -> list[str]:
        """List the notes by which the log's keys handed over, oldest first."""
        indexes = [index for index, _ in self.read_authority().log_keys[1:]]
        with store.reading(self._reader) as connection:
            found = store.read_entries_at(connection, self.log_id, indexes)
        return [str(decode_entry(found[index].body).signed.statement.public["note"]) for index in indexes]

    def read_latch(self) -> Latch | None:
        """Say why the log takes nothing: shut by this process, by whoever leads it, or by a fork that was proved; None if it is open."""
        if self._writer.latch is not None:
            return self._writer.latch
        with store.reading(self._reader) as connection:
            if inbox.is_latched(connection, self.log_id):
                return FORKED
            shut = inbox.read_shut(connection, self.log_id)
        return None if shut is None else Latch(shut.note, shut.detail)

    def scrub(self, on_progress: Progress | None = None, *, shut: bool = False) -> Scrubbed:
        """Compare everything stored with everything remembered; with `shut`, the writer is shut if the log must not sign."""
        found = scrub_log(self._engine, self.log_id, self._service, on_progress)
        if shut and found.reason and self._writer.latch is None:
            self._writer.shut(Latch(found.reason, found.words))
        return found

    def find_unstamped(self, kind: str) -> tuple[int, str] | None:
        """Find the newest checkpoint if no timestamp covers the last entry of a kind yet: its size, and its text."""
        with store.reading(self._reader) as connection:
            return stamping.find_unstamped(connection, self.log_id, kind)

    def keep_timestamp(self, size: int, time: str, response: bytes) -> None:
        """Keep a checked timestamp over the checkpoint of a size."""
        with store.writing(self._engine, self.log_id) as connection:
            stamping.insert_timestamp(connection, self.log_id, size, time, response)

    def drive_out_remains(self) -> Driven | None:
        """Drive what was erased out of the database's files, if anything was since this process last did; None if there was no need."""
        driven = drive_out_since(self._engine, self.log_id, self._driven_out)
        if driven is not None and driven.done:
            self._driven_out = driven.newest
        return driven

    # Reading

    def read_head(self) -> store.Head | None:
        """Read size and root as committed."""
        with store.reading(self._reader) as connection:
            return store.read_head(connection, self.log_id)

    def read_authority(self) -> Authority:
        """Read which key may sign what, as of the newest entry; not to be changed."""
        with store.reading(self._reader) as connection:
            self._view = read_tip(connection, self.log_id, self._view)
            return self._view.authority

    def read_entries(self, begin: int, end: int) -> list[store.StoredEntry]:
        """Read the entries [begin, end) in order."""
        with store.reading(self._reader) as connection:
            return store.read_entries(connection, self.log_id, begin, end)

    def find_entry(self, statement_hash: str) -> store.StoredEntry | None:
        """Find an entry by its statement hash."""
        with store.reading(self._reader) as connection:
            return store.find_by_hashes(connection, self.log_id, [statement_hash]).get(statement_hash)

    def find_entry_by_id(self, author: str, statement_id: str) -> store.StoredEntry | None:
        """Find an entry by its author and id."""
        with store.reading(self._reader) as connection:
            return store.find_by_ids(connection, self.log_id, [(author, statement_id)]).get((author, statement_id))

    def read_last_seq(self, key: str) -> int:
        """Read the highest key_seq that a key has on the log, 0 if it signed nothing yet; its next statement takes the number after."""
        with store.reading(self._reader) as connection:
            return store.read_last_seq(connection, self.log_id, key)

    def list_entries(
        self,
        *,
        kinds: Sequence[str] | None = None,
        about: str | None = None,
        author: str | None = None,
        after: int = -1,
        limit: int = 100,
    ) -> list[store.StoredEntry]:
        """List entries in order; the index of the last one is the cursor, `after`, of the next page."""
        with store.reading(self._reader) as connection:
            return store.list_entries(connection, self.log_id, kinds=kinds, about=about, author=author, after=after, limit=limit)

    def read_contents(self, index: int) -> dict[str, JSON] | None:
        """Read the contents of an entry in their travelling form; None if there is no such entry."""
        return self.read_contents_range(index, index + 1).get(index)

    def read_contents_range(self, begin: int, end: int) -> dict[int, dict[str, JSON]]:
        """Read the contents of the entries [begin, end) in their travelling form, by index."""
        with store.reading(self._reader) as connection:
            return store.read_contents(connection, self.log_id, begin, end)

    def list_checkpoints(self, from_size: int = 0, limit: int | None = None) -> list[tuple[int, str, str]]:
        """List checkpoints from a size on: size, instant, note."""
        with store.reading(self._reader) as connection:
            return store.list_checkpoints(connection, self.log_id, from_size=from_size, limit=limit)

    def latest_checkpoint(self) -> tuple[int, str, str] | None:
        """Read the newest checkpoint: size, instant, note."""
        with store.reading(self._reader) as connection:
            newest = store.list_checkpoints(connection, self.log_id, newest_first=True, limit=1)
        return newest[0] if newest else None

    def list_timestamps(self, size: int) -> list[tuple[int, str, bytes]]:
        """List the timestamps over checkpoints up to a size: size, instant, response in DER."""
        with store.reading(self._reader) as connection:
            return list(stamping.list_timestamps(connection, self.log_id, size))

    # Witnesses

    def ask_witnesses(self) -> list[Reply]:
        """Ask the policy's witnesses to cosign the newest checkpoint; returns within seconds. Raises LogLatched: see Cosigning."""
        keys = list_log_keys(self.read_authority(), self._service.keys.log_verifier)
        return self._cosigning.ask_witnesses(keys, self.prove_consistency)

    def read_cosigned(self, size: int | None = None) -> tuple[int, str, str] | None:
        """Read the checkpoint of a size, the newest if None, with its witnesses' lines: size, instant, note."""
        return self._cosigning.read_cosigned(size)

    def list_cosigned(self, size: int) -> Iterator[str]:
        """List the notes of the checkpoints up to a size, with their witnesses' lines."""
        return self._cosigning.list_cosigned(size)

    def read_published_checkpoint(self) -> tuple[int, str, str] | None:
        """Read the checkpoint that is shown to the outside, the newest that the policy's quorum has cosigned: size, instant, note."""
        return self._cosigning.read_publication(self._find_key)

    def read_publication(self) -> str | None:
        """Read the checkpoint that tiles and visitors are shown, a note; None before the first one."""
        published = self.read_published_checkpoint()
        return published[2] if published else None

    def read_witnessed_size(self) -> int:
        """Read how many entries are under a checkpoint that the policy's quorum has cosigned."""
        return self._cosigning.read_witnessed_size(self._find_key)

    @property
    def tiles(self) -> StoredTiles:
        """The log as the source of its tiles."""
        return StoredTiles(self._engine, self.log_id, self.name, self.read_publication, self._find_key)

    def _find_key(self, size: int) -> VerifierKey:
        return read_verifier_key(self.read_authority().log_key_at(size))

    # Proving

    def prove_inclusion(self, index: int, size: int) -> list[bytes]:
        """Prove that entry `index` is in the tree of `size`; raises ValueError for places that do not exist."""
        with store.reading(self._reader) as connection:
            return prove_inclusion(lambda wanted: self._read_nodes(connection, wanted), index, size)

    def prove_consistency(self, old: int, size: int) -> list[bytes]:
        """Prove that the tree of `old` is a prefix of the tree of `size`; raises ValueError for sizes that do not exist."""
        with store.reading(self._reader) as connection:
            return prove_consistency(lambda wanted: self._read_nodes(connection, wanted), old, size)

    def _read_nodes(self, connection: store.Connection, wanted: Sequence[Node]) -> Mapping[Node, bytes]:
        """Read nodes, those high in the tree from memory: a complete node never changes."""
        cold = [node for node in wanted if node not in self._hot]
        found = store.read_nodes(connection, self.log_id, cold) if cold else {}
        if len(found) != len(set(cold)):
            raise ValueError(f"the log has not grown to that size, or misses a node: {min(set(cold) - set(found))}")
        if len(self._hot) > HOT_NODES:
            self._hot = {}
        self._hot.update({node: one for node, one in found.items() if node[0] >= HOT_LEVEL})
        return {node: found[node] if node in found else self._hot[node] for node in wanted}


def open_log(engine: store.Engine, service: LogService) -> Log:
    """Open a log by the name that its keys carry; raises KeyError if there is none, GuardError if the keys are others."""
    with store.reading(engine) as connection:
        log_id = store.find_log(connection, service.keys.name)
        if log_id is None:
            raise KeyError(service.keys.name)
        first = store.read_entries(connection, log_id, 0, 1)
    log = Log(engine, log_id, service)
    with suppress(EvidenceError):  # an entry that is damaged shuts the writer, not the log: what else there is may be read
        strange = _find_strange_keys(service, decode_entry(first[0].body).signed.statement.public) if first else ()
        later = [text for _, text in log.read_authority().log_keys] if strange else []  # the founding key may have been retired
        if strange and ([one.field for one in strange] != [_LOG_KEY] or service.keys.log_verifier.to_text() not in later):
            raise GuardError(f"the keys at hand are not those with which {service.keys.name} was founded: find the right key files")
    return log


def found_log(engine: store.Engine, submission: Submission, service: LogService) -> Log:
    """Found a log by its first statement; the same statement again opens it. Raises FoundingRefused."""
    findings = _find_strange_keys(service, submission.signed.statement.public)
    if submission.signed.statement.log != service.keys.name:
        findings.append(Finding("statement.log", "other-log", f"the service's keys are those of {service.keys.name}"))
    if findings:
        raise FoundingRefused(findings)
    with store.writing(engine, 0) as connection:
        log_id = store.find_log(connection, service.keys.name)
        if log_id is None:
            log_id = store.insert_log(connection, service.keys.name, service.clock())
    # A crash here, or a refusal, leaves a name without entries: founding it again goes on from there.
    log = Log(engine, log_id, service)
    outcome = log.submit_many([submission])[0]
    if isinstance(outcome, Refused):
        raise FoundingRefused(outcome.findings)
    return log


def _find_strange_keys(service: LogService, public: Mapping[str, JSON]) -> list[Finding]:
    own = {"log_key": service.keys.log_verifier.to_text(), "receipt_key": service.keys.receipts_verifier.to_text()}
    return [
        Finding(f"statement.public.{name}", "other-key", f"the service's own is {text}")
        for name, text in own.items()
        if public.get(name) != text
    ]
