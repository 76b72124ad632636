"""The player: sets the clock, signs for each key on the client's side, submits in batches, and checks every checkpoint that it is shown.

What a refused statement means here: the script is at fault. The play then stops and says what was refused and why.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from contracts.clock import FixedClock, format_instant
from contracts.errors import Invalid
from contracts.facts import type_of
from contracts.signing import NOTHING_SEEN, Author, sign_fact
from ledger.checkpoint import verify_checkpoint
from ledger.log import Log
from ledger.merkle import check_consistency
from ledger.outcome import Outcome, Receipt, Refused
from ledger.statement import Seen, Submission
from webui.demo.cast import Cast, Signer
from webui.demo.figures import Figures
from webui.runtime import Runtime


class Player:
    """One play in progress; everything that is said goes through it, in the order of its clock."""

    def __init__(self, runtime: Runtime, clock: FixedClock, figures: Figures, cast: Cast) -> None:
        self.runtime = runtime
        self.clock = clock
        self.figures = figures
        self.cast = cast
        self.counts: dict[str, int] = {}  #: entries by kind
        self.notes: dict[str, str] = {}  #: what is worth a look, by what it is: "disputed" and the delivery's id
        self._seen: Seen = NOTHING_SEEN
        self._waiting: list[tuple[str, Submission]] = []

    @property
    def network(self) -> str:
        """The network's short name."""
        return self.figures.network

    @property
    def log(self) -> Log:
        """The network's log."""
        return self.runtime.log(self.network)

    def move_to(self, instant: datetime) -> None:
        """Let time pass until an instant; what waits is submitted first, at its own time: one commit for all that happens at once."""
        if instant > self.clock.now():
            self.submit()
            self.clock.set_to(instant)

    def sign(self, fact: object, by: Signer, refs: Sequence[str] = ()) -> Submission:
        """Sign a fact with a key of the cast."""
        by.signed += 1
        author = Author(self.figures.log, by.organisation, by.key)
        return sign_fact(fact, author, key_seq=by.signed, now=self.clock.now(), seen=self._seen, refs=refs)

    def say(self, fact: object, by: Signer, refs: Sequence[str] = ()) -> str:
        """Sign a fact, to be submitted with what else is said at this time; gives its statement hash, for refs."""
        submission = self.sign(fact, by, refs)
        self._waiting.append((type_of(fact).kind, submission))
        return submission.signed.hash

    def submit(self) -> list[Receipt]:
        """Submit what waits, in order; raises Invalid if anything is refused."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return []
        return self._read_receipts([kind for kind, _ in waiting], self.log.submit_many([submission for _, submission in waiting]))

    def say_now(self, fact: object, by: Signer, refs: Sequence[str] = ()) -> Receipt:
        """Sign and submit a fact; gives its receipt."""
        self.say(fact, by, refs)
        return self.submit()[-1]

    def say_as_service(self, facts: Sequence[object], refs: Sequence[str] = ()) -> list[Receipt]:
        """Have the service sign and enter facts with its own key, as its jobs do."""
        self.submit()
        return self._read_receipts([type_of(fact).kind for fact in facts], self.runtime.say(self.network, facts, refs))

    def draft(self, make: Callable[..., Any], *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever a stage drafts
        """Let a stage's service draft a fact from the tables as they are; `make` gets a connection and the log's row first."""
        self.submit()
        with self.runtime.reading() as connection:
            return self.draft_on(connection, make, *arguments, **named)

    def draft_on(self, connection: Connection, make: Callable[..., Any], *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - as above
        """Draft on an open connection."""
        return make(connection, self.log.log_id, *arguments, **named)

    def see_checkpoint(self) -> None:
        """Have the service publish a checkpoint and check, as every client does, that it continues the one seen before."""
        self.submit()
        log, keys = self.log, self.runtime.service(self.network).keys
        note = log.publish_checkpoint(format_instant(self.clock.now()))
        if note is None:
            return
        checkpoint = verify_checkpoint(note, log.name, keys.log_verifier)
        if self._seen.size:
            proof = log.prove_consistency(self._seen.size, checkpoint.size)
            check_consistency(self._seen.size, bytes.fromhex(self._seen.root), checkpoint.size, checkpoint.root, proof)
        self._seen = Seen(checkpoint.size, checkpoint.root.hex())

    def _read_receipts(self, kinds: Sequence[str], outcomes: Sequence[Outcome]) -> list[Receipt]:
        receipts = []
        for kind, outcome in zip(kinds, outcomes, strict=True):
            if not isinstance(outcome, Receipt):
                findings = outcome.findings if isinstance(outcome, Refused) else ()
                raise Invalid(f"the play stopped on {self.clock.now():%Y-%m-%d}: {kind} was not entered", findings)
            self.counts[kind] = self.counts.get(kind, 0) + 1
            receipts.append(outcome)
        return receipts
