"""The verifier brackets what the operator says of times between what witnesses and timestamp authorities signed."""

import io
import json
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.__main__ import main
from ledger.bracket import LAST_SECOND, TOLERANCE, Brackets
from ledger.cosignature import COSIGNATURE, cosign_checkpoint
from ledger.entry import Entry
from ledger.evidence import MAX_TIMESTAMP
from ledger.instant import add_seconds, read_seconds, write_seconds
from ledger.note import VerifierKey
from ledger.policy import read_policy
from ledger.timestamp import MAX_TOKEN, check_timestamp, fetch_timestamp, read_roots
from ledger.verdict import Verdict, describe_verdict
from ledger.verify import verify_audit_file
from tests.ledger.small_log import CLAIMS, LOG, SmallLog, build_small_log, make_key
from tests.ledger.timestamp_authority import Authority, serve_authority

KEYS = {name: make_key(f"witness {name}") for name in ("lab", "port")}
VERIFIERS = {name: VerifierKey(f"{name}.example/w", COSIGNATURE, key.public) for name, key in KEYS.items()}
POLICY = read_policy("".join(f"witness {name} {key.to_text()}\n" for name, key in VERIFIERS.items()) + "quorum lab\n")


def read_text(note: str) -> str:
    return note.partition("\n\n")[0] + "\n"


def cosign(log: SmallLog, place: int, instant: str, name: str = "lab") -> None:
    """Have a witness cosign a kept checkpoint at a time by its clock."""
    log.notes[place] += cosign_checkpoint(read_text(log.notes[place]), read_seconds(instant), VERIFIERS[name], KEYS[name].sign)


def cosign_all(log: SmallLog) -> None:
    """Have each kept checkpoint cosigned half a minute after its newest entry was received."""
    for place, note in enumerate(log.notes):
        cosign(log, place, add_seconds("2026-01-01T00:00:30Z", 60 * int(note.split("\n")[1])))


def verify(log: SmallLog, **options: Any) -> Verdict:
    return verify_audit_file(io.BytesIO(log.write()), origin=LOG, log_key=CLAIMS.log_key, policy=POLICY, **options)


def list_outliers(verdict: Verdict) -> list[tuple[int, str, str]]:
    assert verdict.times is not None
    return [(one.index, one.kind, one.who) for one in verdict.times.listed]


def build_honest() -> SmallLog:
    """A log of twelve entries, a minute apart, with checkpoints at 2, 7 and 12, all cosigned."""
    log = build_small_log(deliveries=10)
    cosign_all(log)
    return log


def set_back(index: int, seconds: int) -> Callable[[int, Entry], Entry]:
    """Let an entry, and all after it, say that they were received at another time."""
    return lambda at, entry: entry if at < index else replace(entry, received_at=add_seconds(entry.received_at, seconds))


def redate(change: Callable[[int, Entry], Entry]) -> SmallLog:
    """Write the honest log with other times, as an operator would who has the log's key, and have it cosigned when it really was."""
    honest = build_small_log(deliveries=10)
    copy = SmallLog(contents=honest.contents)
    for end in (2, 7, 12):
        copy.entries = honest.rebuild(change).entries[:end]
        copy.publish()
    cosign_all(copy)
    return copy


def test_an_honest_log_fits_between_its_witnesses_times() -> None:
    verdict = verify(build_honest())

    assert verdict.to_json()["times"] == {
        "tolerance": 600, "anchors": 3, "first": "2026-01-01T00:02:30Z", "last": "2026-01-01T00:12:30Z", "bracketed": 12, "beyond": 0,
        "outliers": 0, "listed": [], "timestamps": 0, "unheld": [],
    }  # fmt: skip
    assert (verdict.integrity, verdict.exit_code) == ("witnessed", 0)


def test_without_witnesses_and_authorities_nothing_is_said_of_times() -> None:
    verdict = verify_audit_file(io.BytesIO(build_honest().write()), origin=LOG, log_key=CLAIMS.log_key)

    assert (verdict.times, verdict.to_json()["times"]) == (None, None)


def test_an_entry_that_an_operator_dates_ahead_is_an_outlier_of_the_first_witness_that_saw_it() -> None:
    verdict = verify(redate(set_back(9, 2400)))

    assert list_outliers(verdict) == [(9, "future", "lab"), (10, "future", "lab"), (11, "future", "lab")]
    assert (verdict.faults, verdict.exit_code) == ((), 0)


