"""Rates of the wall clock and of the processor, printed as they are found, and how ours stand to others'."""

import gc
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import Any

WIDTH = 78  #: characters of a line's words


@dataclass(frozen=True, slots=True)
class Rate:
    """What one run reached."""

    wall: float  #: a second
    cpu: float  #: a second of this process's processor time: what is left on a machine that does other things meanwhile


def measure(name: str, count: int, run: Callable[[], object]) -> Rate:
    """Print and give the rates of one run."""
    gc.collect()
    gc.freeze()  # what a benchmark has made ready is none of the collector's business: it would walk over it again and again
    begin, begin_cpu = perf_counter(), process_time()
    run()
    rate = Rate(count / max(1e-9, perf_counter() - begin), count / max(1e-9, process_time() - begin_cpu))
    gc.unfreeze()
    print(f"{name:{WIDTH}} {rate.wall:9,.0f} /s {rate.cpu:9,.0f} /s of CPU", flush=True)
    return rate


def compare(ours: Rate | None, theirs: Rate) -> None:
    """Print how many times a peer's rates ours are."""
    if ours is not None:
        print(f"{'':{WIDTH}} ours is {ours.wall / theirs.wall:.2f} times that, {ours.cpu / theirs.cpu:.2f} times by CPU")


def judge(words: str, reached: float, goal: float) -> None:
    """Print a goal and whether this run reached it."""
    print(f"{words:{WIDTH}} {reached:9,.2f}, goal {goal:,g}: {'reached' if reached >= goal else 'NOT reached in this run'}", flush=True)


def tell(words: str) -> None:
    """Say on stderr what is being made ready."""
    print(f"… {words}", file=sys.stderr, flush=True)


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process on one core."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def find_peer(name: str) -> Any:
    """Import a peer; None, with a word, if it is not installed."""
    if importlib.util.find_spec(name) is None:
        print(f"  {name} is not installed: pip install {name.replace('_', '-')}")
        return None
    return importlib.import_module(name)
