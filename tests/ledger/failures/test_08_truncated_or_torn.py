"""A bundle that is cut off or torn, and a tail left out with everything else made to fit: never "fine up to there" without a word."""

import io
from pathlib import Path
from typing import Any

import pytest

from ledger.__main__ import main
from ledger.canonical import JSON, encode_canonical
from ledger.evidence import build_evidence
from ledger.merkle import compute_root, hash_leaf, prove_inclusion
from ledger.verdict import Verdict
from ledger.verify import verify_audit_file
from tests.ledger.small_log import CLAIMS, LOG, SmallLog, build_small_log
from tests.ledger.test_evidence import repack

OPTIONS: dict[str, Any] = {"origin": LOG, "log_key": CLAIMS.log_key}


def verify(data: bytes, **options: Any) -> Verdict:
    return verify_audit_file(io.BytesIO(data), **(OPTIONS | options))


def read_command(folder: Path, name: str, data: bytes) -> int:
    """Give the exit code of a command over these bytes."""
    (folder / "file").write_bytes(data)
    (folder / "log.key").write_text(CLAIMS.log_key, "utf-8")
    return main([name, str(folder / "file"), "--key-file", str(folder / "log.key"), "--quiet"])


def test_a_bundle_cut_off_anywhere_is_invalid_in_every_command(tmp_path: Path) -> None:
    data = build_small_log(6).write()
    cuts = [*range(0, len(data), 97), *range(len(data) - 40, len(data))]

    assert {verify(data[:cut]).integrity for cut in cuts} == {"invalid"}
    assert {read_command(tmp_path, "verify", data[:cut]) for cut in cuts[::20]} == {1}
    assert {read_command(tmp_path, "heads", data[:cut]) for cut in cuts[::20]} == {2}


def test_a_bundle_with_a_torn_page_is_invalid() -> None:
    data = build_small_log(40).write()
    assert len(data) > 30_000

    for begin in range(0, len(data), 4096):
        torn = data[:begin] + bytes(min(4096, len(data) - begin)) + data[begin + 4096 :]

        assert verify(torn).exit_code == 1, begin


@pytest.mark.parametrize("left", [0, 1, 3, 5])
def test_a_tail_left_out_of_a_bundle_whose_container_fits_is_named(left: int) -> None:
    log = build_small_log(4)
    entries = b"".join(data + b"\n" for data in log.entries[:left])
    contents = b"".join(encode_canonical({"contents": shown, "index": index}) + b"\n" for index, shown in enumerate(log.contents[:left]))
    claims: JSON = {"format": "symbiosis-ledger/audit/v1", "founding": hash_leaf(log.entries[0]).hex(), "size": left, "log": LOG,
              "log_key": CLAIMS.log_key, "receipt_key": CLAIMS.receipt_key}  # fmt: skip
    about = encode_canonical(claims) + b"\n"

    verdict = verify(repack(log.write(), {"entries.jsonl": entries, "contents.jsonl": contents, "log.json": about}))

    assert (verdict.integrity, verdict.exit_code, verdict.size) == ("diverged", 1, left)
    assert {fault.code for fault in verdict.faults} == {"rollback"}


@pytest.mark.parametrize("cut", [1, 2, 30, 400])
def test_a_torn_last_entry_is_named(cut: int) -> None:
    log = build_small_log(4)
    entries = b"".join(data + b"\n" for data in log.entries)

    verdict = verify(repack(log.write(), {"entries.jsonl": entries[:-cut]}))

    assert verdict.integrity == "invalid"
    assert {fault.index for fault in verdict.faults} & {5, None}


def test_an_older_bundle_is_a_rollback_to_who_kept_the_newest_head(tmp_path: Path) -> None:
    log = build_small_log(4)
    newer, kept = log.write(), tmp_path / "kept"
    older = SmallLog(log.entries[:4], log.contents[:4], log.notes[:2])
    (tmp_path / "log.key").write_text(CLAIMS.log_key, "utf-8")

    codes = []
    for data in (older.write(), newer, older.write()):
        (tmp_path / "file").write_bytes(data)
        codes.append(main(["verify", str(tmp_path / "file"), "--key-file", str(tmp_path / "log.key"), "--keep", str(kept), "--quiet"]))

    assert codes == [0, 0, 1]
    assert kept.read_text("utf-8") == log.notes[-1]


def test_evidence_cut_off_or_with_a_torn_path_is_refused(tmp_path: Path) -> None:
    log = build_small_log(4)
    leaves = [hash_leaf(data) for data in log.entries]

    def read_nodes(nodes: Any) -> Any:
        return {(level, place): compute_root(leaves[place << level : (place + 1) << level]) for level, place in nodes}

    path = prove_inclusion(read_nodes, 4, 6)
    data = build_evidence(entry=log.entries[4], path=path, checkpoint=log.notes[-1], contents=log.contents[4])

    assert read_command(tmp_path, "check", data) == 0
    assert {read_command(tmp_path, "check", data[:cut]) for cut in range(0, len(data), 61)} == {1}
    torn = build_evidence(entry=log.entries[4], path=path[:-1], checkpoint=log.notes[-1], contents=log.contents[4])
    assert read_command(tmp_path, "check", torn) == 1
