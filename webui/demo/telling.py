"""Telling: what was played, who gained, what the board said, the two verdicts, and where to look; in plain lines."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contracts.allocation.facts import AllocationProposed
from contracts.money import format_money
from contracts.recompute import Recomputation
from webui.demo.cast import Cast
from webui.demo.doors import Door
from webui.demo.place import Place
from webui.demo.year import Played

WIDTH = 100
_CURRENCY = "EUR"


@dataclass(frozen=True, slots=True)
class Story:
    """All that is told."""

    cast: Cast
    place: Place
    played: Played
    found: Recomputation
    entries: int
    passphrase: str
    doors: Sequence[Door]
    address: str  #: where the API is served
    seed: int


def tell_story(story: Story) -> list[str]:
    """Tell it, line by line."""
    figures = story.cast.figures
    lines = [figures.title, "=" * len(figures.title)]
    lines += [line for notice in figures.notice for line in textwrap.wrap(notice, WIDTH, initial_indent="! ", subsequent_indent="  ")]
    parts = (_tell_figures, _tell_play, _tell_gains, _tell_rules, _tell_board, _tell_verdicts, _tell_doors, _tell_paths)
    for part in parts:
        lines += ["", *part(story)]
    return lines


def _tell_figures(story: Story) -> Iterable[str]:
    yield "Which figures are played (all others are assumed, see webui/demo/kalundborg.json):"
    for what, words in story.cast.figures.list_played():
        yield from textwrap.wrap(f"{what}: {words}", WIDTH, initial_indent="  ", subsequent_indent="    ")


def _tell_play(story: Story) -> Iterable[str]:
    figures, books, counts = story.cast.figures, story.played.books, story.played.counts
    yield f"What was played, with the seed {story.seed}: {story.entries} entries on the log {figures.log}"
    yield f"  {counts['organisation.admitted']} organisations, {counts['key.enrolled']} keys enrolled, each private key held by its owner"
    offers, countered, declined = (counts[f"agreement.{what}"] for what in ("offered", "countered", "declined"))
    yield f"  {offers} agreements offered, {countered} countered, {declined} declined, {offers - declined} signed by all and in force"
    yield from textwrap.wrap(f"declined: “{figures.declined.reason}”", WIDTH, initial_indent="    ", subsequent_indent="    ")
    yield f"  {counts['delivery.dispatched']} lots and {counts['readings.recorded']} metered days handed over"
    yield f"  {counts.get('certificate.issued', 0)} quality certificates, signed by the laboratory's own key"
    for what, name in story.played.notes.items():
        yield f"  {what}: {name}"
    yield f"  {counts.get('key.rotated', 0)} key rotated, {counts.get('key.revoked', 0)} lost and revoked"
    yield (
        f"  {len(books.closes)} months closed, {counts.get('costs.reported', 0)} reports of costs under seal, "
        f"{len(books.accounts)} statements of account, {books.payments} payments confirmed"
    )


def _tell_gains(story: Story) -> Iterable[str]:
    books, names = story.played.books, _read_names(story)
    total = sum(line.saving for close in books.closes for line in close.lines)
    pooled = _sum_shares(books.allocations, "allocated")
    yield f"What cooperation saved against the agreed (assumed) baselines: {_show(total)}, of it {_show(sum(pooled.values()))} in the pool"
    outside = {one.agreement: one.terms for one in story.cast.figures.exchanges if one.terms["benefit_rule"] != "network_pool"}
    for agreement, terms in outside.items():
        apart = sum(line.saving for close in books.closes for line in close.lines if line.agreement == agreement)
        yield f"  beside the pool: {agreement}, {_show(apart)}, of which the supplier keeps {terms['supplier_share']} % as agreed"
    alone = _sum_shares(books.allocations, "saving")
    yield f"  {'pooled saving by organisation':<34}{'measured':>20}{'allocated':>20}{'transfer':>20}"
    for organisation, allocated in sorted(pooled.items(), key=lambda one: -one[1]):
        transfer = allocated - alone[organisation]
        yield f"  {names[organisation]:<34}{_show(alone[organisation]):>20}{_show(allocated):>20}{_show(transfer):>20}"


def _tell_rules(story: Story) -> Iterable[str]:
    """Show what other rules would have given in the month for which the board asked, and the core verdicts of the year."""
    books, names = story.played.books, _read_names(story)
    stable = sum(_is_stable(one) for one in books.allocations)
    months = len(books.allocations)
    yield f"Stability: in {stable} of {months} months the adopted split lies in the core: no group would do better by leaving"
    if not books.compared:
        return
    period = books.compared[0].period
    shown = [one for one in books.allocations if one.period == period] + books.compared
    yield f"  other rules, proposed for {period} and shown beside it (in the core: {', '.join(_word_core(one) for one in shown)})"
    yield f"  {'':<34}" + "".join(f"{one.rule:>20}" for one in shown)
    for share in shown[0].shares:
        given = [next(other.allocated for other in one.shares if other.organisation == share.organisation) for one in shown]
        yield f"  {names[share.organisation]:<34}" + "".join(f"{_show(amount):>20}" for amount in given)


def _tell_board(story: Story) -> Iterable[str]:
    resolutions = story.played.books.resolutions
    adopted = sum(one.outcome.value == "adopted" for one in resolutions)
    dissents = [(one.number, dissent) for one in resolutions for dissent in one.dissents]
    count = f"{len(dissents)} dissent{'' if len(dissents) == 1 else 's'}"
    yield f"The board adopted {adopted} of {len(resolutions)} allocations, with {count}{':' if dissents else ''}"
    seats = {seat.holder: seat.name.partition("/")[0] for seat in story.cast.list_board()}
    for number, dissent in dissents:
        said = f"{number}, {seats.get(dissent.holder, dissent.holder)}: “{dissent.statement}”"
        yield from textwrap.wrap(said, WIDTH, initial_indent="  ", subsequent_indent="    ")


def _tell_verdicts(story: Story) -> Iterable[str]:
    verdict, found = story.found.verdict, story.found
    yield "Verdicts on audit.zip:"
    yield f"  integrity    {verdict.integrity} ({verdict.size} entries; no witness watches a demo)"
    yield f"  recomputed   {found.result}: {sum(found.recomputed.values())} computed facts anew, {found.count} differences"


def _tell_doors(story: Story) -> Iterable[str]:
    yield f"Keys of the organisations, {story.place.keys}/*.key, open with the passphrase"
    yield f"  {story.passphrase}"
    yield "Throw-away logins and tokens:"
    for door in story.doors:
        yield f"  {door.name:<18} {door.organisation:<32} {door.email}  {door.password}"
        yield f"  {'':<18} {door.token}"


def _tell_paths(story: Story) -> Iterable[str]:
    folder = _shorten(story.place.folder)
    network, tokens = story.cast.figures.network, {door.name: door.token for door in story.doors}
    yield "Where to look:"
    yield f"  python -m ledger verify {folder}/audit.zip --key-file {folder}/log.key"
    yield f"  symbiosis audit recompute {folder}/audit.zip --key-file {folder}/log.key"
    yield f"  symbiosis replay --check --data {folder}"
    yield f"  symbiosis demo --data {folder}                    (serves this demo again; --fresh plays a new one)"
    yield f"  {story.address}/api/v1/openapi.json"
    for role, path in _PATHS:
        yield f'  curl -H "Authorization: Bearer {tokens[role]}" {story.address}/api/v1/networks/{network}/{path}   ({role})'


#: What is worth a look, and by whom.
_PATHS = (
    ("firm", "agreements"),
    ("firm", "deliveries"),
    ("laboratory", "certificates"),
    ("board", "reviews"),
    ("facilitator", "periods"),
    ("auditor", "audit.zip"),
)


def _is_stable(one: AllocationProposed) -> bool:
    return all(part["core"] is not None and part["core"]["stable"] for part in one.components["components"])


def _word_core(one: AllocationProposed) -> str:
    return f"{one.rule} {'yes' if _is_stable(one) else 'no'}"


def _read_names(story: Story) -> Mapping[str, str]:
    return {one.id: one.name for one in story.cast.figures.organisations}


def _sum_shares(allocations: Iterable[AllocationProposed], column: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for one in allocations:
        for share in one.shares:
            sums[share.organisation] = sums.get(share.organisation, 0) + getattr(share, column)
    return sums


def _show(amount: int) -> str:
    return format_money(amount, _CURRENCY)


def _shorten(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
