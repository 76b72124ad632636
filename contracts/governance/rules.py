"""Rules of the board: who adopts a rulebook, what can be reviewed, who votes and until when, and what a resolution must say."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.errors import Finding
from contracts.governance.facts import Dissent, Interest, Outcome, ResolutionRecorded, ReviewOpened, RulebookAdopted
from contracts.governance.rulebook import Rulebook, check_rules, hash_rules
from contracts.governance.tally import CastVote, Declaration, Seat, Tally

RULEBOOK, STATEMENT, ORGANISATION = "rulebook:", "statement:", "organisation:"  #: subjects with rules of their own
LOG, RECOVERY, RULES = "log:", "recovery:", "rules:"  #: what ledger/own_kinds.py asks a resolution to be about
MOST_OPEN_DAYS = 366  #: a matter has one open review at a time: none may block it for ever
_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Review:
    """A review on the log; seats, interests and votes only where it was asked for whole."""

    review: str
    matter: str  #: subject that the resolution is about
    reviewed_index: int  #: of the entry under review
    statement: str  #: its statement hash
    question: str | None  #: None where erased
    rules_hash: str | None  #: of the rules to be adopted, where the matter is a rulebook
    rulebook: str  #: the one in force when it was opened
    call: int  #: 1, or 2 after the matter lapsed
    opened_by: str  #: organisation
    opened_at: datetime
    closes_at: datetime
    outcome: Outcome | None  #: None until a resolution is recorded
    number: str | None  #: of the resolution
    entry: int
    resolution_entry: int | None
    roll: tuple[Seat, ...] = ()  #: the seats as they were when it was opened
    fallen: tuple[Seat, ...] = ()  #: of these, the ones that had fallen away when it was resolved
    interests: tuple[Declaration, ...] = ()  #: all that were declared, in order
    votes: tuple[CastVote, ...] = ()  #: all that were cast, in order

    def is_open(self, now: datetime) -> bool:
        """Tell whether votes are taken."""
        return self.outcome is None and now < self.closes_at


@dataclass(frozen=True, slots=True)
class Resolution:
    """A resolution on the log."""

    number: str
    review: str
    matter: str
    outcome: Outcome
    votes_for: int
    votes_against: int
    abstentions: int
    recused: int
    dissents: tuple[Dissent, ...]
    text: str | None  #: None where erased
    statement: str  #: statement hash: what refs name
    recorded_at: datetime
    entry: int


@dataclass(frozen=True, slots=True)
class ReviewedEntry:
    """The entry that a review names, as far as a review needs it."""

    index: int
    statement: str
    about: str
    key_organisation: str | None  #: of the key that it is about, if it is about one


@dataclass(frozen=True, slots=True)
class OpeningState:
    """What decides about the opening of a review."""

    received_at: datetime
    rulebook: Rulebook | None  #: in force
    is_taken: bool  #: the review's id
    open_review: str | None  #: of the same matter
    reviewed: ReviewedEntry | None
    is_adopted_rulebook: bool  #: the matter is a rulebook that the log has already


def find_digest(question: str) -> str | None:
    """Find the one SHA-256 that a question names; None if it names none, or several."""
    found = set(_DIGEST.findall(question))
    return found.pop() if len(found) == 1 else None


def judge_rulebook(fact: RulebookAdopted, *, is_first: bool, is_taken: bool, is_facilitator: bool, backing: str | None) -> list[Finding]:
    """Judge a rulebook; `backing` is the hash of the rules that an adopted resolution in `refs` is about, if there is one."""
    findings = [*check_rules(fact.rules), *check_hash(fact)]
    if is_taken:
        findings.append(Finding("rulebook", "taken", f"rulebook {fact.rulebook} is on the log: a changed one has a new id"))
    if is_first:
        if not is_facilitator:
            findings.append(Finding("statement.key", "not-the-facilitator", "the first rulebook is adopted by the facilitator"))
    elif backing is None:
        message = f"an adopted resolution about {RULEBOOK}{fact.rulebook} stands in refs, unless this is the first rulebook"
        findings.append(Finding("statement.refs", "no-resolution", message))
    elif backing != fact.hash:
        findings.append(Finding("hash", "other-rules", f"the board adopted the rules with the SHA-256 {backing}"))
    return findings


def check_hash(fact: RulebookAdopted) -> list[Finding]:
    """Check that the public hash is that of the rules."""
    right = hash_rules(fact.rules)
    return [] if fact.hash == right else [Finding("hash", "differs", f"says {fact.hash}, the canonical rules give {right}")]


def judge_opening(fact: ReviewOpened, state: OpeningState) -> list[Finding]:
    """Judge the opening of a review."""
    findings = []
    if state.rulebook is None:
        findings.append(Finding("review", "no-rulebook", "there is no rulebook yet: without one nobody can say how votes count"))
    if state.is_taken:
        findings.append(Finding("review", "taken", f"review {fact.review} is on the log"))
    if state.open_review is not None:
        findings.append(Finding("matter", "already-open", f"review {state.open_review} of this matter awaits its resolution"))
    return [*findings, *_judge_reviewed(fact, state), *_judge_closing(fact, state)]


def _judge_reviewed(fact: ReviewOpened, state: OpeningState) -> list[Finding]:
    found = state.reviewed
    if found is None:
        return [Finding("statement", "unknown-statement", "the log has no statement with this hash")]
    findings = []
    if found.index != fact.index:
        findings.append(Finding("index", "other-index", f"the statement with this hash is entry {found.index}"))
    if fact.matter.startswith(RULEBOOK):
        return [*findings, *_judge_proposed_rulebook(fact, state, found)]
    member = found.key_organisation or (found.about.removeprefix(ORGANISATION) if found.about.startswith(ORGANISATION) else None)
    fits = fact.matter in (found.about, STATEMENT + found.statement)
    fits = fits or (member is not None and fact.matter in (ORGANISATION + member, RECOVERY + member))
    # A change of rights has no entry yet: the founding or the rules in force, which are about the log, stand for it.
    fits = fits or (found.about.startswith(LOG) and fact.matter.startswith(RULES))
    if not fits:
        message = f"entry {found.index} is about {found.about}: that, or {STATEMENT}{found.statement}, is the matter"
        findings.append(Finding("matter", "other-matter", message))
    return findings


def _judge_proposed_rulebook(fact: ReviewOpened, state: OpeningState, found: ReviewedEntry) -> list[Finding]:
    """A new rulebook is proposed as a change of the one in force; its hash in the question binds the vote to just these rules."""
    findings = []
    if state.is_adopted_rulebook:
        findings.append(Finding("matter", "taken", f"{fact.matter} is on the log: a changed one has a new id"))
    if state.rulebook is not None and found.index != state.rulebook.entry:
        message = f"a new rulebook takes the place of the one in force: entry {state.rulebook.entry} is what is under review"
        findings.append(Finding("matter", "other-matter", message))
    if find_digest(fact.question) is None:
        findings.append(Finding("question", "no-hash", "the question names the SHA-256 of the canonical rules that are to be adopted"))
    return findings


def _judge_closing(fact: ReviewOpened, state: OpeningState) -> list[Finding]:
    days = state.rulebook.rules.review_days if state.rulebook else 0
    if fact.closes_at <= state.received_at:
        return [Finding("closes_at", "past", "the review closes in the future")]
    if fact.closes_at < state.received_at + timedelta(days=days):
        return [Finding("closes_at", "too-soon", f"by the rulebook a review is open for at least {days} days")]
    if fact.closes_at > state.received_at + timedelta(days=MOST_OPEN_DAYS):
        return [Finding("closes_at", "too-late", f"a review is open for at most {MOST_OPEN_DAYS} days")]
    return []


def judge_voter(review: Review | None, seat: Seat, standing: Collection[Seat], now: datetime) -> list[Finding]:
    """Judge whether a seat may speak in a review at all: it is open, and the seat is on its roll."""
    if review is None:
        return [Finding("review", "unknown-review", "there is no such review")]
    findings = []
    if review.outcome is not None:
        findings.append(Finding("review", "not-open", f"resolution {review.number} ended this review"))
    elif not review.is_open(now):
        findings.append(Finding("review", "not-open", f"this review closed at {review.closes_at:%Y-%m-%dT%H:%M:%SZ}"))
    if seat not in review.roll:
        findings.append(Finding("statement.key", "no-seat", "this holder had no seat on the board when the review was opened"))
    elif seat not in standing:
        findings.append(Finding("statement.key", "no-seat", "this holder's seat on the board has fallen away"))
    return findings


def judge_interest(seat: Seat, interest: Interest, declared: Interest | None, *, has_voted: bool) -> list[Finding]:
    """Judge a declaration: before the seat's vote, and recusal is a way without return."""
    if has_voted:
        return [Finding("interest", "already-voted", f"{seat.holder} has voted: interests are declared before")]
    if declared is Interest.SPECIFIC and interest is not Interest.SPECIFIC:
        return [Finding("interest", "recused", f"{seat.holder} is recused from this review, for good")]
    return []


