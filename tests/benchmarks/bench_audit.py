"""Offline audit of generated files: what each check costs. `python -m tests.benchmarks.bench_audit [ENTRIES …] [--folder FOLDER]`.

"Without signatures" is leaf hashes, chain, tree and every checkpoint, with the verifier's own functions. It is a figure and no option of
the command: a file whose statements nobody signed would pass. The peer (`pip install auditchain`) verifies as many records in the same
minute; without it its lines are left out. Memory is that of the command and, apart, of the largest of its processes.
"""

import argparse
import asyncio
import importlib
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from ledger.checkpoint import verify_checkpoint
from ledger.entry_checks import Effort
from ledger.evidence import open_audit_file
from ledger.keys import verify_signature
from ledger.merkle import hash_leaf
from ledger.signature_backend import list_backends, load_backend
from ledger.trail import Roots
from ledger.verify import verify_audit_file
from tests.benchmarks.synthetic_log import write_long_file
from tests.ledger.small_log import CLAIMS, LOG, LOG_VERIFIER, make_key

SIGNATURES = 5_000  #: verified for the machine's limit
PEER_MOST = 100_000  #: entries at which the peer is still asked
_COMMAND = """
import resource, sys
from ledger.__main__ import main
code = main(sys.argv[1:])
own, others = (resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(code, own, others)
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """What one run reached."""

    wall: float  #: entries a second
    cpu: float  #: entries a second of processor time: what is left on a machine that does other things meanwhile


def measure(name: str, count: int, run: Callable[[], object]) -> Rate:
    """Print and give the rates of one run, its processes included."""
    begin, begin_cpu = perf_counter(), sum(os.times()[:4])
    run()
    rate = Rate(count / (perf_counter() - begin), count / max(0.001, sum(os.times()[:4]) - begin_cpu))
    print(f"{name:66} {rate.wall:10,.0f} /s {rate.cpu:10,.0f} /s of CPU")
    return rate


def fold_tree(path: Path) -> None:
    """Read the file, check chain, tree and every kept checkpoint; nothing that anybody signed but the log itself."""
    roots, previous = Roots(), b"0" * 64
    with open_audit_file(path) as file:
        for batch in file.read_entry_batches():
            leaves = [hash_leaf(line) for line in batch]
            place = roots.size
            for line, leaf in zip(batch, leaves, strict=True):
                if not line.startswith(b'{"index":%d,"previous":"%b"' % (place, previous)):
                    raise SystemExit("the generated chain is broken")
                place, previous = place + 1, leaf.hex().encode()
            roots.extend(leaves)
        for note in file.read_checkpoints():
            checkpoint = verify_checkpoint(note, LOG, LOG_VERIFIER)
            if roots.compute_root(checkpoint.size) != checkpoint.root:
                raise SystemExit("the generated tree does not fit")


def audit(path: Path, effort: Effort) -> None:
    """Verify, and fail unless intact."""
    verdict = verify_audit_file(path, origin=LOG, log_key=CLAIMS.log_key, effort=effort)
    if verdict.integrity != "unwitnessed":
        raise SystemExit(f"the generated log does not verify: {verdict.faults[:3]}")


def audit_by_command(path: Path) -> None:
    """Verify as an auditor does, in a process of its own, and print what it held in memory."""
    key = path.with_suffix(".key")
    key.write_text(CLAIMS.log_key, "utf-8")
    command = [sys.executable, "-c", _COMMAND, "verify", str(path), "--key-file", str(key), "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    code, own, others = map(int, done.stdout.split())
    print(f"{'':66} exit code {code}, {own} MiB at most, and {others} MiB in each process beside it")


def verify_only(count: int, backend: str) -> None:
    """Verify signatures and nothing else: the limit that the machine sets, on one thread."""
    key, verify = make_key("firm"), load_backend(backend)
    message = b"m" * 600
    signature = key.sign(message)
    for _ in range(count):
        verify_signature(key.public, signature, message, verify)


def measure_peer(folder: Path, count: int) -> Rate | None:
    """Let auditchain verify a log of as many records, each with an Ed25519 signature; None without it."""
    if importlib.util.find_spec("auditchain") is None:
        return None
    peer: Any = importlib.import_module("auditchain")
    private, public = peer.generate_keypair()

    async def write() -> Any:
        log = peer.AuditLog(peer.SqliteBackend(str(folder / "peer.db")), signing_key=private, signer_id="s0")
        await log.init()
        payload = {"quantity": "23.230", "note": "x" * 400}
        await log.append_many([("o-gypsum", "delivery.dispatched", f"delivery:{number}", payload) for number in range(count)])
        records = await log.read()
        await log.close()
        return records

    records = asyncio.run(write())

    def verify(signers: dict[str, Any] | None) -> None:
        report = peer.verify_chain(records, signers=signers)
        if not report.ok:
            raise SystemExit(f"auditchain's own log does not verify: {report}")

    measure("auditchain 0.3, records in memory: chain alone", count, lambda: verify(None))
    return measure("auditchain 0.3, records in memory: chain and signatures", count, lambda: verify({"s0": public}))


def measure_size(folder: Path, count: int) -> None:
    """Measure one size."""
    path = folder / f"{count}.zip"
    write_long_file(path, count)
    print(f"\n{count:,} entries, {path.stat().st_size / count:.0f} bytes each")
    try:
        bare = measure("without signatures (leaf hashes, chain, tree, checkpoints)", count, lambda: fold_tree(path))
        measure("whole audit, one thread", count, lambda: audit(path, Effort(threads=1)))
        measure("whole audit, two threads", count, lambda: audit(path, Effort(threads=2)))
        whole = measure("whole audit, the command with its processes and their start", count, lambda: audit_by_command(path))
        peer = measure_peer(folder, count) if count <= PEER_MOST else None
        if peer is not None:
            times = f"{whole.wall / peer.wall:.2f} times that, {whole.cpu / peer.cpu:.2f} times by CPU"
            print(f"{'':66} ours is {times}; without signatures {bare.cpu / peer.cpu:.2f} times by CPU")
    finally:
        path.unlink()


def main() -> None:
    """Generate and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("entries", nargs="*", type=int, default=[1_000, 100_000])
    parser.add_argument("--folder", type=Path, help="where the files lie meanwhile")
    options = parser.parse_args()
    for backend in list_backends():
        limit = f"signatures alone, {backend}, one thread (the machine's limit)"
        measure(limit, SIGNATURES, partial(verify_only, SIGNATURES, backend))
    for count in options.entries:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            measure_size(Path(folder), count)


if __name__ == "__main__":
    main()
