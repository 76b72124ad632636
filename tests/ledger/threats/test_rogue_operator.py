"""A malicious operator with the log's own key censors, reorders, back-dates, forks and withholds: what shows it, and where it ends."""

import io
from dataclasses import replace
from typing import Any

import pytest

from ledger import inbox, store
from ledger.contents import open_contents, withhold_fields
from ledger.cosignature import COSIGNATURE, cosign_checkpoint
from ledger.evidence import LogClaims, build_evidence, check_evidence, write_audit_file
from ledger.note import VerifierKey, read_verifier_key
from ledger.outcome import Pending, read_acknowledgement
from ledger.policy import read_policy
from ledger.statement import Seen
from ledger.verify import verify_audit_file
from tests.ledger.live_log import KEYS, LiveLog
from tests.ledger.live_log import LOG as LIVE
from tests.ledger.small_log import CLAIMS, LOG, SmallLog, deliver, make_key
from tests.ledger.test_evidence import prove_entry
from tests.ledger.test_verify import verify
from tests.ledger.threats.retelling import OTHER, Told, begin_log, judge, list_told, retell, say_as_other, tell_in_order

WITNESS = make_key("witness")
WITNESS_KEY = VerifierKey("witness.example/w", COSIGNATURE, WITNESS.public)
POLICY = read_policy(f"log {CLAIMS.log_key}\nwitness lab {WITNESS_KEY.to_text()}\nquorum lab\n")


def export(live: LiveLog) -> io.BytesIO:
    """Write the audit file of a live log."""
    live.clock.advance(1)
    live.log.publish_checkpoint(live.clock.now)
    head, file = live.log.read_head(), io.BytesIO()
    assert head is not None
    notes = [note for _, _, note in live.log.list_checkpoints()]
    claims = LogClaims(LIVE, KEYS.log_verifier.to_text(), KEYS.receipts_verifier.to_text())
    entries = [entry.body for entry in live.log.read_entries(0, head.size)]
    contents = [live.log.read_contents(index) for index in range(head.size)]
    write_audit_file(file, log=claims, entries=entries, contents=contents, checkpoints=notes, checkpoint=notes[-1], extras={})
    return file


def test_a_censored_statement_leaves_a_gap_and_its_acknowledgement_proves_who_broke_the_promise(live: LiveLog) -> None:
    censored = live.firm.deliver()
    promised = live.log.submit(censored, timeout=0)
    assert isinstance(promised, Pending)
    with store.writing(live.engine, live.log.log_id) as connection:
        inbox.drop_inbox(connection, [row.id for row in inbox.read_inbox(connection, live.log.log_id, 10)])
    live.clock.advance(600)
    last = live.accept(live.firm.deliver(now=live.clock.now))

    verdict = verify_audit_file(export(live), origin=LIVE, log_key=KEYS.log_verifier.to_text())

    founding = live.log.read_authority().receipt_key  # stands in entry 0: the operator cannot disown it
    promise = read_acknowledgement(promised.note, read_verifier_key(founding))
    [gap] = verdict.completeness.gaps
    number = censored.signed.statement.key_seq
    assert (gap.key, gap.first, gap.last) == (live.firm.key.multikey, number, number)
    assert (promise.statement_hash, promise.deadline < last.received_at) == (censored.signed.hash, True)
    assert live.log.find_outcome(censored.signed.hash) is None
    assert verdict.integrity == "unwitnessed", "what never was entered is no fault of the tree"


def tie_by_reference(log: SmallLog) -> None:
    say_as_other(log, refs=(deliver(log).hash,))


def tie_by_sight(log: SmallLog) -> None:
    deliver(log)
    say_as_other(log, seen=log.see())


def tie_by_nothing(log: SmallLog) -> None:
    deliver(log)
    say_as_other(log)


@pytest.mark.parametrize(
    ("tell", "verdict"),
    [(tie_by_reference, ("invalid", {"unknown-ref"})), (tie_by_sight, ("diverged", {"seen-contradicts"}))],
)
def test_entries_that_their_authors_tied_together_are_not_reordered(tell: object, verdict: object) -> None:
    log = begin_log()
    tell(log)  # type: ignore[operator]  # one of the two above
    log.publish()

    assert judge(log) == ("unwitnessed", set())
    assert judge(tell_in_order(log, [0, 1, 2, 4, 3])) == verdict


def test_entries_are_not_reordered_with_their_times() -> None:
    log = begin_log()
    tie_by_nothing(log)
    story = list_told(log)

    assert judge(retell([*story[:3], story[4], story[3]])) == ("invalid", {"received-earlier"})


def test_entries_that_nothing_ties_are_reordered_unseen_until_somebody_kept_a_head() -> None:
    log = begin_log()
    tie_by_nothing(log)
    head = log.publish()
    other = tell_in_order(log, [0, 1, 2, 4, 3])

    assert judge(other) == ("unwitnessed", set())
    assert judge(other, known_heads=[head]) == ("diverged", {"known-head"})


def slip_in(log: SmallLog, place: int, received_at: str | None = None) -> SmallLog:
    """Slip in a statement of the other firm, which is in league with the operator and dates it back."""
    story = list_told(log)
    earlier = story[place - 1].received_at
    signed, contents = log.compose("delivery.dispatched", make_key("other"), OTHER, issued_at=earlier, expires_at="2026-01-01T02:00:00Z")
    return retell([*story[:place], Told(signed, contents, received_at or earlier), *story[place:]])


