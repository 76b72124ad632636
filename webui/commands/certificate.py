"""`symbiosis certificate verify`: one certificate file judged offline, in separate answers."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webui.commands.faults import INCOMPLETE, NO, Complaint, describe_findings, make_printable

if TYPE_CHECKING:
    from datetime import datetime

    from contracts.certificates.verify import CertificateReport
    from ledger.evidence import Evidence

MAX_FILE = 4 << 20  #: bytes of a certificate or status list
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

EPILOG = """
\b
Example:
  symbiosis certificate verify certificate.json
  symbiosis certificate verify certificate.json --issuers issuers.json \\
      --status-list revocations.json

\b
issuers.json names whom you trust, with their keys:
  {"did:web:lab.example": ["z6Mk..."], "did:key:z6Mk...": []}

With --evidence and --key-file (from GET .../entries/INDEX/evidence, and the log's printed key) it is checked as well
that the certificate stands on the log, signed by a key that the log knows.

\b
Exit codes:
  0  valid
  1  not valid: changed, forged, expired, suspended, revoked, or the verdict
     does not follow from the results
  2  unreadable, or the issuer's keys are missing
  3  properly signed; whether it was revoked since is unknown here
"""


@click.group()
def certificate() -> None:
    """Verify a quality certificate, offline, without an account."""


@certificate.command(epilog=EPILOG, short_help="Verify one certificate file.")
@click.argument("file", type=_FILE)
@click.option("--issuers", type=_FILE, metavar="FILE", help="JSON object of the issuers that you trust: DID to a list of Multikey texts.")
@click.option(
    "--status-list", "status_lists", type=_FILE, multiple=True, metavar="FILE", help="A status list credential; may stand several times."
)
@click.option("--evidence", type=_FILE, metavar="FILE", help="Evidence of the log's entry certificate.issued.")
@click.option("--key-file", type=_FILE, metavar="LOG.KEY", help="The log's verifier key, one line; wanted with --evidence.")
@click.option("--at", metavar="TIME", help="Ask as of this time, such as 2025-06-30T12:00:00Z, instead of now.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def verify(
    file: Path,
    issuers: Path | None,
    status_lists: tuple[Path, ...],
    evidence: Path | None,
    key_file: Path | None,
    at: str | None,
    *,
    as_json: bool,
) -> None:
    """Judge FILE, a W3C credential in JSON: its form, signature, issuer, validity, status and results.

    Nothing is fetched: what cannot be known from the files is said to be unknown.
    """
    from contracts.certificates.verify import ExitCode, verify_certificate

    if (evidence is None) != (key_file is None):
        raise Complaint("--evidence and --key-file go together")
    data = _read_limited(file)
    now = _read_time(at)
    trusted = None if issuers is None else _read_issuers(issuers)
    report = verify_certificate(data, now=now, trusted=trusted, status_lists=[_read_limited(path) for path in status_lists])
    fault = None if evidence is None or key_file is None else _check_on_log(data, evidence, key_file)
    code = NO if fault and report.exit_code in (ExitCode.VALID, ExitCode.STATUS_UNKNOWN) else int(report.exit_code)
    if as_json:
        click.echo(json.dumps(_encode_report(report, code, fault if evidence else None, on_log=evidence is not None), indent=1))
    else:
        for line in report.to_lines():
            click.echo(make_printable(line))
        if evidence is not None:
            click.echo(make_printable(f"  {'log':<9} {'fails' if fault else 'holds':<8} {fault or 'the log holds just this credential'}"))
    raise click.exceptions.Exit(code)


def _read_limited(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise Complaint(f"{path}: more than {MAX_FILE >> 20} MiB: this is no certificate")
    return data


def _read_time(text: str | None) -> "datetime":
    from contracts.clock import SystemClock, parse_instant

    return SystemClock().now() if text is None else parse_instant(text)


def _read_issuers(path: Path) -> dict[str, frozenset[str]]:
    """Read whom the reader trusts; a Complaint unless every DID has a list of texts."""
    try:
        value: Any = json.loads(_read_limited(path))
    except ValueError as error:
        raise Complaint(f"{path}: not JSON ({error})") from None
    if not isinstance(value, dict) or not all(
        isinstance(keys, list) and all(isinstance(key, str) for key in keys) for keys in value.values()
    ):
        raise Complaint(f'{path}: an object such as {{"did:web:lab.example": ["z6Mk…"]}} is wanted')
    return {did: frozenset(keys) for did, keys in value.items()}


def _check_on_log(data: bytes, evidence: Path, key_file: Path) -> str | None:
    """Check that the log holds this credential; gives what is wrong, or None."""
    from hashlib import sha256

    from ledger.errors import EvidenceError
    from ledger.evidence import MAX_EVIDENCE, check_evidence
    from ledger.note import read_verifier_key

    key = key_file.read_text("utf-8").strip()
    try:
        with evidence.open("rb") as file:
            shown: Evidence = check_evidence(file.read(MAX_EVIDENCE + 1), origin=read_verifier_key(key).name, log_key=key)
    except EvidenceError as error:
        return f"the evidence does not hold: {error}"
    statement = shown.entry.signed.statement
    if statement.kind != "certificate.issued":
        return f"the evidence is of {statement.kind}, not of certificate.issued"
    if statement.public.get("credential_hash") not in (sha256(data).hexdigest(), sha256(data.strip()).hexdigest()):
        return f"entry {shown.entry.index} is of another credential than this file"
    return None


def _encode_report(report: "CertificateReport", code: int, fault: str | None, *, on_log: bool) -> dict[str, object]:
    answers: list[dict[str, object]] = [
        {
            "question": answer.question,
            "state": answer.state.value,
            "words": answer.words,
            "findings": describe_findings(answer.findings),
        }
        for answer in report.answers
    ]
    if on_log:
        answers.append({"question": "log", "state": "fails" if fault else "holds", "words": fault or "on the log", "findings": []})
    rows = [
        {
            "parameter": row.parameter,
            "stated": row.stated.value,
            "recomputed": row.recomputed.value,
            "reason": row.reason,
            "follows": row.follows,
        }
        for row in report.rows
    ]
    state = {0: "valid", NO: "invalid", INCOMPLETE: "status-unknown"}.get(code, "unreadable")
    return {"state": state, "exit_code": code, "summary": report.summary, "answers": answers, "results": rows}