def judge_vote(seat: Seat, declared: Interest | None) -> list[Finding]:
    """Judge a vote: interest declared, and not recused."""
    if declared is None:
        return [Finding("choice", "no-interest", f"{seat.holder} declares its interest before it votes, even if there is none")]
    if declared is Interest.SPECIFIC:
        return [Finding("choice", "recused", f"{seat.holder} declared a specific interest and is recused, which is not an abstention")]
    return []


def judge_resolution(fact: ResolutionRecorded, review: Review | None, *, is_taken: bool) -> list[Finding]:
    """Judge a resolution but for what it counts."""
    findings = []
    if is_taken:
        findings.append(Finding("number", "taken", f"there is a resolution {fact.number}"))
    if review is None:
        findings.append(Finding("review", "unknown-review", "there is no such review"))
    elif review.outcome is not None:
        findings.append(Finding("review", "resolved", f"resolution {review.number} ended this review"))
    return findings


def find_awaited(review: Review, tally: Tally, now: datetime) -> str | None:
    """Say what a resolution still waits for; None once the review has closed or everybody entitled has voted."""
    if now >= review.closes_at or not tally.waiting:
        return None
    holders = ", ".join(seat.holder for seat in tally.waiting)
    return f"the review is open until {review.closes_at:%Y-%m-%dT%H:%M:%SZ}, unless these vote before: {holders}"


def list_differences(fact: ResolutionRecorded, matter: str, tally: Tally) -> list[Finding]:
    """Name where a resolution says another thing than the votes give."""
    counted = {
        "matter": (fact.matter, matter),
        "outcome": (fact.outcome.value, tally.outcome.value),
        "votes_for": (fact.votes_for, tally.votes_for),
        "votes_against": (fact.votes_against, tally.votes_against),
        "abstentions": (fact.abstentions, tally.abstentions),
        "recused": (fact.recused, tally.recused),
    }
    findings = [Finding(name, "differs", f"says {said}, recomputed {right}") for name, (said, right) in counted.items() if said != right]
    if len(fact.dissents) != len(tally.dissents):
        findings.append(Finding("dissents", "differs", f"says {len(fact.dissents)} dissents, recomputed {len(tally.dissents)}"))
    for number, (said, right) in enumerate(zip(fact.dissents, tally.dissents, strict=False)):
        if said != right:
            findings.append(Finding(f"dissents.{number}", "differs", f"says {_quote(said)}, recomputed {_quote(right)}"))
    return findings


def _quote(dissent: Dissent) -> str:
    return f"{dissent.holder}: {dissent.statement!r}"
