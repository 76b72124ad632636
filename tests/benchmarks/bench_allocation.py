"""Times of the exact allocation rules, side by side with a peer: `python tests/benchmarks/bench_allocation.py`.

The peer is coopgame-py (`pip install coopgame-py`), which works in floats; it is no dependency and may be absent.
Goals: exact Shapley 0.03 s at 20 and 0.10 s at 24 players; nucleolus with certificate 0.15 and 1 s; dividends of
1,000 organisations and 50,000 agreements 0.1 s. Figures are the best of three runs, the peer's slow ones of one.
"""

import importlib
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from contracts.allocation.certificate import Certificate  # noqa: E402 - the clone is put on the path first
from contracts.allocation.certificate_check import check_nucleolus  # noqa: E402 - as above
from contracts.allocation.game import Game  # noqa: E402 - as above
from contracts.allocation.nucleolus import find_nucleolus  # noqa: E402 - as above
from contracts.allocation.shapley import share_by_shapley  # noqa: E402 - as above
from contracts.allocation.structured import share_dividends  # noqa: E402 - as above

#: Organisations and agreements of the dividends' case.
ORGANISATIONS, AGREEMENTS = 1_000, 50_000


def time_best(run: Callable[[], object], times: int = 3) -> float:
    """The shortest of some runs, in seconds."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best


def make_superadditive(n: int) -> Game:
    """A random superadditive game in cents: size squared, with noise that grows with the size."""
    sizes = np.bitwise_count(np.arange(1 << n)).astype(np.int64)
    table = sizes * sizes * 1000 + np.random.default_rng(1).integers(0, 1000 * sizes + 1)
    table[0] = 0
    return Game(tuple(str(i + 1) for i in range(n)), "profit", table, 1)


def read_hard(name: str) -> Game | None:
    """A game of Benedek, Fliege and Nguyen, made to be hard, or None where their vectors are not at hand."""
    path = ROOT.parent / "shared" / "vectors" / "bnf-nucleolus" / f"{name}.npz"
    if not path.is_file():
        return None
    table = np.load(path)["v"].astype(np.int64)
    return Game(tuple(str(i + 1) for i in range(len(table).bit_length() - 1)), "profit", table, 1)


def make_agreements() -> tuple[list[str], list[tuple[tuple[str, ...], int]]]:
    """Agreements of two to four parties, in cents."""
    names = [f"o-{i}" for i in range(ORGANISATIONS)]
    rng = np.random.default_rng(2)
    sizes = rng.choice([2, 2, 2, 3, 4], AGREEMENTS)
    return names, [
        (tuple(names[(first + step) % ORGANISATIONS] for step in range(0, size * 7, 7)), amount)
        for first, size, amount in zip(
            rng.integers(0, ORGANISATIONS, AGREEMENTS).tolist(),
            sizes.tolist(),
            rng.integers(-(10**6), 10**7, AGREEMENTS).tolist(),
            strict=True,
        )
    ]


def load_peer() -> Any:
    """The peer's module, or None."""
    try:
        return importlib.import_module("coopgame")
    except ImportError:
        return None


def measure_shapley(peer: Any) -> Iterable[tuple[str, float, float | None]]:
    """Exact Shapley against the peer's floats."""
    for n in (20, 24):
        game = make_superadditive(n)
        theirs = None
        if peer is not None:
            other = peer.Game(game.table[1:].astype(float).tolist())
            theirs = time_best(partial(peer.shapley, other), 1)
        yield f"Shapley, exact, n={n}", time_best(partial(share_by_shapley, game)), theirs


def measure_nucleolus(peer: Any) -> Iterable[tuple[str, float, float | None]]:
    """The nucleolus with its certificate against the peer's nucleolus in floats; then the check alone."""
    cases = [("superadditive", make_superadditive(20)), ("BNF type 1", read_hard("t1n20"))]
    cases += [("BNF type 4", read_hard("t4n20")), ("superadditive", make_superadditive(24))]
    for kind, game in cases:
        if game is None:
            continue
        n = len(game.players)
        ours = time_best(partial(find_nucleolus, game))
        theirs = None
        if peer is not None and n <= int(sys.argv[1] if len(sys.argv) > 1 else 20):
            other = peer.Game(game.table[1:].astype(float).tolist())
            theirs = time_best(partial(peer.nucleolus, other), 1)
        yield f"nucleolus, certified, {kind}, n={n}", ours, theirs
        certificate = find_nucleolus(game)
        if isinstance(certificate, Certificate):
            check = time_best(partial(check_nucleolus, game, certificate))
            yield f"  its certificate checked, n={n}", check, None


def measure_dividends() -> Iterable[tuple[str, float, float | None]]:
    """Exact Shapley from agreements."""
    names, agreements = make_agreements()
    ours = time_best(partial(share_dividends, names, agreements))
    if sum(share_dividends(names, agreements).values()) != sum(amount for _, amount in agreements):
        raise AssertionError("the shares do not sum to the agreements")
    yield f"Shapley, exact, {ORGANISATIONS:,} organisations, {AGREEMENTS:,} agreements", ours, None


def main() -> None:
    """Print the table; an argument raises the size up to which the peer's nucleolus is timed (default 20)."""
    peer = load_peer()
    heading = "coopgame-py" if peer is not None else "peer not installed"
    print(f"{'':62} {'ours, s':>9} {heading:>19} {'ratio':>7}")
    for measure in (measure_shapley(peer), measure_nucleolus(peer), measure_dividends()):
        for label, ours, theirs in measure:
            other = "–" if theirs is None else f"{theirs:.4f}"
            ratio = "–" if theirs is None else f"{theirs / ours:.1f}"
            print(f"{label:62} {ours:9.4f} {other:>19} {ratio:>7}", flush=True)


if __name__ == "__main__":
    main()
