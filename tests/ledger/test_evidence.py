"""Audit files and the evidence of one entry: what is written is read, and what was changed is refused."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger.archive import ArchiveWriter
from ledger.canonical import encode_canonical
from ledger.contents import withhold_fields, withhold_rows
from ledger.entry import decode_entry
from ledger.errors import BadProof, BadSignature, EvidenceError, Malformed
from ledger.evidence import MANIFEST_FORMAT, MAX_TIMESTAMP, MAX_TIMESTAMPS, README, build_evidence, check_evidence, open_audit_file
from ledger.merkle import compute_root, hash_leaf, prove_inclusion
from ledger.statement import sign_statement
from ledger.verify import verify_audit_file
from tests.ledger.ml_dsa_lines import add_line, fill_with_lines
from tests.ledger.small_log import CLAIMS, LOG, SmallLog, build_small_log, make_key, make_verifier_key


def prove_entry(log: SmallLog, index: int) -> list[bytes]:
    leaves = [hash_leaf(data) for data in log.entries]

    def read_node(level: int, place: int) -> bytes:
        return compute_root(leaves[place << level : (place + 1) << level])

    return prove_inclusion(lambda nodes: {node: read_node(*node) for node in nodes}, index, len(leaves))


def make_evidence(index: int = 3, **changes: Any) -> bytes:
    log = build_small_log()
    parts: dict[str, Any] = {"entry": log.entries[index], "path": prove_entry(log, index), "checkpoint": log.notes[-1],
                             "contents": log.contents[index]} | changes  # fmt: skip
    return build_evidence(**parts)


@pytest.mark.parametrize("change", [add_line, fill_with_lines], ids=["the log's own line", "as many lines as there may be"])
def test_evidence_under_a_checkpoint_with_lines_by_ml_dsa_holds(change: Callable[[str], str]) -> None:
    note = change(build_small_log().notes[-1])

    shown = check_evidence(make_evidence(checkpoint=note), origin=LOG, log_key=CLAIMS.log_key)

    assert (shown.entry.index, shown.checkpoint.size) == (3, 4)


@pytest.mark.parametrize("change", [add_line, fill_with_lines], ids=["the log's own line", "as many lines as there may be"])
def test_an_audit_file_with_lines_by_ml_dsa_is_intact_for_who_does_not_know_their_key(change: Callable[[str], str]) -> None:
    log = build_small_log()
    log.notes = [change(note) for note in log.notes]

    verdict = verify_audit_file(io.BytesIO(log.write()), origin=LOG, log_key=CLAIMS.log_key, known_heads=[log.notes[0], log.notes[-1]])

    assert (verdict.integrity, verdict.exit_code, verdict.checkpoints, verdict.faults) == ("consistent", 0, 3, ())
    assert verdict.checkpoint == log.notes[-1]


def test_an_audit_file_gives_back_what_was_written() -> None:
    log = build_small_log()
    log.contents[0] = None

    with open_audit_file(io.BytesIO(log.write({"schemas/delivery.dispatched.1.json": b"{}", "facts/parties.json": b"[]"}))) as file:
        assert list(file.read_entries()) == log.entries
        assert list(file.read_contents()) == log.contents
        assert list(file.read_checkpoints()) == log.notes
        assert (file.log, file.size, file.checkpoint) == (CLAIMS, len(log.entries), log.notes[-1])
        assert file.read_member("facts/parties.json") == b"[]"
        assert file.read_member("README.txt").decode() == README


def test_an_audit_file_is_written_front_to_back() -> None:
    log = build_small_log()

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    writer = ArchiveWriter(pipe)  # type: ignore[arg-type]  # as much of a file as it uses
    writer.add_member("entries.jsonl", (data + b"\n" for data in log.entries))
    writer.finish()

    assert not pipe.seekable()
    assert pipe.data.count(b"PK\x03\x04") == 1


def test_timestamps_travel_by_the_sizes_of_their_checkpoints() -> None:
    log = build_small_log(deliveries=9)
    tokens = {2: b"\x30\x00", 11: b"\x30\x01\x00"}

    data = log.write({"facts/a.json": b"1"}, tokens)

    with open_audit_file(io.BytesIO(data)) as file:
        assert file.names[-4:] == ("facts/a.json", "timestamps/11.tsr", "timestamps/2.tsr", "manifest.json")
        assert {size: file.read_timestamp(size) for size in file.timestamps} == tokens
    assert verify_audit_file(io.BytesIO(data), origin=LOG, log_key=CLAIMS.log_key).exit_code == 0


@pytest.mark.parametrize(
    ("tokens", "reason"),
    [
        ({1: b"x"}, "no checkpoint"),
        ({0: b"x"}, "no checkpoint"),
        ({2: b"x" * (MAX_TIMESTAMP + 1)}, "64000 bytes"),
    ],
)
def test_a_timestamp_over_no_kept_checkpoint_or_beyond_all_bounds_is_not_written(tokens: dict[int, bytes], reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        build_small_log().write({}, tokens)


def pack(extras: list[tuple[str, bytes]]) -> bytes:
    """Write a small log's file with members of any names behind those that it must have."""
    file, described = io.BytesIO(), {}
    writer = ArchiveWriter(file)
    with open_audit_file(io.BytesIO(build_small_log().write())) as audit:
        for name, data in [*((name, audit.read_member(name)) for name in audit.names[:-1]), *extras]:
            size, digest = writer.add_member(name, [data])
            described[name] = {"size": size, "sha256": digest}
    writer.add_member("manifest.json", [encode_canonical({"format": MANIFEST_FORMAT, "members": described}) + b"\n"])  # type: ignore[dict-item]  # a list of objects is JSON
    writer.finish()
    return file.getvalue()


