"""The ledger alone beside its peers, in one run. `python -m tests.benchmarks.bench_ledger [SIZES …] [--quick]`; sizes 1000 and 100000.

Signing is never on the clock, verifying is unless a line says otherwise. Durable: SQLite in WAL with synchronous=FULL, guard file synced.
Peers: `pip install auditchain pymerkle witness-log`; one that is missing is named and left out. A million entries are measured when 1000000
is among the sizes. Rates by CPU are of the main process: what others verify for it is not in them. The whole path: bench_whole_path.
"""

import argparse
import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from time import perf_counter

from contracts.database import migrate
from ledger import signature_backend, store
from ledger.intake import Checked
from ledger.merkle import Frontier, Node, check_consistency, check_inclusion, hash_leaf
from ledger.outcome import Receipt
from ledger.signature_backend import Verify, list_backends, load_backend
from ledger.statement import STATEMENT_PREFIX, Submission
from ledger.verifying import Verifiers
from tests.benchmarks.bench_processes import bench_processes
from tests.benchmarks.ledger_peers import append_to_peers, prove_with_peers
from tests.benchmarks.measuring import WIDTH, Rate, judge, measure, one_core, tell
from tests.ledger.live_log import LiveLog, make_firm

BATCH = 1000
SUBMITTERS = 64
PROOFS = 2000
CHECKED = 50  #: proofs that are checked, off the clock
SHARE, TOGETHER, LATEST, PROVED = 0.7, 10_000, 25.0, 5_000  #: goals: of the verify limit, entries/s, ms at p99, proofs/s
_FILL = 10_000  #: entries in a commit while a tree is filled


