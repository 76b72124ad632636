"""`symbiosis audit`: write the audit file of a network, and recompute every figure in one."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webui.commands.faults import make_printable
from webui.commands.place import choose_network, network_option, open_place, place_options
from webui.commands.progress import show_progress

if TYPE_CHECKING:
    from contracts.recompute import Recomputation

_MEANINGS = {
    "ok": "OK: every figure follows from what the parties said.",
    "differs": "DIFFERS: not every figure follows from what the parties said.",
    "incomplete": "INCOMPLETE: what could be recomputed is right; the rest rests on contents that are not shown.",
    "invalid": "INVALID: the file is not what the log and its members signed; nothing was computed with it.",
}


@click.group()
def audit() -> None:
    """Write an audit file, or recompute every figure in one.

    An audit file holds a network's whole log. `python -m ledger verify` checks it with Python and cryptography alone;
    `symbiosis audit recompute` checks the figures as well.
    """


@audit.command(
    short_help="Write the audit file of a network.",
    epilog="""
\b
Example:
  symbiosis audit export --data /srv/symbiosis --network kalundborg audit.zip

It is run by the operator, who sees everything; auditors get theirs through the API, as far as their grant goes.

Exit codes: 0 written, 1 the log has no entries, 2 no such folder or network, 4 the log or database is not available.
""",
)
@place_options
@network_option
@click.option("--without-sealed", is_flag=True, help="Leave sealed cost inputs out, which only their owners and auditors may read.")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path), metavar="OUT.zip")
def export(data: Path | None, database: str | None, network: str | None, out: Path, *, without_sealed: bool) -> None:
    """Write the log of a network, cut at its newest checkpoint, with all contents, into OUT.zip, which only you may read."""
    from contracts.audit_file import export_audit_file, list_sealed
    from webui.private_files import open_private

    with open_place(data, database) as runtime:
        log = runtime.log(choose_network(runtime, network))
        sealed = list_sealed(log) if without_sealed else frozenset[int]()
        draft = out.with_name(f"{out.name}.draft")
        with show_progress("writing") as show, open_private(draft) as file:
            exported = export_audit_file(log, file, now=runtime.now_text(), shows=lambda index: index not in sealed, on_progress=show)
        draft.replace(out)
    click.echo(f"Wrote {out}: {exported.size} entries of {exported.log}, contents of {exported.withheld} left out.")
    click.echo(f"Verifier key, to be given by another way than the file:\n{exported.log_key}")


@audit.command(
    short_help="Recompute every figure in an audit file.",
    epilog="""
\b
Examples:
  symbiosis audit recompute audit.zip --key-file log.key
  symbiosis audit recompute audit.zip --json

\b
Exit codes:
  0  every figure follows
  1  a figure differs, or the file is not what was signed
  2  this is no audit file, or no key
  3  some figures cannot be recomputed: contents are withheld or erased
""",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--key-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="LOG.KEY",
              help="The log's verifier key, one line, from elsewhere than the file. Without it, the file's own word is taken.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def recompute(file: Path, key_file: Path | None, *, as_json: bool) -> None:
    """Verify FILE, then compute every saving, allocation, statement of account, certificate verdict and count of votes anew.

    Works on any machine, without a server or a database. The first difference is named with its entry.
    """
    from contracts.recompute import recompute_audit_file
    from ledger.note import read_verifier_key

    key = None if key_file is None else key_file.read_text("utf-8").strip()
    origin = None if key is None else read_verifier_key(key).name
    with show_progress("verifying and recomputing") as show:
        found = recompute_audit_file(
            file,
            origin=origin,
            log_key=key,
            on_progress=lambda step, done, total: show(done + total * (step == "recompute"), 2 * total),
        )
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=1))
    else:
        for line in describe_recomputation(found, trusted=key is not None):
            click.echo(make_printable(line))
    raise click.exceptions.Exit(found.exit_code)


def describe_recomputation(found: "Recomputation", *, trusted: bool) -> list[str]:
    """Say what a recomputation came to, in lines."""
    verdict = found.verdict
    lines = [f"log          {verdict.log}, {verdict.size} entries", f"integrity    {verdict.integrity}"]
    if not trusted:
        lines.append("             by the file's own key: bring --key-file LOG.KEY to be sure whose log it is")
    lines += [f"  {'the file' if fault.index is None else f'entry {fault.index}'}: {fault.message}" for fault in verdict.faults]
    lines += [f"recomputed   {count} × {kind}" for kind, count in sorted(found.recomputed.items())]
    if found.differences:
        lines.append(f"first        {found.differences[0].words}")
        lines += [f"  {one.words}" for one in found.differences[1:]]
        lines += [f"  … and {found.count - len(found.differences)} more"] if found.count > len(found.differences) else []
    lines += [f"  {one.words}" for one in found.unknown]
    lines += [f"  … and {found.unknown_count - len(found.unknown)} more"] if found.unknown_count > len(found.unknown) else []
    return [*lines, _MEANINGS[found.result]]