@pytest.mark.parametrize(
    "extras",
    [
        *([(name, b"x")] for name in ("timestamps/0.tsr", "timestamps/02.tsr", "timestamps/2.TSR", "timestamps/2.tsr.tsr", "timestamps/2")),
        *([(name, b"x")] for name in ("timestamps/0x2.tsr", "timestamps/12345678901234567.tsr", "timestamps/2/2.tsr", "stamps/2.tsr")),
        [("timestamps/2.tsr", b"x"), ("facts/a.json", b"1")],
        [("timestamps/4.tsr", b"x"), ("timestamps/2.tsr", b"x")],
        [("timestamps/2.tsr", b"x" * (MAX_TIMESTAMP + 1))],
        sorted((f"timestamps/{size}.tsr", b"") for size in range(1, MAX_TIMESTAMPS + 2)),
    ],
    ids=range(13),
)
def test_a_timestamp_of_another_name_order_length_or_number_is_refused(extras: list[tuple[str, bytes]]) -> None:
    verdict = verify_audit_file(io.BytesIO(pack(extras)), origin=LOG, log_key=CLAIMS.log_key)

    assert {fault.code for fault in verdict.faults} == {"malformed"}


@pytest.mark.parametrize(
    "extras",
    [
        [("timestamps/2.tsr", b"no token"), ("timestamps/3000.tsr", b"of no checkpoint"), ("timestamps/9007199254740993.tsr", b"")],
        [("facts/a.json", b"1"), ("schemas/a.b.1.json", b"1"), ("timestamps/2.tsr", b"\0" * MAX_TIMESTAMP)],
        sorted((f"timestamps/{size}.tsr", b"") for size in range(1, MAX_TIMESTAMPS + 1)),
    ],
    ids=range(3),
)
def test_what_a_timestamp_holds_is_no_business_of_who_trusts_no_authority(extras: list[tuple[str, bytes]]) -> None:
    assert verify_audit_file(io.BytesIO(pack(extras)), origin=LOG, log_key=CLAIMS.log_key).exit_code == 0


def test_a_member_that_stands_twice_is_refused() -> None:
    data = pack([("timestamps/2.tsr", b"x"), ("timestamps/4.tsr", b"x")]).replace(b"timestamps/4.tsr", b"timestamps/2.tsr")

    verdict = verify_audit_file(io.BytesIO(data), origin=LOG, log_key=CLAIMS.log_key)

    assert {fault.code for fault in verdict.faults} == {"malformed"}


@pytest.mark.parametrize(
    "name", ["schemas/x.json", "timestamps/2.tsr", "facts/../log.json", "entries.jsonl", "facts/A.json", "notes.txt", "facts/"]
)
def test_a_member_of_another_name_is_not_written(name: str) -> None:
    with pytest.raises(Malformed):
        build_small_log().write({name: b""})


