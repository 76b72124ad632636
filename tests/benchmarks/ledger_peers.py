"""What the ledger's peers reach with the same work on the same disk: auditchain, pymerkle and witness-log, as far as they offer it."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks.measuring import Rate, compare, find_peer, measure, one_core

BATCH = 1000
PAYLOAD = 500  #: bytes, about what a statement has
FEW = 20  #: proofs asked of a peer that rebuilds its tree for each
MOST_READ = 100_000  #: records at which a peer that reads its whole log for a proof is still asked


def append_to_peers(count: int, ours: Rate | None) -> None:
    """Append in batches: auditchain with its server's signature per record and without, pymerkle's and witness-log's bare leaves."""
    with one_core():
        if auditchain := find_peer("auditchain"):
            for words, options in (("server-side signing", {"signing_key": auditchain.generate_keypair()[0]}), ("unsigned", {})):
                with tempfile.TemporaryDirectory() as folder:
                    rate = measure(f"  auditchain, {words}", count, lambda: fill_auditchain(auditchain, folder, count, options))  # noqa: B023 - run at once
                    compare(ours, rate)
        if pymerkle := find_peer("pymerkle"):
            with tempfile.TemporaryDirectory() as folder, open_pymerkle(pymerkle, folder) as tree:
                compare(ours, measure("  pymerkle SqliteTree, leaves without signature", count, lambda: fill_pymerkle(tree, count)))
        if witness_log := find_peer("witness_log"):
            with tempfile.TemporaryDirectory() as folder:
                log = witness_log.open(str(Path(folder) / "journal"))
                compare(ours, measure("  witness-log journal, leaves without signature", count, lambda: fill_witness_log(log, count)))
                log.close()


def prove_with_peers(size: int, inclusion: Rate, consistency: Rate) -> None:
    """Ask for proofs from a tree of a size."""
    if pymerkle := find_peer("pymerkle"):
        with tempfile.TemporaryDirectory() as folder, open_pymerkle(pymerkle, folder) as tree:
            fill_pymerkle(tree, size)
            ask(f"  pymerkle, inclusion, {size:,}", inclusion, lambda number: tree.prove_inclusion(number * 7919 % size + 1, size))
            ask(f"  pymerkle, consistency, {size:,}", consistency, lambda number: tree.prove_consistency(number * 7919 % size + 1, size))
    if witness_log := find_peer("witness_log"):
        with tempfile.TemporaryDirectory() as folder:
            log = witness_log.open(str(Path(folder) / "journal"))
            fill_witness_log(log, size)
            ask(f"  witness-log, inclusion, {size:,}", inclusion, lambda number: log.inclusion_proof(number * 7919 % size))
            log.close()
    auditchain = find_peer("auditchain") if size <= MOST_READ else None
    if auditchain:
        with tempfile.TemporaryDirectory() as folder:
            fill_auditchain(auditchain, folder, size, {})
            rate = measure(
                f"  auditchain, inclusion, {size:,}", 1, lambda: asyncio.run(prove_with_auditchain(auditchain, folder, size // 2))
            )
            compare(inclusion, rate)


def ask(words: str, ours: Rate, prove: Callable[[int], object]) -> None:
    """Ask a peer for a few proofs."""
    compare(ours, measure(words, FEW, lambda: [prove(number) for number in range(FEW)]))


def fill_auditchain(auditchain: Any, folder: str, count: int, options: dict[str, Any]) -> None:
    """Append records in batches."""
    rows = [("o-gypsum", "delivery.dispatched", f"delivery:{number}", {"note": "x" * 400}) for number in range(count)]

    async def append() -> None:
        async with auditchain.AuditLog(auditchain.SqliteBackend(Path(folder) / "audit.sqlite"), **options) as log:
            for begin in range(0, count, BATCH):
                await log.append_many(rows[begin : begin + BATCH])

    asyncio.run(append())


async def prove_with_auditchain(auditchain: Any, folder: str, index: int) -> None:
    """Ask for one proof: auditchain reads its whole log for it."""
    async with auditchain.AuditLog(auditchain.SqliteBackend(Path(folder) / "audit.sqlite")) as log:
        await log.inclusion_proof(index)


def open_pymerkle(pymerkle: Any, folder: str) -> Any:
    """Open a tree in a SQLite file."""
    return pymerkle.SqliteTree(str(Path(folder) / "tree.db"), algorithm="sha256")


def fill_pymerkle(tree: Any, count: int) -> None:
    """Append leaves in batches."""
    for begin in range(0, count, BATCH):
        tree.append_entries([b"%d" % number + b"x" * PAYLOAD for number in range(begin, min(begin + BATCH, count))])


def fill_witness_log(log: Any, count: int) -> None:
    """Append leaves, synced in batches."""
    for number in range(count):
        log.append_intent(b"%d" % number + b"x" * PAYLOAD)
        if number % BATCH == BATCH - 1:
            log.sync()
    log.sync()
