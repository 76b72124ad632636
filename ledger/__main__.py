"""The auditor's command: `python -m ledger verify FILE --key-file LOG.KEY`, offline, with Python and `cryptography` alone."""

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from ledger.entry_checks import Effort
from ledger.errors import EvidenceError, Malformed
from ledger.evidence import MAX_EVIDENCE, Evidence, check_evidence, open_audit_file
from ledger.heads import keep_head, parse_known_head, read_kept_head
from ledger.note import read_verifier_key
from ledger.policy import MAX_POLICY_CHARACTERS, Policy, read_policy
from ledger.statement import HASH
from ledger.verdict import Verdict, describe_verdict
from ledger.verify import CheckStamp, verify_audit_file

USAGE = 2  #: exit code: what was asked for cannot be tried
_MAX_SMALL = 1_000_000  #: bytes of a key file or a checkpoint
_HEAD = re.compile(r"[0-9]+:[0-9a-f]{64}", re.ASCII)

DESCRIPTION = """Verify what a Symbiosis Ledger says, without trusting whoever runs it.

You bring the log's verifier key (one line, from the operator's web site, a contract, or another firm) and any checkpoints of the log
that you kept. Nothing in the file can stand in for them.
"""
VERIFY = """Check every byte of an audit file: form, chain, signatures, who might sign what, the Merkle tree under every checkpoint, and
the contents as far as they are shown."""
CODES = """exit codes:
  0  intact ("witnessed" as your policy asks, "consistent" with your known heads, or "unwitnessed" if you brought neither)
  1  diverged (another history is vouched for), invalid (not what was signed), or not witnessed as your policy asks
  2  the command could not be tried: wrong options, or a file that cannot be read
  3  intact, but some contents were withheld or erased
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    options = _build_parser().parse_args(arguments)
    try:
        options.key = _read_small(options.key_file).strip()
        options.log = options.origin or read_verifier_key(options.key).name
        code: int = options.run(options)
    except EvidenceError as error:
        return _complain(f"{error}")
    except OSError as error:
        return _complain(f"{error.filename or 'a file'}: {error.strerror or error}")
    return code


def run_verify(options: argparse.Namespace) -> int:
    """Verify an audit file and print the verdict."""
    heads = [head if _HEAD.fullmatch(head) else _read_small(head) for head in options.known_head]
    kept = read_kept_head(Path(options.keep)) if options.keep else None
    if options.founding is not None and not HASH.fullmatch(options.founding):
        raise Malformed("--founding: 64 lower-case hex digits are wanted")
    verdict = verify_audit_file(
        options.file,
        origin=options.log,
        log_key=options.key,
        founding_hash=options.founding,
        known_heads=heads if kept is None else [*heads, kept],
        policy=_read_policy(options.policy) if options.policy else None,
        check_stamp=_read_roots(options.timestamp_roots) if options.timestamp_roots else None,
        progress=_show_progress if sys.stderr.isatty() and not options.quiet else None,
        effort=Effort(processes=options.processes if options.processes > 1 else 0),
    )
    if options.json:
        _print(json.dumps(verdict.to_json(), indent=1, ensure_ascii=False))
    elif not options.quiet:
        for line in describe_verdict(verdict):
            _print(line)
    if options.keep:
        _keep(Path(options.keep), verdict, kept)
    return verdict.exit_code


def _keep(path: Path, verdict: Verdict, kept: str | None) -> None:
    """Keep the newest head of a file that was in order; one that contradicts the kept head was a fault, and so replaces nothing."""
    if verdict.checkpoint and verdict.exit_code != 1 and verdict.checkpoint != kept:
        keep_head(path, verdict.checkpoint)


def run_check(options: argparse.Namespace) -> int:
    """Check the evidence of one entry and print what it shows."""
    with Path(options.file).open("rb") as file:
        data = file.read(MAX_EVIDENCE + 1)
    try:
        evidence = check_evidence(data, origin=options.log, log_key=options.key)
    except EvidenceError as error:
        _print(f"INVALID: {error}")
        return 1
    if not options.quiet:
        for line in _describe_evidence(evidence):
            _print(line)
    return 3 if _is_partly_hidden(evidence) else 0


def run_heads(options: argparse.Namespace) -> int:
    """Print the newest head of an audit file, to be kept for the next audit."""
    with open_audit_file(options.file) as file:
        head = parse_known_head(file.checkpoint, options.log, options.key)
    _print(f"{head.size}:{head.root.hex()}")
    return 0


def _build_parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m ledger", description=DESCRIPTION, epilog=CODES, formatter_class=raw)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    verify = commands.add_parser("verify", help="verify an audit file (audit.zip)", description=VERIFY, epilog=CODES, formatter_class=raw)
    verify.add_argument("file", metavar="FILE", help="the audit file")
    verify.add_argument("--founding", metavar="HASH", help="leaf hash of entry 0, 64 hex digits, if you know it")
    words = "a checkpoint of this log that you kept, as a file, or as size:root in hex; may stand several times"
    verify.add_argument("--known-head", metavar="FILE|SIZE:ROOT", action="append", default=[], help=words)
    words = "your memory: the newest checkpoint that you saw stays in this file, and is a known head the next time"
    verify.add_argument("--keep", metavar="FILE", help=words)
    words = "a C2SP tlog-policy: which witnesses must have cosigned the newest checkpoint"
    verify.add_argument("--policy", metavar="FILE", help=words)
    words = "certificates of timestamp authorities that you trust: the file's timestamps (RFC 3161) are checked; needs rfc3161-client"
    verify.add_argument("--timestamp-roots", metavar="FILE.pem", help=words)
    words = "processes that check signatures of a long file; as many as there are processors, if you do not say"
    verify.add_argument("--processes", metavar="N", type=int, default=_count_processors(), help=words)
    verify.add_argument("--json", action="store_true", help="print the verdict as JSON")
    verify.set_defaults(run=run_verify)
    check = commands.add_parser("check", help="check the evidence of one entry (JSON)", epilog=CODES, formatter_class=raw)
    check.add_argument("file", metavar="EVIDENCE.json", help="the evidence, as somebody gave it to you")
    check.set_defaults(run=run_check)
    heads = commands.add_parser("heads", help="print the newest head of an audit file as size:root, to be kept for the next audit")
    heads.add_argument("file", metavar="FILE", help="the audit file; its newest checkpoint's signature is checked, nothing else")
    heads.set_defaults(run=run_heads)
    for command in (verify, check, heads):
        command.add_argument("--key-file", metavar="LOG.KEY", required=True, help="the log's verifier key: one line, name+hash+base64")
        command.add_argument("--origin", metavar="NAME", help="name of the log; without it, the name in the key")
        command.add_argument("--quiet", action="store_true", help="print nothing; the exit code speaks")
    return parser


def _count_processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _read_policy(path: str) -> Policy:
    with Path(path).open("rb") as file:
        return read_policy(file.read(MAX_POLICY_CHARACTERS + 1))


def _read_roots(path: str) -> CheckStamp:
    """Read the certificates that the auditor trusts; raises Malformed, also where the library that reads timestamps is missing."""
    try:
        from ledger.timestamp import check_timestamp, read_roots  # noqa: PLC0415 - no other audit needs its library
    except ModuleNotFoundError as error:
        raise Malformed(f"--timestamp-roots needs the package rfc3161-client: pip install rfc3161-client ({error})") from None
    with Path(path).open("rb") as file:
        roots = read_roots(file.read(_MAX_SMALL))

    def check_stamp(response: bytes, text: bytes) -> tuple[str, int]:
        stamp = check_timestamp(response, text, roots)
        return stamp.time, stamp.accuracy

    return check_stamp


def _read_small(path: str) -> str:
    with Path(path).open("rb") as file:
        data = file.read(_MAX_SMALL + 1)
    if len(data) > _MAX_SMALL:
        raise Malformed(f"{path}: too long for a key or a checkpoint")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Malformed(f"{path}: is not text") from None


def _describe_evidence(evidence: Evidence) -> list[str]:
    entry, statement = evidence.entry, evidence.entry.signed.statement
    lines = [
        f"HOLDS: entry {entry.index} of {statement.log} under the checkpoint of size {evidence.checkpoint.size}",
        f"  {statement.kind} by {statement.author}, about {statement.about}, received {entry.received_at}",
        f"  signed by {statement.key}; whether that key might sign this, only an audit of the whole log says",
    ]
    if evidence.opened is None:
        return [*lines, "  contents: not shown"]
    shown = [f"  {name}: {json.dumps(value, ensure_ascii=False)}" for name, value in evidence.opened.values.items()]
    rows = [
        f"  {name}, row {number}: {json.dumps(value, ensure_ascii=False)}"
        for name, part in evidence.opened.rows.items()
        for number, value in part.items()
    ]
    return [*lines, *shown, *rows, f"  fields not shown whole: {len(evidence.opened.withheld)}"]


def _is_partly_hidden(evidence: Evidence) -> bool:
    if evidence.opened is None:
        return evidence.entry.signed.statement.fields > 0
    return bool(evidence.opened.withheld)


def _show_progress(done: int, total: int) -> None:
    sys.stderr.write(f"\r{done} of {total} entries" + ("\n" if done == total else ""))
    sys.stderr.flush()


def _print(line: str) -> None:
    """Print what may hold any text on any terminal; control characters of a hostile file do not reach it."""
    safe = "".join(character if character.isprintable() or character == "\n" else "\N{REPLACEMENT CHARACTER}" for character in line)
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(safe.encode(encoding, "replace").decode(encoding) + "\n")


def _complain(message: str) -> int:
    sys.stderr.write(f"python -m ledger: {message[:2000]}\n")
    return USAGE


if __name__ == "__main__":
    sys.exit(main())