def test_contents_for_some_entries_only_are_not_written() -> None:
    log = build_small_log()
    log.contents.pop()

    with pytest.raises(Malformed, match="contents for 3"):
        log.write()


def test_a_newest_checkpoint_that_covers_less_is_not_written() -> None:
    log = build_small_log()
    log.notes.pop()

    with pytest.raises(Malformed, match="covers all"):
        log.write()


def repack(data: bytes, changes: dict[str, bytes]) -> bytes:
    """Change members as a forger would, with headers and manifest that fit."""
    file, described = io.BytesIO(), {}
    writer = ArchiveWriter(file)
    with open_audit_file(io.BytesIO(data)) as audit:
        for name in audit.names[:-1]:
            size, digest = writer.add_member(name, [changes.get(name, audit.read_member(name))])
            described[name] = {"size": size, "sha256": digest}
    manifest = encode_canonical({"format": MANIFEST_FORMAT, "members": described}) + b"\n"  # type: ignore[dict-item]  # a list of objects is JSON
    writer.add_member("manifest.json", [changes.get("manifest.json", manifest)])
    writer.finish()
    return file.getvalue()


HOSTILE = (
    *(b"", b"\n", b"null\n", b"[]\n", b"{}\n", b"NaN\n", b"\xff\xfe\n", b"x" * 2_000_000, b"9" * 9_000 + b"\n"),
    *(b"[" * 50_000 + b"\n", b'{"format":' * 20_000 + b"\n", b'{"a":1,"a":1}\n', b'{"note":1}\n', b'{"note":"x"}\n'),
    *(b'{"contents":1,"index":0}\n', b'{"contents":{"fields":[{"leaf":[]}]},"index":0}\n'),
)