@contextmanager
def found_live() -> Iterator[LiveLog]:
    """Found a log in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/ledger.db"
        migrate(url)
        live = LiveLog(url, Path(folder))
        yield live
        live.log.stop()
        live.close()


# Append


def append_all(live: LiveLog, submissions: Sequence[Submission], batch: int) -> None:
    """Submit; every one must be entered."""
    for begin in range(0, len(submissions), batch):
        outcomes = live.log.submit_many(submissions[begin : begin + batch])
        if not all(isinstance(outcome, Receipt) for outcome in outcomes):
            raise SystemExit(f"not entered: {outcomes[0]}")


def measure_limits(backend: str, submissions: Sequence[Submission]) -> tuple[Rate, Rate]:
    """Verify signatures and nothing else, on one core and on two: the limit that the machine sets."""
    verify, signed = load_backend(backend), [one.signed for one in submissions]
    public = make_firm().key.public

    def verify_part(verify: Verify, number: int, of: int) -> None:
        for one in signed[number::of]:
            verify(public, one.signature, STATEMENT_PREFIX + one.encoded)

    def verify_on_two() -> None:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda number: verify_part(verify, number, 2), range(2)))

    with one_core():
        alone = measure(f"  limit, {backend}, one core", len(signed), lambda: verify_part(verify, 0, 1))
    return alone, measure(f"  limit, {backend}, two cores", len(signed), verify_on_two)


def use_backend(backend: str) -> None:
    """Have this process, and those that it starts, verify with a backend."""
    os.environ[signature_backend.VARIABLE] = backend
    signature_backend.choose_backend.cache_clear()


def bench_append(count: int) -> Rate | None:
    """Append statements that a firm signed, each verified, with each backend; gives the last rate on one core without contents."""
    print(f"\nappend, batches of {BATCH:,}, each statement signed by a firm and verified, SQLite FULL, {count:,} statements", flush=True)
    rate = None
    for backend in reversed(list_backends()):
        use_backend(backend)
        with found_live() as live:
            tell("signing")
            first = [live.firm.say("delivery.dispatched") for _ in range(count)]
            limit, limits = measure_limits(backend, first)
            with one_core():
                live.log._verifiers = Verifiers()
                rate = measure(f"  {backend}, without contents, one core", count, lambda: append_all(live, first, BATCH))  # noqa: B023 - run at once
                judge("  of the limit on one core, by CPU", rate.cpu / limit.cpu, SHARE)
                filled = [live.firm.deliver() for _ in range(count)]
                measure(f"  {backend}, two salted fields, one core", count, lambda: append_all(live, filled, BATCH))  # noqa: B023 - the same
            live.log._verifiers = Verifiers()
            warm = [live.firm.say("delivery.dispatched") for _ in range(BATCH)]
            second = [live.firm.say("delivery.dispatched") for _ in range(count)]
            append_all(live, warm, BATCH)  # starts the process that verifies
            both = measure(f"  {backend}, without contents, all cores", count, lambda: append_all(live, second, count))  # noqa: B023 - the same
            judge("  of the limit on two cores", both.wall / limits.wall, SHARE)
            checked = check_all(live, [live.firm.say("delivery.dispatched") for _ in range(count)])
            measure("  without contents, signatures off the clock", count, lambda: live.log._writer.enter(checked))  # noqa: B023 - the same
    return rate


def check_all(live: LiveLog, submissions: list[Submission]) -> list[Checked]:
    """Check submissions before the clock starts."""
    return [one for one in live.log._intake.check_many(submissions) if isinstance(one, Checked)]


def bench_group_commit(count: int) -> None:
    """Let waiting threads submit what is checked already."""
    print(f"\nappend through the sequencer, {SUBMITTERS} waiting submitters, signatures off the clock, SQLite FULL, {count:,} statements")
    with found_live() as live:
        tell("signing")
        checked = check_all(live, [live.firm.say("delivery.dispatched") for _ in range(count)])
        waits: list[float] = []
        live.log.start()
        threads = [threading.Thread(target=submit_waiting, args=(live, checked[number::SUBMITTERS], waits)) for number in range(SUBMITTERS)]

        def run() -> None:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        rate = measure("  ours", count, run)
        waits.sort()
        judge("  entries/s", rate.wall, TOGETHER)
        print(f"  p50 {waits[count // 2] * 1e3:.1f} ms, p99 {waits[count * 99 // 100] * 1e3:.1f} ms, goal < {LATEST:g} ms", flush=True)


def submit_waiting(live: LiveLog, share: Sequence[Checked], waits: list[float]) -> None:
    """Submit one after another, each when the one before was answered."""
    mine = []
    for one in share:
        begin = perf_counter()
        live.log.submit_checked(one)
        mine.append(perf_counter() - begin)
    waits.extend(mine)


# Proofs and growth


def fill_tree(live: LiveLog, size: int) -> list[bytes]:
    """Fill the store to a size with entries of made-up bytes, all that a proof or an append asks of them; gives the leaf hashes."""
    frontier, log_id = Frontier(), live.log.log_id
    leaves = [bytes.fromhex(entry.leaf_hash) for entry in live.log.read_entries(0, 10)]
    for leaf in leaves:
        frontier.append(leaf)
    while frontier.size < size:
        begin, nodes, new = frontier.size, list[tuple[Node, bytes]](), list[store.StoredEntry]()
        for index in range(begin, min(begin + _FILL, size)):
            body = b"%d" % index + b"x" * 700
            leaves.append(hash_leaf(body))
            nodes += frontier.append(leaves[-1])
            found, about = sha256(b"statement %d" % index).hexdigest(), f"t:{index}"
            values = (found, "o-gypsum", found, "a.b", "key", index, about, "2026-01-01T00:00:00Z", body)
            new.append(store.StoredEntry(index, leaves[-1].hex(), *values))
        head = store.Head(frontier.size, frontier.compute_root(), leaves[-1].hex(), "2026-01-01T00:00:00Z")
        with store.writing(live.engine, log_id) as connection:
            store.append(connection, log_id, begin, head, new, nodes)
    return leaves


def bench_size(size: int, proofs: int, *, peers: bool) -> tuple[float, float, float]:
    """Append to a log of a size and prove from its storage; gives CPU seconds per append, inclusion and consistency proof."""
    print(f"\na log of {size:,}: append to it, proofs from its storage", flush=True)
    with found_live() as live:
        tell(f"filling a log of {size:,}")
        leaves = fill_tree(live, size)
        live.start_again()
        indexes = [number * 7919 % (size - 1) + 1 for number in range(proofs)]
        cold = measure("  inclusion, first time", proofs, lambda: [live.log.prove_inclusion(index, size) for index in indexes])
        warm = measure(
            "  inclusion, high nodes in memory", proofs, lambda: [live.log.prove_inclusion(index - 1, size) for index in indexes]
        )
        steady = measure("  consistency", proofs, lambda: [live.log.prove_consistency(index, size) for index in indexes])
        judge("  inclusion proofs/s by CPU", min(cold.cpu, warm.cpu), PROVED)
        check_proofs(live, leaves, indexes[:CHECKED])
        checked = check_all(live, [live.firm.say("delivery.dispatched") for _ in range(2 * BATCH)])
        append = measure("  append, batches of 1,000, signatures off the clock", 2 * BATCH, lambda: live.log._writer.enter(checked))
    if peers:
        prove_with_peers(size, cold, steady)
    return 1 / append.cpu, 1 / warm.cpu, 1 / steady.cpu


def check_proofs(live: LiveLog, leaves: Sequence[bytes], indexes: Sequence[int]) -> None:
    """Check proofs against roots that are computed from all leaves."""
    size, sizes, roots, frontier = len(leaves), set(indexes), dict[int, bytes](), Frontier()
    for leaf in leaves:
        frontier.append(leaf)
        if frontier.size in sizes or frontier.size == size:
            roots[frontier.size] = frontier.compute_root()
    for index in indexes:
        check_inclusion(leaves[index], index, size, live.log.prove_inclusion(index, size), roots[size])
        check_consistency(index, roots[index], size, roots[size], live.log.prove_consistency(index, size))


def show_growth(costs: dict[int, tuple[float, float, float]]) -> None:
    """Print what an append and a proof cost at each size, in processor time."""
    print("\ngrowth: microseconds of CPU for each size, and the largest size over the smallest")
    for place, name in enumerate(("append", "inclusion proof", "consistency proof")):
        cost = [one[place] * 1e6 for one in costs.values()]
        print(f"{'  ' + name:{WIDTH - 40}} {'  '.join(f'{size:,}: {one:.0f}' for size, one in zip(costs, cost, strict=True))}"
              f"  → {cost[-1] / cost[0]:.2f}")  # fmt: skip


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, help="entries in the log: 1000 100000 unless said, and 1000000 if you have minutes")
    parser.add_argument("--quick", action="store_true", help="small numbers, under a minute")
    options = parser.parse_args()
    quick: bool = options.quick
    sizes = sorted(options.sizes or ([1000, 4000] if quick else [1000, 100_000]))
    count = 1000 if quick else 10_000
    append_to_peers(count, bench_append(count))
    bench_group_commit(2 * count)
    bench_processes(count)
    show_growth({size: bench_size(size, PROOFS // 10 if quick else PROOFS, peers=True) for size in sizes})


if __name__ == "__main__":
    main()
