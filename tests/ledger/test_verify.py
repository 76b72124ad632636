"""What an operator, a forger or the disk could change is found, and named with the entry to blame."""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger.archive import Archive, encode_local_header
from ledger.entry import Entry, decode_entry, encode_entry, hash_entry
from ledger.errors import EvidenceError
from ledger.statement import Seen, sign_statement
from ledger.verdict import Verdict, describe_verdict
from ledger.verify import verify_audit_file
from tests.ledger.small_log import (
    CLAIMS,
    FIRM,
    LOG,
    LOG_KEY,
    OPERATOR,
    SmallLog,
    build_small_log,
    deliver,
    enrol_key,
    found_log,
    make_key,
    make_verifier_key,
)
from tests.ledger.whole_log import verify_log

FIRM_KEY, OPERATOR_KEY = make_key("firm"), make_key("operator")


def verify(log: SmallLog | bytes, **options: Any) -> Verdict:
    data = log if isinstance(log, bytes) else log.write()
    return verify_audit_file(io.BytesIO(data), **{"origin": LOG, "log_key": CLAIMS.log_key, **options})


def list_codes(verdict: Verdict) -> set[tuple[int | None, str]]:
    return {(fault.index, fault.code) for fault in verdict.faults}


def test_an_untouched_log_is_intact() -> None:
    log = build_small_log()

    verdict = verify(log)

    assert (verdict.integrity, verdict.exit_code, verdict.size, verdict.checkpoints) == ("unwitnessed", 0, 4, 3)
    assert verdict.root == log.compute_root().hex()
    assert verdict.completeness.is_whole


def test_known_heads_that_fit_make_it_consistent() -> None:
    log = build_small_log()
    heads = [log.notes[0], f"3:{log.compute_root(3).hex()}", f"0:{log.compute_root(0).hex()}"]

    verdict = verify(log, known_heads=heads, founding_hash=hash_entry(log.entries[0]))

    assert (verdict.integrity, verdict.heads, verdict.exit_code) == ("consistent", 3, 0)


def test_a_longer_log_is_intact_for_the_helper_of_others() -> None:
    log = build_small_log(40)

    verdict = verify_log(log=CLAIMS, entries=log.entries, contents=log.contents, checkpoints=log.notes)

    assert verdict.size == 42