def test_nothing_is_dated_back_before_what_a_firm_saw() -> None:
    log = begin_log()
    deliver(log)
    deliver(log, seen=log.see())  # entry 4, whose author saw a tree of 4

    assert judge(slip_in(log, 3)) == ("diverged", {"seen-contradicts"})
    assert judge(slip_in(log, 4)) == ("unwitnessed", set()), "behind what was seen there is room: the bound is what firms saw"
    assert judge(slip_in(log, 4, "2026-01-01T00:03:59Z")) == ("invalid", {"received-earlier"})


def test_nothing_is_dated_back_before_what_a_witness_cosigned() -> None:
    log = begin_log()
    deliver(log)
    text = log.publish().partition("\n\n")[0] + "\n"
    log.notes[-1] += cosign_checkpoint(text, 1_767_225_900, WITNESS_KEY, WITNESS.sign)
    other = slip_in(log, 3)

    assert judge(log, policy=POLICY) == ("witnessed", set())
    assert (judge(other, policy=POLICY), verify(other, policy=POLICY).exit_code) == (("unwitnessed", set()), 1)
    assert judge(other, policy=POLICY, known_heads=[log.notes[-1]]) == ("diverged", {"known-head"})


def test_two_firms_that_were_shown_two_trees_find_it_from_their_own_statements_alone() -> None:
    left = begin_log()
    deliver(left)
    right = retell([*list_told(left)[:3], replace(list_told(left)[3], received_at="2026-01-01T00:09:00Z")])
    right.numbers, right.now = dict(left.numbers), "2026-01-01T00:10:00Z"
    seen_left = deliver(left, seen=left.see()).statement.seen
    seen_right = say_as_other(right, seen=right.see()).statement.seen
    left.publish()
    right.publish()

    assert (seen_left.size, seen_left.root == seen_right.root) == (seen_right.size, False)
    for log, other in ((left, seen_right), (right, seen_left)):
        assert judge(log) == ("unwitnessed", set())
        assert judge(log, known_heads=[f"{other.size}:{other.root}"]) == ("diverged", {"known-head"})


def test_statements_of_two_trees_never_stand_in_one() -> None:
    log = begin_log()
    deliver(log)
    say_as_other(log, seen=Seen(4, "ab" * 32))
    log.publish()

    assert judge(log) == ("diverged", {"seen-contradicts"})


def test_a_party_proves_from_its_own_copy_what_the_operator_withholds() -> None:
    log = begin_log()
    deliver(log)
    log.publish()
    kept = log.contents[3]
    log.contents[3] = withhold_fields(log.signed[3].statement, kept or {}, [0, 1, 2, 3])

    verdict = verify(log)
    shown = check_evidence(
        build_evidence(entry=log.entries[3], path=prove_entry(log, 3), checkpoint=log.notes[-1], contents=kept),
        origin=LOG,
        log_key=CLAIMS.log_key,
    )

    assert (verdict.exit_code, verdict.completeness.withheld_fields) == (3, 4)
    assert shown.opened is not None
    assert shown.opened.values["quantity"] == "23.230"


def test_the_evidence_in_a_firms_hand_convicts_a_history_without_its_entry() -> None:
    log = begin_log()
    deliver(log)
    say_as_other(log)
    evidence = build_evidence(entry=log.entries[3], path=prove_entry(log, 3), checkpoint=log.publish(), contents=None)
    story = list_told(log)
    without = retell([*story[:3], story[4], replace(story[4], signed=log.compose("delivery.dispatched", make_key("other"), OTHER)[0])])

    held = check_evidence(evidence, origin=LOG, log_key=CLAIMS.log_key).checkpoint

    assert judge(without)[0] == "unwitnessed"
    assert judge(without, known_heads=[f"{held.size}:{held.root.hex()}"]) == ("diverged", {"known-head"})
    assert judge(retell(story[:3]), known_heads=[f"{held.size}:{held.root.hex()}"]) == ("diverged", {"rollback"})


def test_the_last_statements_of_a_key_are_censored_unseen_by_all_but_the_firm(live: LiveLog) -> None:
    live.accept(live.firm.deliver())
    censored = [live.firm.deliver() for _ in range(2)]  # sent, and neither entered nor acknowledged

    verdict = verify_audit_file(export(live), origin=LIVE, log_key=KEYS.log_verifier.to_text())

    assert (verdict.faults, verdict.completeness.gaps, verdict.exit_code) == ((), (), 0)
    assert [live.log.find_outcome(one.signed.hash) for one in censored] == [None, None], "the firm, which holds them, asks in vain"


def test_who_serves_the_log_reads_what_it_stores_and_a_copy_outlives_its_erasure(live: LiveLog) -> None:
    told = live.firm.deliver()
    entered = live.accept(told)
    copy = live.log.read_contents(entered.index)
    public: Any = {"statement": told.signed.hash, "fields": [1], "reason": "no longer needed"}
    live.accept(live.firm.say("contents.erased", public, about=f"statement:{told.signed.hash}"))

    assert open_contents(told.signed.statement, live.log.read_contents(entered.index)).withheld == (1,)
    assert open_contents(told.signed.statement, copy).values["driver"] == "Kim"
