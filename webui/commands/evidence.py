"""`symbiosis evidence`: show less of an entry than its evidence holds, offline, before it is handed on."""

from pathlib import Path

import click


@click.group()
def evidence() -> None:
    """Show less of an entry than its evidence holds, before you hand it on."""


@evidence.command(
    short_help="Keep only some fields of an entry's evidence.",
    epilog="""
\b
Example:
  symbiosis evidence reduce evidence.json --show quantity --show shares.3 --out small.json

\b
Whoever gets small.json checks it offline, by `python -m ledger check` or on the page /check of any server: it proves
the fields shown, and that the others are there, without telling them.

Exit codes: 0 written, 1 the evidence does not hold together, 2 no such field, row or file.
""",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="EVIDENCE.json")
@click.option("--show", "wanted", multiple=True, required=True, metavar="NAME[.ROW]", help="A field, or a row of a list field, from 0.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="OUT.json", help="Where to write.")
def reduce(file: Path, wanted: tuple[str, ...], out: Path) -> None:
    """Write the evidence of an entry anew with only the named fields and rows in clear; all others become their hashes."""
    from ledger.canonical import encode_canonical
    from ledger.contents import open_contents, show_only
    from ledger.entry import decode_entry
    from ledger.errors import EvidenceError, Malformed
    from ledger.evidence import MAX_EVIDENCE, read_evidence
    from webui.commands.faults import NO, USAGE, Complaint
    from webui.private_files import open_private

    try:
        value = read_evidence(file.read_bytes()[: MAX_EVIDENCE + 1])
        statement = decode_entry(str(value["entry"]).encode()).signed.statement
        contents = value["contents"]
        if not isinstance(contents, dict):
            raise Malformed("it shows no contents")
        open_contents(statement, contents)
    except EvidenceError as error:
        raise Complaint(f"{file}: {error}", NO) from None
    try:
        kept = show_only(statement, contents, wanted)
    except Malformed as error:
        raise Complaint(f"--show {error}", USAGE) from None
    open_contents(statement, kept)
    with open_private(out) as written:
        written.write(encode_canonical({**value, "contents": kept}) + b"\n")
    click.echo(f"Wrote {out}: {', '.join(wanted)} of {statement.kind}, which commits to {statement.fields} fields.")
