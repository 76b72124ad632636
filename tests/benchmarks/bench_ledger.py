"""The ledger alone beside its peers: append, group commit, proofs. `python -m tests.benchmarks.bench_ledger [STATEMENTS [PROOF_SIZE]]`.

Signing is never on the clock, verifying is unless a line says otherwise. Durable: SQLite in WAL with synchronous=FULL, guard file synced.
Peers (`pip install auditchain pymerkle`) run in the same minute on the same disk; without them their lines are left out.
"""

import asyncio
import importlib
import importlib.util
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from contracts.database import migrate
from ledger import store
from ledger.intake import Checked
from ledger.merkle import Frontier, Node, check_inclusion
from ledger.outcome import Receipt
from ledger.statement import STATEMENT_PREFIX, Submission
from tests.ledger.live_log import LiveLog

BATCH = 1000
SUBMITTERS = 64
PROOFS = 2000


@dataclass(frozen=True, slots=True)
class Rate:
    """What one run reached."""

    wall: float  #: a second
    cpu: float  #: a second of processor time: what is left on a machine that does other things meanwhile


def measure(name: str, count: int, run: Callable[[], object]) -> Rate:
    """Print and give the rates of one run."""
    begin, begin_cpu = perf_counter(), process_time()
    run()
    rate = Rate(count / (perf_counter() - begin), count / max(1e-9, process_time() - begin_cpu))
    print(f"{name:76} {rate.wall:9,.0f} /s {rate.cpu:9,.0f} /s of CPU")
    return rate


def compare(ours: Rate, theirs: Rate) -> None:
    """Print how many times a peer's rates ours are."""
    print(f"{'':76} ours is {ours.wall / theirs.wall:.2f} times that, {ours.cpu / theirs.cpu:.2f} times by CPU")


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process on one core."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    yield
    os.sched_setaffinity(0, cores)


@contextmanager
def found_live() -> Iterator[LiveLog]:
    """Found a log in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/ledger.db"
        migrate(url)
        live = LiveLog(url, Path(folder))
        yield live
        live.close()


def append_all(live: LiveLog, submissions: list[Submission]) -> None:
    """Submit in batches; every one must be entered."""
    for begin in range(0, len(submissions), BATCH):
        outcomes = live.log.submit_many(submissions[begin : begin + BATCH])
        if not all(isinstance(outcome, Receipt) for outcome in outcomes):
            raise SystemExit(f"not entered: {outcomes[0]}")


def bench_append(count: int) -> Rate:
    """Append statements that a firm signed, each verified; gives the rate on one core without contents."""
    print(f"\nappend, batches of {BATCH:,}, each statement signed by a firm and verified, SQLite FULL")
    with found_live() as live:
        bare = [live.firm.say("delivery.dispatched") for _ in range(count)]
        signed = [one.signed for one in bare]
        public = live.firm.key.public
        with one_core():
            verify = load_verify(public)
            measure(
                "  the machine's limit: verifying signatures and nothing else, one core", count, lambda: [verify(one) for one in signed]
            )
            rate = measure("  statements without contents, one core", count, lambda: append_all(live, bare))
        full = [live.firm.deliver() for _ in range(count)]
        with one_core():
            measure("  statements with two salted fields, one core", count, lambda: append_all(live, full))
        bare, full = [live.firm.say("delivery.dispatched") for _ in range(count)], [live.firm.deliver() for _ in range(count)]
        measure("  statements without contents, all cores", count, lambda: live.log.submit_many(bare))
        measure("  statements with two salted fields, all cores", count, lambda: live.log.submit_many(full))
        checked = check_all(live, [live.firm.say("delivery.dispatched") for _ in range(count)])
        measure("  without contents, signatures off the clock", count, lambda: live.log._writer.enter(checked))
    return rate


def load_verify(public: bytes) -> Callable[[Any], None]:
    """Give cryptography's own verification under one key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - beside the measure

    key = Ed25519PublicKey.from_public_bytes(public)
    return lambda signed: key.verify(signed.signature, STATEMENT_PREFIX + signed.encoded)


def check_all(live: LiveLog, submissions: list[Submission]) -> list[Checked]:
    """Check submissions before the clock starts."""
    with ThreadPoolExecutor(2) as pool:
        return [one for one in live.log._intake.check_many(submissions, pool) if isinstance(one, Checked)]


def find_peer(name: str) -> Any:
    """Import a peer; None, with a word, if it is not installed."""
    if importlib.util.find_spec(name) is None:
        print(f"  {name} is not installed")
        return None
    return importlib.import_module(name)


def bench_append_peer(count: int, ours: Rate) -> None:
    """Append to auditchain, with its server-side signature per record and without."""
    peer = find_peer("auditchain")
    if peer is None:
        return
    rows = [("o-gypsum", "delivery.dispatched", f"delivery:{number}", {"note": "x" * 400}) for number in range(count)]

    async def append(folder: str, **options: Any) -> None:
        async with peer.AuditLog(peer.SqliteBackend(Path(folder) / "audit.sqlite"), **options) as log:
            for begin in range(0, count, BATCH):
                await log.append_many(rows[begin : begin + BATCH])

    with one_core():
        for name, options in (("with server-side signing", {"signing_key": peer.generate_keypair()[0]}), ("unsigned", {})):
            with tempfile.TemporaryDirectory() as folder:
                rate = measure(f"  auditchain, {name}, one core", count, lambda: asyncio.run(append(folder, **options)))  # noqa: B023 - run at once
                compare(ours, rate)