@pytest.mark.parametrize(
    "name", ["entries.jsonl", "contents.jsonl", "checkpoints.jsonl", "checkpoint", "log.json", "manifest.json", "README.txt"]
)
def test_a_flipped_bit_in_a_member_is_found_and_named_with_its_entry(name: str) -> None:
    log = build_small_log(1)
    data = bytearray(log.write())
    member = Archive(io.BytesIO(data)).members[name]
    begin = member.offset + len(encode_local_header(member))
    unnoticed, unnamed = [], []

    # test_archive flips every bit; here a third of the bytes, other bits each time, and all line feeds, for the whole verdict
    for place in (place for place in range(begin, begin + member.size) if place % 3 == 0 or data[place] == ord("\n")):
        bit = 1 << (place // 3) % 8
        line = data.count(b"\n", begin, place)
        data[place] ^= bit
        verdict = verify(bytes(data))
        data[place] ^= bit
        if verdict.integrity != "invalid" or verdict.exit_code != 1:
            unnoticed.append(place)
        if name in {"entries.jsonl", "contents.jsonl"} and line not in {fault.index for fault in verdict.faults}:
            unnamed.append((place, line))

    assert (unnoticed, unnamed) == ([], [])


def change_entry(log: SmallLog, index: int, old: bytes, new: bytes) -> SmallLog:
    assert log.entries[index].count(old) == 1
    log.entries[index] = log.entries[index].replace(old, new)
    return log


def test_two_swapped_entries_are_both_named() -> None:
    log = build_small_log(4)
    log.entries[3], log.entries[4] = log.entries[4], log.entries[3]

    assert {(3, "wrong-index"), (4, "wrong-index")} <= list_codes(verify(log))


def test_a_broken_chain_under_a_tree_that_fits_is_found() -> None:
    log = build_small_log()
    log.enter(*log.compose("delivery.dispatched", FIRM_KEY, FIRM), previous=hash_entry(log.entries[2]))
    log.publish()

    assert list_codes(verify(log)) == {(3, "bad-chain")}


@pytest.mark.parametrize(
    ("index", "old", "new"),
    [(2, b'"received_at":"2026-01-01T00:03', b'"received_at":"2026-01-01T00:02'), (3, b'"previous":"', b'"previous":"0')],
)
def test_the_changed_entry_is_blamed_and_not_its_neighbours(index: int, old: bytes, new: bytes) -> None:
    log = build_small_log(4)
    place = log.entries[index].index(old)
    log.entries[index] = log.entries[index][:place] + new + log.entries[index][place + len(new) :]

    blamed = {fault.index for fault in verify(log).faults if fault.code == "bad-chain"}

    assert blamed == {index}


def test_an_entry_taken_out_and_the_chain_repaired_is_found() -> None:
    log = build_small_log(4)
    del log.entries[3], log.contents[3]

    verdict = verify(log.rebuild(lambda index, entry: replace(entry, index=index)), known_heads=[log.notes[-1]])

    assert verdict.integrity == "invalid"
    assert (3, "unknown-ref") in list_codes(verdict)


def test_dropped_newest_entries_are_a_rollback_to_who_knows_a_head() -> None:
    log = build_small_log(4)
    head = log.notes[-1]
    del log.entries[4:], log.contents[4:], log.notes[2:]

    without, with_head = verify(log), verify(log, known_heads=[head])

    assert without.integrity == "unwitnessed"
    assert (with_head.integrity, list_codes(with_head), with_head.exit_code) == ("diverged", {(None, "rollback")}, 1)
    assert "rollback" in with_head.faults[0].message


def test_a_log_rewritten_with_its_own_key_diverges_from_a_known_head() -> None:
    log = build_small_log(4)
    rewritten = log.rebuild(lambda index, entry: replace(entry, received_at="2026-01-01T00:59:00Z") if index == 5 else entry)

    assert verify(rewritten).integrity == "unwitnessed"
    assert list_codes(verify(rewritten, known_heads=[log.notes[-1]])) == {(None, "known-head")}


def test_an_old_checkpoint_of_another_history_is_a_fork() -> None:
    log = build_small_log(4)
    rewritten = log.rebuild(lambda index, entry: replace(entry, received_at="2026-01-01T00:02:30Z") if index == 2 else entry)
    rewritten.notes.insert(0, log.notes[1])

    verdict = verify(rewritten)

    assert (verdict.integrity, list_codes(verdict)) == ("diverged", {(None, "fork")})


def test_two_signed_roots_of_one_size_are_a_fork() -> None:
    log = build_small_log(4)
    rewritten = log.rebuild(lambda index, entry: replace(entry, received_at="2026-01-01T00:59:00Z") if index == 5 else entry)
    rewritten.notes.insert(0, log.notes[-1])

    verdict = verify(rewritten)

    assert verdict.integrity == "diverged"
    assert (None, "fork") in list_codes(verdict)


def test_a_checkpoint_by_another_key_is_refused() -> None:
    log = build_small_log()
    log.notes.pop()
    log.publish(make_key("other"))

    assert (None, "bad-signature") in list_codes(verify(log))


def test_a_file_of_another_log_is_refused() -> None:
    other = "ledger.other/main"

    verdict = verify(build_small_log(), origin=other, log_key=make_verifier_key(other, LOG_KEY).to_text())

    assert {(None, "other-log"), (None, "other-key"), (0, "other-key")} <= list_codes(verdict)


def test_another_founding_than_the_known_one_is_refused() -> None:
    assert list_codes(verify(build_small_log(), founding_hash="0" * 64)) == {(None, "founding")}


def test_a_statement_signed_again_with_another_key_is_refused() -> None:
    log = build_small_log(4)
    other = make_key("other")

    def sign_again(index: int, entry: Entry) -> Entry:
        statement = replace(entry.signed.statement, key=other.multikey)
        return replace(entry, signed=sign_statement(statement, other.sign)) if index == 3 else entry

    assert (3, "unknown-key") in list_codes(verify(log.rebuild(sign_again)))


def test_a_statement_changed_under_its_signature_is_refused() -> None:
    log = build_small_log(4)

    def change(index: int, entry: Entry) -> Entry:
        changed = sign_statement(replace(entry.signed.statement, about="thing:2"), FIRM_KEY.sign)
        return replace(entry, signed=replace(changed, signature=entry.signed.signature)) if index == 5 else entry

    assert list_codes(verify(log.rebuild(change))) == {(5, "bad-signature")}


def change_contents(change: Callable[[dict[str, Any]], object]) -> Verdict:
    log = build_small_log()
    shown: Any = dict(log.contents[3] or {})
    shown = {"fields": [dict(one) for one in shown["fields"]]}
    change(shown)
    log.contents[3] = shown
    return verify(log)


@pytest.mark.parametrize(
    "change",
    [
        lambda shown: shown["fields"][0].update(value="23.231"),
        lambda shown: shown["fields"][0].update(value=23),
        lambda shown: shown["fields"][0].update(salt="0" * 64),
        lambda shown: shown["fields"][0].update(name="mass"),
        lambda shown: shown["fields"].pop(),
        lambda shown: shown["fields"].reverse(),
        lambda shown: shown["fields"][2].update(rows=shown["fields"][2]["rows"][::-1]),
        lambda shown: shown["fields"][2].update(rows=shown["fields"][2]["rows"][:1]),
        lambda shown: shown["fields"].__setitem__(1, {"leaf": "0" * 64}),
        lambda shown: shown["fields"].__setitem__(1, {"leaf": 1}),
        lambda shown: shown.update(more=1),
        lambda shown: shown.pop("fields"),
    ],
)
def test_changed_contents_are_named_with_their_entry(change: Callable[[dict[str, Any]], object]) -> None:
    verdict = change_contents(change)

    assert (verdict.integrity, [fault.index for fault in verdict.faults]) == ("invalid", [3])


def say_again(log: SmallLog, **changes: Any) -> None:
    deliver(log, **{"seen": log.see(2), **changes})


def copy_root(log: SmallLog) -> None:
    signed, _ = log.compose("delivery.dispatched", FIRM_KEY, FIRM, {}, contents_root=log.signed[3].statement.contents_root, fields=4)
    log.enter(signed, log.contents[3])


def say_for_another_log(log: SmallLog) -> None:
    log.say("delivery.dispatched", FIRM_KEY, FIRM, log="ledger.other/main")


def revoke_then_say(log: SmallLog) -> None:
    public: Any = {"key": FIRM_KEY.multikey, "reason": "lost", "compromised_since": None}
    log.say("key.revoked", OPERATOR_KEY, OPERATOR, public, about=f"key:{FIRM_KEY.multikey}")
    say_again(log)


def say_with_role_withdrawn(log: SmallLog) -> None:
    enrol_key(log, "lab", "o-laboratory", ["operator"])
    log.say("resolution.recorded", make_key("lab"), "o-laboratory", {}, about="thing:1")


def enrol_with_expiry_then_say(log: SmallLog) -> None:
    enrol_key(log, "brief", FIRM, ["operator"], not_after="2026-01-01T00:05:30Z")
    log.say("delivery.dispatched", make_key("brief"), FIRM)


def seal_then_say(log: SmallLog) -> None:
    log.say("log.sealed", OPERATOR_KEY, OPERATOR, {"reason": "end", "successor": None}, about=f"log:{LOG}")
    say_again(log)


def enrol_without_possession(log: SmallLog) -> None:
    public: Any = {"organisation": FIRM, "key": make_key("thief").multikey, "holder": "h-thief00", "roles": ["operator"], "limits": {},
                   "not_after": None, "possession": "0" * 128}  # fmt: skip
    log.say("key.enrolled", FIRM_KEY, FIRM, public, about=f"key:{public['key']}")


@pytest.mark.parametrize(
    ("enter", "code", "index"),
    [
        (lambda log: say_again(log, id=log.signed[3].statement.id), "replayed-id", 4),
        (lambda log: say_again(log, key_seq=2), "used-key-seq", 4),
        (lambda log: log.enter(log.signed[3], log.contents[3]), "replayed-id", 4),
        (copy_root, "bad-proof", 4),
        (revoke_then_say, "revoked-key", 5),
        (lambda log: say_again(log, expires_at="2026-01-01T00:04:30Z"), "expired", 4),
        (lambda log: say_again(log, expires_at="2026-03-01T00:04:30Z"), "too-long", 4),
        (lambda log: say_again(log, issued_at="2026-01-01T00:11:00Z", expires_at="2026-01-01T00:20:00Z"), "future", 4),
        (lambda log: say_again(log, issued_at="9999-12-31T23:59:58Z", expires_at="9999-12-31T23:59:59Z"), "future", 4),
        (lambda log: log.say("resolution.recorded", FIRM_KEY, FIRM), "wrong-role", 4),
        (say_with_role_withdrawn, "wrong-role", 5),
        (lambda log: say_again(log, refs=("0" * 64,)), "unknown-ref", 4),
        (
            lambda log: log.enter(*log.compose("delivery.dispatched", FIRM_KEY, FIRM), received_at="2026-01-01T00:03:59Z"),
            "received-earlier",
            4,
        ),
        (lambda log: say_again(log, seen=Seen(3, "0" * 64)), "seen-contradicts", 4),
        (lambda log: say_again(log, seen=Seen(5, log.compute_root().hex())), "seen-contradicts", 4),
        (lambda log: log.say("delivery.dispatched", FIRM_KEY, OPERATOR), "other-author", 4),
        (say_for_another_log, "other-log", 4),
        (found_log, "founding", 4),
        (enrol_with_expiry_then_say, "expired-key", 5),
        (seal_then_say, "log-sealed", 5),
        (enrol_without_possession, "ledger-rule", 4),
    ],
)
def test_an_entry_that_no_sequencer_would_enter_is_named(enter: Callable[[SmallLog], object], code: str, index: int) -> None:
    log = build_small_log()
    enter(log)
    log.publish()

    verdict = verify(log)

    assert (index, code) in list_codes(verdict), "\n".join(describe_verdict(verdict))
    assert {fault.index for fault in verdict.faults} == {index}
    assert verdict.exit_code == 1


def test_received_earlier_alone_is_found_by_its_own_rule() -> None:
    log = build_small_log()
    say_again(log)
    lowered = log.rebuild(lambda index, entry: replace(entry, received_at="2026-01-01T00:03:30Z") if index == 4 else entry)

    assert list_codes(verify(lowered)) == {(4, "received-earlier")}


def test_a_log_of_nonsense_stops_after_a_bounded_number_of_faults() -> None:
    log = build_small_log()
    log.entries += [b"{}"] * 5000
    log.contents += [None] * 5000
    log.publish()

    verdict = verify(log)

    assert (verdict.stopped, len(verdict.faults)) == (True, 100)


@pytest.mark.parametrize(
    "line",
    [b"", b"null", b"[" * 60_000, b'{"index":' + b"9" * 60_000 + b"}", b'{"a":' * 10_000 + b"1" + b"}" * 10_000, b"\xff" * 100, b"NaN",
     b"1e999", b"0" * 65_535, b'{"index":4,"index":4}'],
    ids=range(10),
)  # fmt: skip
def test_a_hostile_line_is_named_and_hinders_no_other(line: bytes) -> None:
    log = build_small_log()
    log.entries.append(line)
    log.contents.append(None)
    log.publish()

    assert list_codes(verify(log)) == {(4, "malformed")}


@pytest.mark.parametrize("head", ["", "4", "4:00", "-1:" + "0" * 64, "note\n\n", "x" * 2_000_000])
def test_a_known_head_that_is_none_is_not_tried(head: str) -> None:
    with pytest.raises(EvidenceError):
        verify(build_small_log(), known_heads=[head])


def test_a_known_checkpoint_by_another_key_is_not_tried() -> None:
    log = build_small_log()

    with pytest.raises(EvidenceError):
        verify(log, known_heads=[log.publish(make_key("other"))])


def test_entries_under_no_checkpoint_are_named() -> None:
    log = build_small_log()
    data = log.write()
    note = log.notes[0]
    log.notes[:] = [note]
    changed = SmallLog(log.entries[:2], log.contents[:2], [note])

    assert verify(data).integrity == verify(changed).integrity == "unwitnessed"


def test_entries_are_encoded_as_they_are_read() -> None:
    log = build_small_log()

    assert [encode_entry(decode_entry(data)) for data in log.entries] == log.entries
