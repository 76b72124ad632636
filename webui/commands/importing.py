"""`symbiosis import`: a CSV file of weighbridge or meter read as facts, shown, and signed in one act."""

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from contracts.errors import Invalid
from contracts.quantity import parse_decimal
from webui.commands.faults import INCOMPLETE, NO, Complaint, describe_findings, make_printable
from webui.commands.signer import Signing, find_place, sign_all, signing_options

if TYPE_CHECKING:
    from contracts.deliveries.import_drafts import ImportContext
    from contracts.deliveries.importing import ImportPlan
    from webui.commands.server import Answer
    from webui.commands.signer import Place

KINDS = ("dispatches", "receipts", "readings")
SHOWN = 3  #: facts shown in words, of many
LISTED = 20  #: conflicts and refusals listed

EPILOG = """
\b
Columns (semicolon or comma; the first row names them, in any order):
  dispatches  ticket, dispatched_at, quantity, unit
              [gross, tare, moisture, batch, vehicle, driver]
  receipts    ticket, received_at, quantity, accepted, refused
              [gross, tare, moisture, reason]
  readings    meter, start, quantity, quality [register_start, register_end]

Times without an offset are local times of the network. Importing a file twice changes nothing: rows that are on the log
are known by their ticket, or by meter and day.

\b
Examples:
  symbiosis import march.csv --kind dispatches --agreement a-17 \\
      --key weighbridge.key --server https://ledger.example
  ... and when that shows what you mean:  the same with --sign

\b
Exit codes:
  0  every row is new, or on the log as it stands
  1  rows were rejected, refused, or differ from the log (FILE.rejected.csv)
  2  the file or an option is at fault
  3  some statements are kept and not yet judged: run it again
  4  no connection: run it again
"""


@click.command("import", epilog=EPILOG)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE.csv")
@click.option("--kind", required=True, type=click.Choice(KINDS), help="What the rows are.")
@click.option("--agreement", required=True, metavar="ID", help="Id of the agreement that they belong to.")
@click.option("--user", metavar="ID", help="Of a shared asset: the organisation whose use was metered.")
@click.option("--register", "registers", multiple=True, metavar="METER=VALUE", help="A meter's register at the file's first interval.")
@signing_options
@click.option("--sign", "wanted", is_flag=True, help="Sign what is new and submit it; without it, nothing is signed.")
@click.option("--full", is_flag=True, help="Show every new fact in words.")
def import_file(
    signing: Signing, file: Path, kind: str, agreement: str, user: str | None, registers: tuple[str, ...], *, wanted: bool, full: bool
) -> None:  # fmt: skip
    """Read deliveries from FILE.csv; a dry run unless you say --sign.

    Shows what would be signed, which rows are on the log already, which differ from it, and writes rejected rows with
    their reasons to FILE.rejected.csv. One passphrase and one yes sign all.
    """
    from contracts.deliveries.importing import ImportKind, plan_import

    place = find_place(signing)
    context = _read_context(place, agreement, user, registers)
    plan = plan_import(file.read_bytes(), ImportKind(kind), context)
    rejected = _write_rejected(plan, file)
    show_plan(plan, place, rejected, full=full)
    code = NO if plan.rejected or plan.conflicts else 0
    if wanted and plan.facts:
        code = max(code, _sign_plan(plan, place, signing))
    elif plan.facts:
        click.echo("Nothing was signed: say --sign to sign and submit what is new.", err=True)
    raise click.exceptions.Exit(code)


def show_plan(plan: "ImportPlan", place: "Place", rejected: Path | None, *, full: bool) -> None:
    """Show on stderr what an import would say."""
    from contracts.words import describe_fact

    shown = plan.facts if full else plan.facts[:SHOWN]
    lines = [f"To be signed for {place.organisation} with the key {place.key} on the log {place.log}:", "", plan.summary, ""]
    for fact in shown:
        lines += [*describe_fact(fact, currency=place.currency, full=full), ""]
    if len(shown) < len(plan.facts):
        lines.append(f"… and {len(plan.facts) - len(shown)} more: say --full to see them all.")
    lines += [
        f"row {one.row}, {one.column}: the log has {one.on_log}, the file {one.in_file}: a correction is proposed, not imported"
        for one in plan.conflicts[:LISTED]
    ]
    if rejected is not None:
        lines.append(f"Rejected rows stand in {rejected}, each with its reason; mend them there and import that file.")
    for line in lines:
        click.echo(make_printable(line), err=True)


def _read_context(place: "Place", agreement: str, user: str | None, registers: tuple[str, ...]) -> "ImportContext":
    from contracts.clock import SystemClock
    from webui.commands.import_context import read_context

    if place.server is None:
        raise Complaint("import needs --server URL: rows are held against the agreement and what is on the log")
    network = place.server.find_network(place.log)
    opening = dict(map(_read_register, registers))
    return read_context(place.server, network, agreement, place.organisation, SystemClock().now(), user=user, registers=opening)


def _read_register(text: str) -> tuple[str, Decimal]:
    meter, _, value = text.rpartition("=")
    try:
        reading = parse_decimal(value)
    except Invalid:
        raise Complaint(f"--register: {text!r}: write meter and reading, such as M-1=10432.5") from None
    return meter, reading


def _write_rejected(plan: "ImportPlan", file: Path) -> Path | None:
    from contracts.deliveries.importing import write_rejected

    if not plan.rejected:
        return None
    path = file.with_name(f"{file.stem}.rejected.csv")
    path.write_bytes(write_rejected(plan))
    return path


def _sign_plan(plan: "ImportPlan", place: "Place", signing: Signing) -> int:
    """Ask once, sign all, submit all; gives the exit code."""
    if not signing.yes:
        click.confirm(f"Sign all {len(plan.facts)}?", abort=True, err=True)
    submissions = sign_all(place, signing, [(fact, ()) for fact in plan.facts])
    answers = place.server.submit(submissions) if place.server else []
    entered = [answer for answer in answers if answer.exit_code == 0]
    click.echo(f"{len(entered)} of {len(answers)} entered, {sum(answer.exit_code == INCOMPLETE for answer in answers)} wait.")
    refused = [(fact, answer) for fact, answer in zip(plan.facts, answers, strict=True) if answer.exit_code == NO]
    for fact, answer in refused[:LISTED]:
        _show_refusal(fact.delivery, answer)
    if len(refused) > LISTED:
        click.echo(f"… and {len(refused) - LISTED} more refused", err=True)
    return NO if refused else max((answer.exit_code for answer in answers), default=0)


def _show_refusal(delivery: str, answer: "Answer") -> None:
    click.echo(make_printable(f"{delivery}: {answer.words}"), err=True)
    for line in describe_findings(answer.findings):
        click.echo(f"  {line}", err=True)
