"""How long each page takes on the demo, and on a copy grown to a million entries. `python -m tests.benchmarks.bench_pages DEMO [ENTRIES]`.

DEMO is the folder of a played demo (`symbiosis demo --no-serve --data DEMO`); it is copied, never changed. The grown copy holds the same
year again and again, under other contracts and ids: what a page must not do is read more because there is more. Pages are asked in this
process, one after another, each REPEATS times; printed are medians.
"""

import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from flask.testing import FlaskClient

from tests.site.demo.walking import VISITORS, list_paths
from webui.app import create_app
from webui.demo.performance import make_settings
from webui.demo.place import Place
from webui.demo.stage import read_stage
from webui.runtime import open_runtime

REPEATS = 15
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
            newest = "SELECT log_id, size, root, last_leaf, received_at FROM ledger_heads ORDER BY size DESC LIMIT 1"
            head = database.execute(newest).fetchone()
            database.execute("INSERT INTO ledger_heads VALUES (?, ?, ?, ?, ?, ?)", (head[0], head[1], grown, *head[2:]))
    with sqlite3.connect(path) as database:
        database.execute("ANALYZE")
    return grown


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
    if column in ("leaf_hash", "statement_hash"):
        return "randomblob(32)"
    return f"{quoted} + k * 1000000" if column == "key_seq" else quoted


def measure(folder: Path) -> dict[str, float]:
    """Measure every page of a demo's folder; gives milliseconds by address."""
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
            if path not in found and client.get(path).status_code == 200:
                found[path] = median(time_page(client, path) for _ in range(REPEATS))
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
    demo, entries = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    with tempfile.TemporaryDirectory() as scratch:
        small, large = Path(scratch, "small"), Path(scratch, "large")
        for folder in (small, large):
            shutil.copytree(demo, folder)
        begin = perf_counter()
        grown = grow(large / "ledger.db", entries)
        print(f"grown to {grown:,} entries in {perf_counter() - begin:.0f} s")
        before, after = measure(small), measure(large)
    for path, took in sorted(before.items(), key=lambda one: -one[1]):
        later = after.get(path)
        print(f"{path:64} {took:8.1f} ms" + (f" {later:8.1f} ms {later / took:6.2f} times" if later else "  not there"))
    both = [(before[path], after[path]) for path in before if path in after]
    print(f"median of {len(both)} pages: {median(one for one, _ in both):.1f} ms, grown {median(two for _, two in both):.1f} ms")
    print(f"slowest: {max(one for one, _ in both):.1f} ms, grown {max(two for _, two in both):.1f} ms")


if __name__ == "__main__":
    main()
