"""How long each page takes on the demo, and on a copy of it grown to a million entries.

Run `python -m tests.benchmarks.bench_pages DEMO GROWN [ENTRIES]`. DEMO is the folder of a played demo
(`symbiosis demo --no-serve --data DEMO`); it is copied, never changed. GROWN is where the grown copy lies, made if it is not there. It
holds the same year again and again, under other contracts and ids, and a sound tree over all of it: what a page must not do is read more
because there is more. Pages are asked in this process, one after another, each REPEATS times; printed are medians.
"""

import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from flask.testing import FlaskClient

from ledger.merkle import Frontier, hash_node
from ledger.tip import STATE_KINDS
from tests.site.demo.walking import VISITORS, list_paths
from webui.app import create_app
from webui.demo.performance import make_settings
from webui.demo.place import Place
from webui.demo.stage import read_stage
from webui.runtime import open_runtime

REPEATS = 5
#: Tables that grow with what firms say; those of months, members and rules do not.
GROWING = (
    "ledger_entries",
    "ledger_contents",
    "entry_readers",
    "agreements",
    "agreement_parties",
    "agreement_versions",
    "agreement_signatures",
    "deliveries",
    "delivery_readings",
    "counted_deliveries",
    "certificates",
    "certificate_deliveries",
)
#: Columns that name a thing, and those that name a place on the log.
NAMES = {"delivery", "agreement", "of", "ticket", "certificate", "batch", "statement_id", "about", "reversed_by", "replaced_by"}
PLACES = {"idx", "entry"}


def grow(path: Path, entries: int) -> int:
    """Grow a demo's database to a number of entries; gives how many there are."""
    with sqlite3.connect(path) as database:
        size = database.execute("SELECT max(idx) + 1 FROM ledger_entries").fetchone()[0]
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        known = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        copies = max(entries // size - 1, 0)
        database.execute("CREATE TEMP TABLE copies (k INTEGER PRIMARY KEY)")
        database.executemany("INSERT INTO copies VALUES (?)", ((number,) for number in range(1, copies + 1)))
        for table in GROWING:
            if table in known and copies:
                database.execute(write_copy(database, table, size))
        grown: int = database.execute("SELECT max(idx) + 1 FROM ledger_entries").fetchone()[0]
        if copies:
            grow_tree(database, grown)
    with sqlite3.connect(path) as database:
        database.execute("ANALYZE")
    return grown


def grow_tree(database: sqlite3.Connection, size: int) -> None:
    """Write the nodes and the head of the tree over all entries: the writer and the pages trust none that does not fit."""
    log, last_leaf, received_at, frontier_end = database.execute(
        "SELECT e.log_id, e.leaf_hash, h.received_at, h.size FROM ledger_entries e, ledger_heads h ORDER BY e.idx DESC, h.size DESC LIMIT 1"
    ).fetchone()
    hashes = [leaf for (leaf,) in database.execute("SELECT leaf_hash FROM ledger_entries ORDER BY idx")]
    peaks, level = [], 0
    while hashes:
        if level:
            rows = ((log, level, number, found) for number, found in enumerate(hashes))
            database.executemany("INSERT OR IGNORE INTO ledger_nodes VALUES (?, ?, ?, ?)", rows)
        if len(hashes) % 2:
            peaks.append(hashes[-1])
        hashes = [hash_node(*pair) for pair in zip(hashes[::2], hashes[1::2], strict=False)]
        level += 1
    root = Frontier(size, peaks[::-1]).compute_root()
    database.execute("INSERT INTO ledger_heads VALUES (?, ?, ?, ?, ?, ?)", (log, frontier_end, size, root, last_leaf, received_at))


def write_copy(database: sqlite3.Connection, table: str, size: int) -> str:
    """Write the sentence that copies all rows of a table once for each copy, under other names and at other places."""
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    values = [write_value(column, size) for column in columns]
    names = ", ".join(f'"{column}"' for column in columns)
    return f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} FROM {table}, copies ORDER BY k"  # noqa: S608 - names of our own tables


def write_value(column: str, size: int) -> str:
    """Write what a column holds in a copy."""
    quoted = f'"{column}"'
    if column in PLACES or column.endswith("_entry"):
        return f"{quoted} + k * {size}"
    if column in NAMES:
        return f"{quoted} || '-' || k"
    if column == "statement_hash":
        return "randomblob(32)"
    if column == "kind":  # who may sign stays as it was
        return f"CASE WHEN kind IN ({', '.join(map(repr, STATE_KINDS))}) THEN 'delivery.received' ELSE kind END"
    return f"{quoted} + k * 1000000" if column == "key_seq" else quoted


def measure(folder: Path) -> dict[str, float]:
    """Measure every page of a demo's folder as each visitor sees it; gives milliseconds by visitor and address."""
    place = Place(folder)
    stage = read_stage(place)
    if stage is None:
        raise SystemExit(f"{folder} holds no demo of this version")
    settings = make_settings(place)
    runtime = open_runtime(settings, stage.clock)
    app = create_app(settings, runtime, stage)
    found: dict[str, float] = {}
    for visitor in VISITORS:
        client = app.test_client()
        if visitor:
            become(client, visitor)
        for path in list_paths(app, runtime, stage):
            if client.get(path).status_code == 200:
                found[f"{visitor or 'anybody'} {path}"] = median(time_page(client, path) for _ in range(REPEATS))
    runtime.close()
    return found


def become(client: FlaskClient, visitor: str) -> None:
    """Become somebody of the play."""
    html = client.get("/demo").text
    token = html.partition('name="csrf_token" value="')[2].partition('"')[0]
    client.post("/demo/become", data={"csrf_token": token, "visitor": visitor, "next": "/tasks"})


def time_page(client: FlaskClient, path: str) -> float:
    """Time one answer, in milliseconds."""
    begin = perf_counter()
    client.get(path)
    return (perf_counter() - begin) * 1000


def main() -> None:
    """Measure the demo, then the grown copy, and print both beside each other."""
    demo, large = Path(sys.argv[1]), Path(sys.argv[2])
    entries = int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000
    if not large.exists():
        begin = perf_counter()
        shutil.copytree(demo, large)
        print(f"grown to {grow(large / 'ledger.db', entries):,} entries in {perf_counter() - begin:.0f} s")
    with tempfile.TemporaryDirectory() as scratch:
        small = Path(scratch, "small")
        shutil.copytree(demo, small)
        before, after = measure(small), measure(large)
    for page, took in sorted(before.items(), key=lambda one: -max(one[1], after.get(one[0], 0))):
        later = after.get(page)
        print(f"{page:78} {took:8.1f} ms" + (f" {later:8.1f} ms {later / took:6.2f} times" if later else "  not there"))
    both = [(before[page], after[page]) for page in before if page in after]
    print(f"median of {len(both)} pages: {median(one for one, _ in both):.1f} ms, grown {median(two for _, two in both):.1f} ms")
    print(f"slowest: {max(one for one, _ in both):.1f} ms, grown {max(two for _, two in both):.1f} ms")


if __name__ == "__main__":
    main()
