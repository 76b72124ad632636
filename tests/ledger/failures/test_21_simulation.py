"""Failure 21: a seeded simulation: virtual clock, random operations, crash points and faults; a model is checked after each step.

`SIMULATION_SEED=n` plays the story of a seed again, `SIMULATION_STEPS=n` makes it longer or shorter.
"""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from ledger import writer
from ledger.soundness import check_stored
from tests.conftest import IS_CI
from tests.databases import Databases
from tests.ledger.failures.simulation import World, place_on_memory
from tests.ledger.live_log import KEYS, LOG

STEPS = int(os.environ.get("SIMULATION_STEPS", "10000" if IS_CI else "2000"))
SEEDS = [int(os.environ["SIMULATION_SEED"])] if "SIMULATION_SEED" in os.environ else [1, 2]
PART = 500  #: steps of one log; then another world begins with the next seed


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: faults are injected, so no real disk is wanted."""
    place = Path(tempfile.mkdtemp(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else tmp_path))  # noqa: S108 - a private folder in it
    yield place
    shutil.rmtree(place)


def simulate(seed: int, steps: int, url: str, place: Path) -> tuple[Counter[str], int]:
    """Play a story; gives what happened how often, and how long the log became. A fault names seed and step."""
    writer.PAUSES = (0.0, 0.0, 0.0)
    folder = place / str(seed)
    folder.mkdir()
    world = World(seed, place_on_memory(url, folder), folder)
    for number in range(steps):
        try:
            world.step()
        except Exception as error:
            raise AssertionError(
                f"seed {seed}, step {number}: {type(error).__name__}: {error}; play it with SIMULATION_SEED={seed}"
            ) from error
    for server in range(2):
        world.restart(server)
    log = world.servers[0].log
    with world.servers[0].engine.connect() as connection:
        assert check_stored(connection, log.log_id, LOG, KEYS.log_verifier) == (), f"seed {seed}"
    world.close()
    shutil.rmtree(folder)
    return world.happened, len(world.model.leaves)


@pytest.mark.slow
def test_whatever_the_dice_say_the_log_is_what_was_said_of_it(databases: Databases, memory: Path) -> None:
    url = databases.create("sqlite")
    seeds = SEEDS if len(SEEDS) == 1 else range(STEPS // PART)
    happened: Counter[str] = Counter()
    size = 0

    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for found, entries in pool.map(simulate, seeds, [PART] * len(seeds), [url] * len(seeds), [memory] * len(seeds)):
            happened.update(found)
            size += entries

    print(f"{PART * len(seeds)} steps, {size} entries: {dict(sorted(happened.items()))}")
    assert {"crash", "latched: disk", "latched: clock", "unavailable", "submit", "publish"} <= set(happened)


def test_a_seed_always_gives_the_same_story(databases: Databases, memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "PAUSES", writer.PAUSES)  # to be put back
    url = databases.create("sqlite")

    first = simulate(7, 60, url, memory)
    second = simulate(7, 60, url, memory)

    assert first == second