def test_an_entry_that_an_operator_dates_back_is_an_outlier_of_the_last_witness_that_did_not_see_it() -> None:
    late = redate(set_back(0, 0))
    late.notes = late.notes[:2]
    late.notes[1] = late.notes[1].partition("\n\n")[0] + "\n\n" + "".join(late.notes[1].partition("\n\n")[2].splitlines(keepends=True)[:1])
    cosign(late, 1, "2026-01-02T00:00:00Z")
    late.publish()

    verdict = verify(late)

    assert list_outliers(verdict) == [(index, "back-dated", "lab") for index in range(7, 12)]
    assert "says that it was received at 2026-01-01T00:08:00Z, and was not shown at 2026-01-02T00:00:00Z" in "\n".join(
        describe_verdict(verdict)
    )


@pytest.mark.parametrize(("seconds", "found"), [(TOLERANCE + 30, 0), (TOLERANCE + 31, 1)])
def test_ten_minutes_are_allowed_and_not_a_second_more(seconds: int, found: int) -> None:
    verdict = verify(redate(set_back(11, seconds)))

    assert verdict.times is not None
    assert verdict.times.outliers == found


def test_an_old_checkpoint_that_is_cosigned_again_late_says_nothing_against_what_was_seen_before() -> None:
    log = build_honest()
    cosign(log, 0, "2026-03-01T00:00:00Z")

    verdict = verify(log)

    assert verdict.times is not None
    assert (verdict.times.outliers, verdict.times.anchors, verdict.times.last) == (0, 4, "2026-03-01T00:00:00Z")


def test_the_words_of_a_checkpoint_that_these_entries_never_had_count_for_nothing() -> None:
    log, other = redate(set_back(9, 2400)), build_honest()
    log.notes[1] = other.notes[1]  # the same, as entries 0 to 6 are; and one that is not:
    log.notes[2] = other.notes[2]

    verdict = verify(log)

    assert verdict.times is not None
    assert (verdict.integrity, verdict.times.anchors, verdict.times.beyond) == ("invalid", 2, 5)


def test_a_known_witness_s_bad_line_spoils_an_older_checkpoint_too() -> None:
    log = build_honest()
    log.notes[0] += cosign_checkpoint(read_text(log.notes[1]), 1, VERIFIERS["port"], KEYS["port"].sign)

    assert [fault.code for fault in verify(log).faults] == ["bad-signature"]


def find_slowly(received: list[int], anchors: list[tuple[int, int, int]]) -> list[tuple[int, str]]:
    """Find outliers entry by entry, by the definition."""
    found = []
    for index, at in enumerate(received):
        most = min((time + slack for size, time, slack in anchors if size > index), default=LAST_SECOND)
        least = max((time - slack for size, time, slack in anchors if size <= index and time - slack <= most), default=-(1 << 60))
        if at > most + TOLERANCE and any(size > index for size, _, _ in anchors):
            found.append((index, "future"))
        elif at < least - TOLERANCE:
            found.append((index, "back-dated"))
    return found


@given(
    st.lists(st.integers(0, 20_000), min_size=1, max_size=30),
    st.lists(st.tuples(st.integers(0, 32), st.integers(0, 20_000), st.sampled_from([0, 0, 900])), max_size=12),
)
def test_spans_are_judged_as_entries_are_one_by_one(received: list[int], anchors: list[tuple[int, int, int]]) -> None:
    anchors.sort()
    brackets = Brackets()
    for at in received:
        brackets.add_entry(write_seconds(at))
    for size, time, slack in anchors:
        brackets.add_anchor(size, time, "lab", slack)

    times = brackets.summarize(1000)

    assert [(one.index, one.kind) for one in times.listed] == find_slowly(received, anchors)
    assert times.bracketed + times.beyond == len(received)


def test_times_beyond_the_calendar_and_entries_that_cannot_be_read_count_for_nothing() -> None:
    brackets = Brackets()
    for instant in ("0001-01-01T00:00:00Z", None, "9999-12-31T23:59:59Z"):
        brackets.add_entry(instant)
    brackets.add_anchor(2, 2**63 - 1, "lab")

    assert (brackets.summarize(5).anchors, brackets.summarize(5).outliers) == (0, 0)
    brackets.add_anchor(2, 0, "lab")
    assert brackets.summarize(5).listed == ()
    assert brackets.summarize(5).first == "1970-01-01T00:00:00Z"


