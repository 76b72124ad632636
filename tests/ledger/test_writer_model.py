"""The writer against a model: whatever is sent, sent again, contradicted, revoked, rotated or restarted, the answers are the model's.

Two views of one log take turns, as two processes would. After each run the log is verified, and authority folded anew from its entries.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from ledger.authority import Authority, prove_possession
from ledger.entry import decode_entry
from ledger.outcome import Outcome, Receipt, Refused
from ledger.own_kinds import apply_statement
from ledger.statement import Submission
from tests.databases import Databases
from tests.ledger.live_log import FIRM, LOG, Author, LiveLog, make_firm, make_key, say_enrolment, say_revocation

PICK = st.integers(0, 10**6)


@dataclass(slots=True)
class Sent:
    """Something that was sent, and what it does to the model when it is entered."""

    submission: Submission
    refs: tuple[str, ...] = ()
    effect: Callable[[], None] = lambda: None
    rule: Callable[[], bool] = lambda: True  #: what must hold besides the writer's own rules


@dataclass(slots=True)
class Model:
    """What the log must be."""

    entered: list[str] = field(default_factory=list)  #: statement hashes in order
    receipts: dict[str, Receipt] = field(default_factory=dict)
    ids: dict[tuple[str, str], str] = field(default_factory=dict)
    seqs: set[tuple[str, int]] = field(default_factory=set)
    valid: set[str] = field(default_factory=set)  #: keys that may sign
    known: set[str] = field(default_factory=set)  #: keys that were ever enrolled

    def judge(self, sent: Sent) -> set[str]:
        """Give the codes that must be among the findings; empty if it must be entered."""
        statement = sent.submission.signed.statement
        codes = set()
        if statement.key not in self.valid:
            codes.add("revoked-key" if statement.key in self.known else "unknown-key")
        elif not sent.rule():
            codes.add("ledger-rule")
        if (statement.author, statement.id) in self.ids:
            codes.add("replayed-id")
        if (statement.key, statement.key_seq) in self.seqs:
            codes.add("used-key-seq")
        if any(ref not in self.receipts for ref in sent.refs):
            codes.add("unknown-ref")
        return codes

    def enter(self, sent: Sent, receipt: Receipt) -> None:
        """Take over what was entered."""
        statement, found = sent.submission.signed.statement, sent.submission.signed.hash
        self.entered.append(found)
        self.receipts[found] = receipt
        self.ids[statement.author, statement.id] = found
        self.seqs.add((statement.key, statement.key_seq))
        sent.effect()


class WriterMachine(RuleBasedStateMachine):
    """Sends, and compares each answer with the model's."""

    make_live: Callable[[], LiveLog]  #: set by the test
    drop_live: Callable[[LiveLog], None]

    def __init__(self) -> None:
        super().__init__()
        self.live = type(self).make_live()
        self.views = [self.live.log, self.live.open_second()]
        self.model = Model()
        self.authors = [self.live.firm]
        self.sent: list[Sent] = []
        for entry in self.live.log.read_entries(0, 2):
            receipt = self.live.log.find_outcome(entry.statement_hash)
            assert isinstance(receipt, Receipt)
            self.model.receipts[entry.statement_hash] = receipt
            self.model.entered.append(entry.statement_hash)
            self.model.ids[entry.author, entry.statement_id] = entry.statement_hash
            self.model.seqs.add((entry.key, entry.key_seq))
        self.model.valid = {self.live.operator.key.multikey, self.live.firm.key.multikey}
        self.model.known = set(self.model.valid)

    def choose(self, pick: int) -> Author:
        """Choose a key of the firm, valid or not."""
        return self.authors[pick % len(self.authors)]

    def compare(self, sent: Sent, outcome: Outcome) -> None:
        """Compare an answer with the model's."""
        known = self.model.receipts.get(sent.submission.signed.hash)
        if known is not None:
            assert outcome == known
            return
        codes = self.model.judge(sent)
        if codes:
            assert isinstance(outcome, Refused), (codes, outcome)
            assert codes <= {finding.code for finding in outcome.findings}
        else:
            assert isinstance(outcome, Receipt), outcome
            assert outcome.index == len(self.model.entered)
            self.model.enter(sent, outcome)

    def send(self, view: int, *batch: Sent) -> None:
        """Send a batch over one of the two views."""
        self.sent += batch
        outcomes = self.views[view % 2].submit_many([sent.submission for sent in batch])
        for sent, outcome in zip(batch, outcomes, strict=True):
            self.compare(sent, outcome)

    @rule(view=PICK, picks=st.lists(PICK, min_size=1, max_size=5))
    def submit(self, view: int, picks: list[int]) -> None:
        """Send new deliveries by any keys, each naming what the one before it said."""
        batch: list[Sent] = []
        for pick in picks:
            refs = (batch[-1].submission.signed.hash,) if batch else ()
            batch.append(Sent(self.choose(pick).deliver(refs=refs), refs))
        self.send(view, *batch)

    @precondition(lambda self: self.sent)
    @rule(view=PICK, pick=PICK)
    def send_again(self, view: int, pick: int) -> None:
        """Send the same bytes again, twice in one batch: what was entered keeps its receipt, the rest is judged anew."""
        sent = self.sent[pick % len(self.sent)]
        first, second = self.views[view % 2].submit_many([sent.submission] * 2)
        self.compare(sent, first)
        self.compare(sent, second)

    @precondition(lambda self: self.sent)
    @rule(view=PICK, pick=PICK)
    def contradict(self, view: int, pick: int) -> None:
        """Send other bytes under an id that was used before."""
        statement = self.sent[pick % len(self.sent)].submission.signed.statement
        author = next((one for one in self.authors if one.key.multikey == statement.key), self.live.firm)
        if author.organisation == statement.author:
            self.send(view, Sent(author.deliver(id=statement.id)))

    @precondition(lambda self: self.sent)
    @rule(view=PICK, pick=PICK)
    def repeat_number(self, view: int, pick: int) -> None:
        """Send another statement under a number that its key has signed before."""
        author = self.choose(pick)
        if author.signed:
            self.send(view, Sent(author.deliver(key_seq=pick % author.signed + 1)))

    @rule(view=PICK, pick=PICK)
    def refer_to_nothing(self, view: int, pick: int) -> None:
        """Refer to a statement that nobody sent."""
        refs = (f"{pick:064x}",)
        self.send(view, Sent(self.choose(pick).deliver(refs=refs), refs))

    @rule(view=PICK, pick=PICK)
    def enrol(self, view: int, pick: int) -> None:
        """Have a key of the firm enrol a new one, which signs in the same batch."""
        signer, new = self.choose(pick), make_firm(f"k{uuid.uuid4().hex[:12]}")
        self.authors.append(new)
        enrolment = say_enrolment(signer, new)
        self.send(view, Sent(enrolment, effect=lambda: self.admit(new)), Sent(new.deliver()))

    def admit(self, new: Author, old: Author | None = None) -> None:
        """Take over a new key, in place of an old one or beside the others."""
        self.model.valid.add(new.key.multikey)
        self.model.known.add(new.key.multikey)
        if old is not None:
            self.model.valid.discard(old.key.multikey)

    @rule(view=PICK, pick=PICK)
    def revoke(self, view: int, pick: int) -> None:
        """Have the operator revoke a key."""
        target = self.choose(pick)
        key = target.key.multikey
        sent = Sent(
            say_revocation(self.live.operator, target),
            effect=lambda: self.model.valid.discard(key),
            rule=lambda: key in self.model.valid,
        )
        self.send(view, sent, Sent(target.deliver()))

    @rule(view=PICK, pick=PICK)
    def rotate(self, view: int, pick: int) -> None:
        """Have a key put another in its place."""
        old, new = self.choose(pick), make_firm(f"r{uuid.uuid4().hex[:12]}")
        holder = self.holder_of(old)
        new.key = make_key(new.name)
        self.authors.append(new)
        proof = prove_possession(LOG, FIRM, new.key.multikey, holder, ["operator", "signatory"], new.key.sign)
        public: Any = {"old": old.key.multikey, "new": new.key.multikey, "possession": proof}
        submission = old.say("key.rotated", public, about=f"key:{old.key.multikey}")
        self.send(view, Sent(submission, effect=lambda: self.admit(new, old)), Sent(old.deliver()), Sent(new.deliver()))

    def holder_of(self, author: Author) -> str:
        """Read the holder of a key from the log; anybody for a key that is not there."""
        record = self.views[0].read_authority().keys.get(author.key.multikey)
        return "h-nobody00" if record is None else record.holder

    @rule(view=PICK)
    def start_again(self, view: int) -> None:
        """Restart one of the two processes."""
        if view % 2:
            self.views[1]._engine.dispose()
            self.views[1] = self.live.open_second()
        else:
            self.live.start_again()
            self.views[0] = self.live.log

    @rule()
    def publish(self) -> None:
        """Let a second pass and publish."""
        self.live.clock.advance(1)
        self.views[0].publish_checkpoint(self.live.clock.now)
        for found in self.model.entered:
            receipt = self.views[1].find_outcome(found)
            assert isinstance(receipt, Receipt)
            self.model.receipts[found] = receipt

    @invariant()
    def the_log_is_as_long_as_the_model(self) -> None:
        """Compare the size after each step."""
        head = self.views[0].read_head()
        assert head is not None
        assert head.size == len(self.model.entered)

    def teardown(self) -> None:
        """Verify the whole log, and compare both views' authority with one that is folded anew from the entries."""
        size = len(self.model.entered)
        entries = self.live.log.read_entries(0, size)
        assert [entry.statement_hash for entry in entries] == self.model.entered
        authority = Authority()
        for entry in map(lambda stored: decode_entry(stored.body), entries):  # noqa: C417 - one line each
            apply_statement(authority, entry.signed, entry.index, entry.received_at)
        for view in self.views:
            assert view.read_authority() == authority
            assert view._writer._tip.authority.keys.keys() <= authority.keys.keys()
        self.live.verify()
        self.views[1]._engine.dispose()
        type(self).drop_live(self.live)


@pytest.mark.slow
def test_the_writer_answers_as_the_model_does(databases: Databases, database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folders = []

    def make_live() -> LiveLog:
        folders.append(tmp_path_factory.mktemp("guard"))
        return LiveLog(databases.create(database_kind), folders[-1])

    def drop_live(live: LiveLog) -> None:
        live.close()
        databases.drop(live.url)

    machine = type("Machine", (WriterMachine,), {"make_live": staticmethod(make_live), "drop_live": staticmethod(drop_live)})
    given = cast("Any", settings())
    # A database of PostgreSQL costs as much as twenty steps: a tenth of the runs there, the same steps.
    runs = given.max_examples if database_kind == "sqlite" else max(4, given.max_examples // 10)

    run_state_machine_as_test(machine, settings=settings(given, max_examples=runs))

    assert len(folders) >= runs // 2
