"""What an audit file does not show is counted, told apart and named, and leaves integrity alone."""

from typing import Any

from ledger.contents import withhold_fields
from ledger.statement import Signed
from tests.ledger.small_log import FIRM, OPERATOR, SmallLog, build_small_log, make_key
from tests.ledger.test_verify import list_codes, say_again, verify

FIRM_KEY, OPERATOR_KEY = make_key("firm"), make_key("operator")


def test_withheld_fields_are_counted_and_leave_integrity_alone() -> None:
    log = build_small_log()
    log.contents[2] = None
    log.contents[3] = withhold_fields(log.signed[3].statement, log.contents[3] or {}, [0, 2])

    verdict = verify(log)

    assert (verdict.integrity, verdict.exit_code) == ("unwitnessed", 3)
    assert verdict.completeness.withheld_fields == 6
    assert {(one.index, one.author, one.fields) for one in verdict.completeness.withheld} == {(2, FIRM, (0, 1, 2, 3)), (3, FIRM, (0, 2))}


def erase(log: SmallLog, key: Any = FIRM_KEY, author: str = FIRM, refs: tuple[str, ...] = ()) -> Signed:
    target = log.signed[3].hash
    public: Any = {"statement": target, "fields": [3], "reason": "asked by the driver"}
    return log.say("contents.erased", key, author, public, about=f"statement:{target}", refs=refs)


def test_erased_fields_are_told_apart_from_withheld_ones() -> None:
    log = build_small_log()
    erase(log)
    log.contents[3] = withhold_fields(log.signed[3].statement, log.contents[3] or {}, [0, 3])
    log.publish()

    shown = verify(log).completeness

    assert [(one.index, one.fields) for one in shown.withheld] == [(3, (0,))]
    assert [(one.index, one.fields, one.by_entry, one.by, one.reason) for one in shown.erased] == [
        (3, (3,), 4, FIRM, "asked by the driver")
    ]


def test_what_was_erased_and_is_shown_is_said() -> None:
    log = build_small_log()
    erase(log)
    log.publish()

    assert verify(log).completeness.shown_though_erased == (3,)


def test_what_was_erased_and_is_withheld_whole_is_not_called_shown() -> None:
    log = build_small_log(5)
    erase(log)
    log.contents[2] = log.contents[3] = log.contents[5] = None
    log.publish()

    shown = verify(log).completeness

    assert (shown.shown_though_erased, shown.erased_fields) == ((), 1)
    assert [(one.index, one.fields) for one in shown.withheld] == [(2, (0, 1, 2, 3)), (3, (0, 1, 2)), (5, (0, 1, 2, 3))]


def test_another_than_the_author_erases_with_a_resolution_only() -> None:
    log = build_small_log()
    erase(log, OPERATOR_KEY, OPERATOR)
    about, adopted = f"statement:{log.signed[3].hash}", {"outcome": "adopted"}
    resolution = log.say("resolution.recorded", OPERATOR_KEY, OPERATOR, adopted, about=about)
    erase(log, OPERATOR_KEY, OPERATOR, refs=(resolution.hash,))
    log.publish()

    assert list_codes(verify(log)) == {(4, "ledger-rule")}


def test_numbers_that_a_key_left_out_are_reported() -> None:
    log = build_small_log()
    say_again(log, key_seq=7)
    say_again(log, key_seq=5)
    log.publish()

    verdict = verify(log)

    assert verdict.exit_code == 0
    assert [(gap.key, gap.first, gap.last) for gap in verdict.completeness.gaps] == [(FIRM_KEY.multikey, 3, 4), (FIRM_KEY.multikey, 6, 6)]
    assert verdict.completeness.missing_numbers == 3


def test_entries_since_a_compromise_are_questioned_and_stay() -> None:
    log = build_small_log()
    public: Any = {"key": FIRM_KEY.multikey, "reason": "compromised", "compromised_since": 3}
    log.say("key.revoked", OPERATOR_KEY, OPERATOR, public, about=f"key:{FIRM_KEY.multikey}")
    log.publish()

    verdict = verify(log)

    assert (verdict.integrity, verdict.exit_code) == ("unwitnessed", 0)
    assert [(one.since, one.revoked_at, one.entries) for one in verdict.completeness.questioned] == [(3, 4, (3,))]
