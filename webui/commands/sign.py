"""`symbiosis sign`: a draft shown in words, signed on this machine, written to a file or submitted."""

import json
from pathlib import Path

import click

from contracts.drafts import Draft, parse_draft
from contracts.words import describe_fact
from ledger.canonical import decode_json
from ledger.errors import Malformed
from ledger.statement import Submission, read_submission
from webui.commands.faults import INCOMPLETE, UNAVAILABLE, Complaint, describe_findings, make_printable
from webui.commands.server import Server
from webui.commands.signer import Place, Signing, find_place, sign_all, signing_options

MAX_FILE = 4 << 20  #: bytes of a draft or of a submission

EPILOG = """
\b
A draft:
  {"kind": "delivery.dispatched", "about": "delivery:d-0190",
   "fields": {"agreement": "a-17", "quantity": "23.230", "unit": "TNE",
              "dispatched_at": "2025-03-14T09:30:00Z", "ticket": "4711"}}

Fields that may be empty may be left out. `refs` lists the statement hashes that the fact answers: a signature, for
example, has that of the offer.

\b
Examples:
  symbiosis sign draft.json --key me.key --server https://ledger.example --submit
  symbiosis sign draft.json --key me.key --key-seq 12 --out signed.json    offline
  symbiosis sign signed.json --key me.key --server https://ledger.example --submit
                                                       send again what was signed before

SYMBIOSIS_TOKEN holds the token with which --submit speaks to the server.

Exit codes: 0 signed (and entered), 1 refused, or you said no, 2 the draft is at fault, 3 kept and not yet judged,
4 no connection.
"""


@click.command(epilog=EPILOG)
@click.argument("draft", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="DRAFT.json")
@signing_options
@click.option("--full", is_flag=True, help="Show long texts, such as a contract's, from beginning to end.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the signed statement to FILE.")
@click.option("--submit", "send", is_flag=True, help="Submit it to the server.")
def sign(signing: Signing, draft: Path, *, full: bool, out: Path | None, send: bool) -> None:
    """Show in words what DRAFT.json says, ask, and sign it with your key.

    The key stays here: what leaves this machine is the signed statement, and only with --submit. Without --out and
    --submit the signed statement is printed.
    """
    if send and signing.server is None:
        raise Complaint("--submit needs --server URL")
    with draft.open("rb") as file:
        data = file.read(MAX_FILE)
    submission, kept = _read_signed(data), draft
    if submission is None:
        kept = out or draft.with_name(f"{draft.stem}.signed.json")
        read = parse_draft(data)
        place = find_place(signing)
        show_statement(read, place, full=full)
        if not signing.yes:
            click.confirm("Sign this?", abort=True, err=True)
        [submission] = sign_all(place, signing, [(read.fact, read.refs)])
    text = json.dumps(submission.to_json(), ensure_ascii=False) + "\n"
    if out is not None:
        out.write_text(text, "utf-8")
    elif not send:
        click.echo(text, nl=False)
    if send and signing.server is not None:
        _submit(Server(signing.server), submission, kept, text)


def show_statement(draft: Draft, place: Place, *, full: bool) -> None:
    """Show on stderr who would sign what, on which log; stdout is for what is signed."""
    lines = [
        f"To be signed for {place.organisation}, as statement {place.key_seq} of the key {place.key},",
        f"on the log {place.log}, whose first {place.seen.size} entries were checked:",
        "",
        f"{draft.type.kind} (version {draft.type.version})",
        *describe_fact(draft.fact, currency=place.currency, full=full),
        *(f"  Refers to: {ref}" for ref in draft.refs),
        "",
    ]
    for line in lines:
        click.echo(make_printable(line), err=True)


def _read_signed(data: bytes) -> Submission | None:
    """Read a file that holds a statement signed before; None if it holds none."""
    try:
        value = decode_json(data, MAX_FILE)
    except Malformed as error:
        raise Complaint(f"the file is neither a draft nor a signed statement: {error}") from None
    return read_submission(value) if isinstance(value, dict) and "signature" in value else None


def _submit(server: Server, submission: Submission, kept: Path, text: str) -> None:
    """Submit; a statement whose answer was lost is kept, because sending the same bytes again is the way to learn it."""
    try:
        [answer] = server.submit([submission])
    except Complaint as complaint:
        if complaint.exit_code == UNAVAILABLE:
            kept.write_text(text, "utf-8")
            words = f"{complaint.message}; the signed statement is kept in {kept}: send it again with symbiosis sign {kept} … --submit"
            raise Complaint(words, UNAVAILABLE) from None
        raise
    click.echo(answer.words)
    for line in describe_findings(answer.findings):
        click.echo(f"  {line}", err=True)
    if answer.exit_code == INCOMPLETE:
        kept.write_text(text, "utf-8")
    raise click.exceptions.Exit(answer.exit_code)