@pytest.mark.parametrize("name", ["entries.jsonl", "contents.jsonl", "checkpoints.jsonl", "checkpoint", "log.json", "manifest.json"])
@pytest.mark.parametrize("member", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_member_ends_in_a_verdict(name: str, member: bytes) -> None:
    data = repack(build_small_log().write(), {name: member})

    verdict = verify_audit_file(io.BytesIO(data), origin=LOG, log_key=CLAIMS.log_key)

    assert (verdict.integrity in {"invalid", "diverged"}, verdict.exit_code) == (True, 1)


@pytest.mark.parametrize("name", ["format", "founding", "size", "log", "log_key", "receipt_key"])
@pytest.mark.parametrize("value", [None, 1, True, -1, "", "x", [], {}, 2**53 - 1])
def test_a_claim_that_lies_ends_in_a_verdict(name: str, value: Any) -> None:
    data = build_small_log().write()
    with open_audit_file(io.BytesIO(data)) as file:
        claims = json.loads(file.read_member("log.json"))
    changed = repack(data, {"log.json": encode_canonical(claims | {name: value}) + b"\n"})

    assert verify_audit_file(io.BytesIO(changed), origin=LOG, log_key=CLAIMS.log_key).integrity == "invalid"


def test_a_manifest_that_names_other_bytes_is_noticed() -> None:
    data = build_small_log().write({"facts/a.json": b"1"})
    with open_audit_file(io.BytesIO(data)) as file:
        manifest = file.read_member("manifest.json")
    changed = repack(data, {"facts/a.json": b"2", "manifest.json": manifest})

    verdict = verify_audit_file(io.BytesIO(changed), origin=LOG, log_key=CLAIMS.log_key)

    assert [(fault.index, fault.code) for fault in verdict.faults] == [(None, "bad-proof")]


def test_evidence_of_an_unsigned_change_that_the_operator_published_is_refused() -> None:
    log = build_small_log()
    statement = replace(log.signed[3].statement, about="thing:2")
    changed = replace(sign_statement(statement, make_key("firm").sign), signature=log.signed[3].signature)
    forged = log.rebuild(lambda index, entry: replace(entry, signed=changed) if index == 3 else entry)
    data = make_evidence(entry=forged.entries[3], path=prove_entry(forged, 3), checkpoint=forged.notes[-1])

    with pytest.raises(BadSignature, match="entry 3"):
        check_evidence(data, origin=LOG, log_key=CLAIMS.log_key)


def test_evidence_shows_one_entry_with_its_contents() -> None:
    evidence = check_evidence(make_evidence(), origin=LOG, log_key=CLAIMS.log_key)

    assert (evidence.entry.index, evidence.checkpoint.size) == (3, 4)
    assert evidence.opened is not None
    assert evidence.opened.values == {"quantity": "23.230", "unit": "TNE", "weighings": ["11.600", "11.630"], "driver": None}


def test_evidence_shows_a_field_and_a_row_and_withholds_the_others() -> None:
    log = build_small_log()
    statement = decode_entry(log.entries[3]).signed.statement
    shown = withhold_rows(statement, withhold_fields(statement, log.contents[3] or {}, [0, 3]), 2, [0])

    evidence = check_evidence(make_evidence(contents=shown), origin=LOG, log_key=CLAIMS.log_key)

    assert evidence.opened is not None
    assert (evidence.opened.values, evidence.opened.rows) == ({"unit": "TNE"}, {"weighings": {1: "11.630"}})
    assert evidence.opened.withheld == (0, 2, 3)


def test_evidence_without_contents_shows_the_header() -> None:
    assert check_evidence(make_evidence(contents=None), origin=LOG, log_key=CLAIMS.log_key).opened is None


def test_every_flipped_bit_of_evidence_is_found() -> None:
    data = bytearray(make_evidence())
    unnoticed = []

    for place in range(len(data) * 8):
        if place % 8 == place // 8 % 8:  # one bit of each byte, each bit in turn: all of them would take a minute
            data[place >> 3] ^= 1 << (place & 7)
            try:
                check_evidence(bytes(data), origin=LOG, log_key=CLAIMS.log_key)
                unnoticed.append(place)
            except EvidenceError:
                pass
            data[place >> 3] ^= 1 << (place & 7)

    assert unnoticed == []


def test_evidence_of_another_place_is_refused() -> None:
    log = build_small_log()

    with pytest.raises(BadProof):
        check_evidence(make_evidence(path=prove_entry(log, 2)), origin=LOG, log_key=CLAIMS.log_key)


def test_evidence_with_contents_of_another_statement_is_refused() -> None:
    with pytest.raises(BadProof, match="contents_root"):
        check_evidence(make_evidence(contents=build_small_log().contents[2]), origin=LOG, log_key=CLAIMS.log_key)


def test_evidence_under_a_checkpoint_of_another_key_is_refused() -> None:
    other = make_verifier_key(LOG, make_key("other")).to_text()

    with pytest.raises(BadSignature):
        check_evidence(make_evidence(), origin=LOG, log_key=other)


def test_evidence_of_another_log_is_refused() -> None:
    with pytest.raises(BadSignature, match="not for"):
        check_evidence(make_evidence(), origin="ledger.other/main", log_key=CLAIMS.log_key)


@pytest.mark.parametrize(
    "data",
    [b"", b"{}\n", b"[" * 100_000 + b"\n", b"null\n", b'{"format":1e999}\n', b"\xff\n", encode_canonical({"format": "x"}) + b"\n",
     b'{"format":"symbiosis-ledger/evidence/v1","size":' + b"9" * 5000 + b"}\n", b'{"a":1,"a":2}\n'],
    ids=range(9),
)  # fmt: skip
def test_hostile_evidence_ends_in_a_refusal(data: bytes) -> None:
    with pytest.raises(EvidenceError):
        check_evidence(data, origin=LOG, log_key=CLAIMS.log_key)


@pytest.mark.parametrize("name", ["entry", "path", "checkpoint", "contents", "format"])
@pytest.mark.parametrize("value", [None, 1, True, "x", [], {}, ["00"], [None], [{}], {"fields": None}, "x" * 1000])
def test_evidence_of_other_types_ends_in_a_refusal(name: str, value: Any) -> None:
    shown = json.loads(make_evidence())
    if (name, value) == ("contents", None):
        return

    with pytest.raises(EvidenceError):
        check_evidence(encode_canonical(shown | {name: value}) + b"\n", origin=LOG, log_key=CLAIMS.log_key)


def test_many_names_of_which_one_stands_twice_are_refused_soon() -> None:
    names = ",".join(f'"n{number}":0' for number in range(60_000))

    with pytest.raises(EvidenceError, match="stands twice"):
        check_evidence(f'{{{names},"n59999":0}}\n'.encode(), origin=LOG, log_key=CLAIMS.log_key)