def test_many_outliers_are_counted_and_some_are_listed() -> None:
    brackets = Brackets()
    for _ in range(500):
        brackets.add_entry("2026-01-01T00:00:00Z")
    brackets.add_anchor(500, 0, "lab")

    times = brackets.summarize(100)

    assert (times.outliers, len(times.listed)) == (500, 100)


# Timestamps


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def tokens(authority: Authority) -> dict[int, bytes]:
    """Tokens of today over the honest log's checkpoints of 7 and 12 entries."""
    notes = build_honest().notes
    with serve_authority(authority) as url:
        return {
            size: fetch_timestamp(url, read_text(note), read_roots(authority.root))[0] for size, note in ((7, notes[1]), (12, notes[2]))
        }


def run(folder: Path, data: bytes, roots: bytes, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    """Run the auditor's command with certificates; gives its exit code and what it says of times."""
    (folder / "audit.zip").write_bytes(data)
    (folder / "log.key").write_text(CLAIMS.log_key)
    (folder / "roots.pem").write_bytes(roots)
    options = ["--key-file", str(folder / "log.key"), "--timestamp-roots", str(folder / "roots.pem"), "--json"]
    code = main(["verify", str(folder / "audit.zip"), *options])
    said = capsys.readouterr()
    return code, json.loads(said.out)["times"] if said.out else said.err


def test_timestamps_of_an_audit_file_bracket_its_entries(
    tmp_path: Path, authority: Authority, tokens: dict[int, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    code, times = run(tmp_path, build_small_log(deliveries=10).write({}, tokens), authority.root, capsys)

    assert (code, times["timestamps"], times["anchors"], times["unheld"], times["bracketed"]) == (0, 2, 2, [], 12)
    when = check_timestamp(tokens[7], read_text(build_honest().notes[1]).encode(), read_roots(authority.root)).time
    late = [{"index": index, "received_at": f"2026-01-01T00:{index + 1:02}:00Z", "kind": "back-dated", "bound": when, "who": "timestamp"}
            for index in range(7, 12)]  # fmt: skip
    assert (times["first"], times["listed"]) == (when, late)  # the log says January 2026, the authority's clock does not


@pytest.mark.parametrize("trick", ["of another checkpoint", "of another authority", "of no bytes", "of a size that has no checkpoint"])
def test_a_timestamp_that_does_not_hold_counts_for_nothing_and_is_no_fault_of_the_log(
    tmp_path: Path, authority: Authority, tokens: dict[int, bytes], trick: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log, roots = build_small_log(deliveries=10), authority.root
    written = {"of another checkpoint": {7: tokens[12]}, "of no bytes": {7: b""}}.get(trick, {7: tokens[7]})
    data = log.write({}, written)
    if trick == "of another authority":
        roots = Authority(tmp_path / "other").root
    if trick == "of a size that has no checkpoint":
        data = data.replace(b"timestamps/7.tsr", b"timestamps/8.tsr")
        data = fit_manifest(data)

    code, times = run(tmp_path, data, roots, capsys)

    assert (code, times["timestamps"], times["anchors"], times["outliers"]) == (0, 0, 0, 0)
    assert [one["size"] for one in times["unheld"]] == [8 if "size" in trick else 7]
    assert times["unheld"][0]["reason"]


def fit_manifest(data: bytes) -> bytes:
    """Make the manifest's checksum fit after a name in it was changed."""
    begin = data.rindex(b'{"format":"symbiosis-ledger/manifest/v1"')
    end = data.index(b"\n", begin) + 1
    place = data.rindex(b"PK\x01\x02") + 16
    crc = zlib.crc32(data[begin:end]).to_bytes(4, "little")
    local = data.rindex(b"PK\x03\x04", 0, begin) + 14
    changed = bytearray(data)
    changed[place : place + 4], changed[local : local + 4] = crc, crc
    return bytes(changed)


def test_without_its_library_timestamps_are_asked_for_in_vain_and_the_package_is_named(
    tmp_path: Path, authority: Authority, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "ledger.timestamp", raising=False)
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)

    code, said = run(tmp_path, build_honest().write(), authority.root, capsys)

    assert (code, "pip install rfc3161-client" in said) == (2, True)


@pytest.mark.parametrize("roots", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_roots_that_are_none_end_in_two(tmp_path: Path, roots: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(tmp_path, build_honest().write(), roots, capsys)

    assert (code, "Traceback" in said) == (2, False)


def test_a_token_that_a_log_keeps_fits_into_an_audit_file() -> None:
    assert MAX_TOKEN <= MAX_TIMESTAMP
