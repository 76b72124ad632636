"""`symbiosis replay`: the tables of a network made anew from its log, or log and tables checked, row by row."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webui.commands.faults import INCOMPLETE, NO, make_printable
from webui.commands.place import choose_network, network_option, open_place, place_options
from webui.commands.progress import Show, show_progress

if TYPE_CHECKING:
    from contracts.comparison import Comparison
    from contracts.replay import Replayed
    from ledger.soundness import Unsound
    from webui.runtime import Runtime


@click.command(
    epilog="""
\b
Examples:
  symbiosis replay --data /srv/symbiosis --network kalundborg --check
  symbiosis replay --data /srv/symbiosis --network kalundborg

\b
Exit codes:
  0  the tables say what the log says (or were made anew)
  1  with --check: a row of the log or of the tables differs; without: entries cannot be folded again
  2  no such folder or network
  3  with --check: rows differ that rest on erased contents, nothing else does
  4  the database is not available
"""
)
@place_options
@network_option
@click.option("--check", is_flag=True, help="Change nothing: check the stored log, replay into memory and compare every row.")
@click.option("--drop-erased", is_flag=True, help="Make the tables anew even if rows go that rest on erased contents.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def replay(data: Path | None, database: str | None, network: str | None, *, check: bool, drop_erased: bool, as_json: bool) -> None:
    """Make the tables of a network anew from its log, in one transaction; or --check that they say what the log says.

    Everything but people, tokens and drafts is folded from the log: a row that was changed by hand is found here, and so is a row
    of the log itself (entry, tree node, head, checkpoint, contents) that somebody changed in the database.
    """
    with open_place(data, database) as runtime, show_progress("replaying") as show:
        name = choose_network(runtime, network)
        if not check:
            _rebuild(runtime, name, show, drop_erased=drop_erased, as_json=as_json)
            return
        checked = _check(runtime, name, show)
    if as_json:
        click.echo(json.dumps(_encode(checked), ensure_ascii=False, indent=1))
    else:
        for line in _describe(checked):
            click.echo(make_printable(line))
    raise click.exceptions.Exit({"ok": 0, "incomplete": INCOMPLETE}.get(checked.result, NO))


@dataclass(frozen=True, slots=True)
class _Checked:
    """What checking log and tables came to."""

    unsound: "tuple[Unsound, ...]"  #: rows of the stored log that do not follow from its entries
    compared: "tuple[Replayed, Comparison] | None"  #: None where nothing can be replayed from such a log

    @property
    def result(self) -> str:
        """In a word."""
        if self.unsound or self.compared is None:
            return "unsound"
        _, comparison = self.compared
        return "differs" if comparison.count else "incomplete" if comparison.uncertain else "ok"


def _rebuild(runtime: "Runtime", network: str, show: Show, *, drop_erased: bool, as_json: bool) -> None:
    from contracts.projections import Projections
    from contracts.replay import rebuild_rows

    log = runtime.log(network)
    head = log.read_head()
    total = head.size if head else 0
    came_to = rebuild_rows(runtime.engine, log.log_id, Projections(), lambda done: show(done, total), drop_erased=drop_erased)
    if as_json:
        click.echo(json.dumps({"entries": came_to.size, "skipped": [one.index for one in came_to.skipped]}))
    else:
        click.echo(f"Folded {came_to.size} entries of {log.name} anew, {len(came_to.skipped)} left out.")


def _check(runtime: "Runtime", network: str, show: Show) -> _Checked:
    """Check the stored log first; tables are compared with a replay of it unless entries or contents are not what was said."""
    from contracts.comparison import compare_rows
    from contracts.projections import Projections
    from contracts.replay import open_snapshot, replay_aside
    from ledger.soundness import check_stored

    log, key = runtime.log(network), runtime.service(network).keys.log_verifier
    head = log.read_head()
    total = 2 * head.size if head else 0
    with open_snapshot(runtime.engine) as live:
        unsound = check_stored(live, log.log_id, log.name, key, lambda done: show(done, total))
        if any(one.table in ("ledger_entries", "ledger_contents") for one in unsound):
            return _Checked(unsound, None)
        replaying = replay_aside(live, log.log_id, Projections(), lambda done: show(total // 2 + done, total))
        with replaying as (replayed, came_to):
            return _Checked(unsound, (came_to, compare_rows(live, replayed, log.log_id, came_to)))


def _describe(checked: _Checked) -> list[str]:
    lines = [f"  {one.words}" for one in checked.unsound]
    if checked.compared is not None:
        lines = [*_describe_comparison(*checked.compared), *lines]
    if checked.unsound:
        return [*lines, f"UNSOUND: {len(checked.unsound)} rows of the stored log were changed; restore them from a sound copy."]
    return lines


def _describe_comparison(came_to: "Replayed", comparison: "Comparison") -> list[str]:
    lines = [f"Replayed {came_to.size} entries; compared {comparison.rows} rows of {comparison.tables} tables."]
    lines += [f"  entry {one.index}, {one.kind}, cannot be folded again: {one.message}" for one in came_to.skipped[:20]]
    lines += [f"  {one.words}" for one in comparison.differences]
    left = comparison.count + comparison.uncertain - len(comparison.differences)
    lines += [f"  … and {left} more"] if left else []
    if comparison.count:
        return [*lines, f"DIFFERS: {comparison.count} places where the tables do not say what the log says."]
    if comparison.uncertain:
        return [*lines, f"INCOMPLETE: {comparison.uncertain} places rest on erased contents; nothing else differs."]
    return [*lines, "OK: the tables say what the log says."]


def _encode(checked: _Checked) -> dict[str, object]:
    found: dict[str, object] = {
        "result": checked.result,
        "unsound": [{"index": one.index, "table": one.table, "message": one.message} for one in checked.unsound],
    }
    if checked.compared is None:
        return found
    came_to, comparison = checked.compared
    return found | {
        "entries": came_to.size,
        "rows": comparison.rows,
        "skipped": [{"index": one.index, "kind": one.kind, "code": one.code, "message": one.message} for one in came_to.skipped],
        "differences": [one.to_json() for one in comparison.differences],
        "difference_count": comparison.count,
        "uncertain_count": comparison.uncertain,
    }
