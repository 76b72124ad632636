"""Offline audit of a generated file: what each check costs. `python -m tests.benchmarks.bench_audit [ENTRIES]`."""

import io
import sys
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import Any

from ledger.contents import RowList
from ledger.evidence import open_audit_file
from ledger.keys import verify_signature
from ledger.merkle import hash_leaf
from ledger.entry_checks import Effort, EntryChecks
from ledger.statement import STATEMENT_PREFIX, Signed
from ledger.trail import Roots
from ledger.verify import verify_audit_file
from tests.ledger.small_log import CLAIMS, FIRM, LOG, SmallLog, enrol_key, found_log, make_key

SEEN_STEP = 100  #: entries between published checkpoints


def generate_log(count: int, *, contents: bool) -> SmallLog:
    """Build a log of one firm's deliveries, one a minute, each referring to the one before."""
    log = SmallLog()
    found_log(log)
    enrol_key(log, "firm", FIRM, ["signatory", "operator"])
    key, roots = make_key("firm"), Roots()
    for data in log.entries:
        roots.append(hash_leaf(data))
    seen = log.see()
    values: list[tuple[str, Any]] = [
        ("quantity", "23.230"),
        ("unit", "TNE"),
        ("vehicle", "AB 12 345"),
        ("weighings", RowList(("11.6", "11.63"))),
    ]
    for _ in range(count - len(log.entries)):
        log.say("delivery.dispatched", key, FIRM, {}, values, seen=seen, refs=(log.signed[-1].hash,))
        roots.append(hash_leaf(log.entries[-1]))
        if roots.size % SEEN_STEP == 0:
            seen = replace(seen, size=roots.size, root=roots.compute_root(roots.size).hex())
    if not contents:
        log.contents = [None] * count
    log.publish()
    return log


def measure(name: str, count: int, run: Callable[[], object]) -> None:
    """Print entries a second of one run."""
    begin = perf_counter()
    run()
    took = perf_counter() - begin
    print(f"{name:58} {count / took:12,.0f} /s {took / count * 1e6:8.1f} µs each")


def audit(data: bytes, threads: int = 2) -> None:
    """Verify, and fail unless intact."""
    verdict = verify_audit_file(io.BytesIO(data), origin=LOG, log_key=CLAIMS.log_key, threads=threads)
    if verdict.integrity != "unwitnessed":
        raise SystemExit(f"the generated log does not verify: {verdict.faults[:3]}")


def audit_without_signatures(data: bytes) -> None:
    """Verify everything but the statements' signatures: for this figure only, no option of the verifier does so."""
    kept = SignatureCheck.add_signed
    SignatureCheck.add_signed = lambda *_: None  # type: ignore[method-assign]  # off the clock
    try:
        audit(data)
    finally:
        SignatureCheck.add_signed = kept  # type: ignore[method-assign]  # off the clock


def fold_tree(data: bytes) -> None:
    """Read the file and build chain and tree, as a monitor does that trusts the sequencer's rules."""
    roots, previous = Roots(), b"0" * 64
    with open_audit_file(io.BytesIO(data)) as file:
        for line in file.read_entries():
            leaf = hash_leaf(line)
            place = line.index(b'"previous":"') + 12
            if line[place : place + 64] != previous:
                raise SystemExit("the generated chain is broken")
            previous = leaf.hex().encode()
            roots.append(leaf)


def verify_only(signed: list[Signed]) -> None:
    """Verify signatures and nothing else: the limit that the machine sets, on one thread."""
    public = make_key("firm").public
    for one in signed:
        verify_signature(public, one.signature, STATEMENT_PREFIX + one.encoded)


def main() -> None:
    """Generate and measure."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    bare = generate_log(count, contents=False)
    data = bare.write()
    print(f"{count:,} entries, {len(data) / count:.0f} bytes each, without contents")
    measure("chain and tree alone", count, lambda: fold_tree(data))
    measure("all but signatures", count, lambda: audit_without_signatures(data))
    measure("all, signatures on one thread", count, lambda: audit(data, 1))
    measure("all, signatures on two threads", count, lambda: audit(data, 2))
    measure("signatures alone, one thread (the machine's limit)", 5000, lambda: verify_only(bare.signed[:5000]))
    full = generate_log(count // 5, contents=True).write()
    print(f"{count // 5:,} entries, {len(full) / (count // 5):.0f} bytes each, with contents of four fields, two rows")
    measure("all but signatures", count // 5, lambda: audit_without_signatures(full))
    measure("all, signatures on two threads", count // 5, lambda: audit(full, 2))


if __name__ == "__main__":
    main()