def bench_group_commit(count: int) -> None:
    """Let waiting threads submit what is checked already."""
    print(f"\nappend through the sequencer, {SUBMITTERS} waiting submitters, signatures off the clock, SQLite FULL")
    with found_live() as live:
        checked = check_all(live, [live.firm.say("delivery.dispatched") for _ in range(count)])
        shares = [checked[number::SUBMITTERS] for number in range(SUBMITTERS)]
        waits: list[float] = []

        def submit(share: list[Checked]) -> None:
            mine = []
            for one in share:
                begin = perf_counter()
                live.log.submit_checked(one)
                mine.append(perf_counter() - begin)
            waits.extend(mine)

        live.log.start()
        threads = [threading.Thread(target=submit, args=(share,)) for share in shares]

        def run() -> None:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        measure("  ours", count, run)
        live.log.stop()
        waits.sort()
        print(f"  p50 {waits[count // 2] * 1e3:.1f} ms, p99 {waits[count * 99 // 100] * 1e3:.1f} ms")


def fill_tree(live: LiveLog, size: int) -> list[bytes]:
    """Fill the store to a size with entries of made-up bytes, which is all that a proof needs; gives the leaf hashes."""
    frontier, log_id = Frontier(), live.log.log_id
    leaves = store_leaves(live)
    for leaf in leaves:
        frontier.append(leaf)
    while frontier.size < size:
        begin, nodes, new = frontier.size, list[tuple[Node, bytes]](), list[store.StoredEntry]()
        for index in range(begin, min(begin + 10_000, size)):
            leaf = sha256(b"leaf %d" % index).digest()
            leaves.append(leaf)
            nodes += frontier.append(leaf)
            found = sha256(b"statement %d" % index).hexdigest()
            new.append(
                store.StoredEntry(index, leaf.hex(), found, "o-gypsum", found, "a.b", "key", index + 10**6, "t:1", "2026", b"x" * 500)
            )
        head = store.Head(frontier.size, frontier.compute_root(), leaves[-1].hex(), "2026-01-01T00:00:00Z")
        with store.writing(live.engine, log_id) as connection:
            store.append(connection, log_id, begin, head, new, nodes)
    return leaves


def store_leaves(live: LiveLog) -> list[bytes]:
    """Read the leaf hashes so far."""
    return [bytes.fromhex(entry.leaf_hash) for entry in live.log.read_entries(0, 10)]


def bench_proofs(size: int) -> None:
    """Prove inclusion from storage, each proof checked off the clock."""
    print(f"\ninclusion proofs from storage, a tree of {size:,}")
    with found_live() as live:
        leaves = fill_tree(live, size)
        head = live.log.read_head()
        if head is None:
            raise SystemExit("the log is empty")
        indexes = [number * 7919 % size for number in range(PROOFS)]
        live.start_again()
        cold = measure("  ours, first time", PROOFS, lambda: [live.log.prove_inclusion(index, size) for index in indexes])
        measure("  ours, high nodes in memory", PROOFS, lambda: [live.log.prove_inclusion(index + 1, size) for index in indexes[:-1]])
        for index in indexes[:100]:
            check_inclusion(leaves[index], index, size, live.log.prove_inclusion(index, size), head.root)
    bench_proofs_peers(size, cold)


def bench_proofs_peers(size: int, ours: Rate) -> None:
    """Prove inclusion with the peers; auditchain reads its whole log for each proof, so it is asked once on a small one."""
    pymerkle, auditchain = find_peer("pymerkle"), find_peer("auditchain")
    if pymerkle is not None:
        with tempfile.TemporaryDirectory() as folder, pymerkle.SqliteTree(str(Path(folder) / "tree.db"), algorithm="sha256") as tree:
            tree.append_entries([b"%d" % number + b"x" * 500 for number in range(size)])
            few = 20
            rate = measure(
                "  pymerkle, first time", few, lambda: [tree.prove_inclusion(number * 7919 % size + 1, size) for number in range(few)]
            )
            compare(ours, rate)
    if auditchain is not None:
        small = min(size, 20_000)

        async def prove(folder: str) -> Rate:
            async with auditchain.AuditLog(auditchain.SqliteBackend(Path(folder) / "audit.sqlite")) as log:
                await log.append_many([("a", "b", str(number), None) for number in range(small)])
                begin, begin_cpu = perf_counter(), process_time()
                await log.inclusion_proof(small // 2)
                return Rate(1 / (perf_counter() - begin), 1 / (process_time() - begin_cpu))

        with tempfile.TemporaryDirectory() as folder:
            rate = asyncio.run(prove(folder))
        print(f"  auditchain, a log of {small:,}: {rate.wall:.1f} /s")
        compare(ours, rate)


def main() -> None:
    """Measure everything."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    bench_append_peer(count, bench_append(count))
    bench_group_commit(count * 2)
    bench_proofs(int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)


if __name__ == "__main__":
    main()
