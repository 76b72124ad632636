"""The year: founding and bargaining in December, then day by day through twelve months, until the last payment is confirmed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from contracts.clock import FixedClock
from webui.demo.agenda import Agenda
from webui.demo.bargaining import answer_offers, offer_exchanges, sign_agreements
from webui.demo.cast import Cast, Signer
from webui.demo.figures import Figures
from webui.demo.founding import admit_members, found_network, set_rules
from webui.demo.handovers import Lot, plan_lots, plan_streams, schedule_lots, schedule_stream
from webui.demo.incidents import CORRECTED, DISPUTED, disturb_lots, find_first, schedule_correction, schedule_dispute, schedule_keys
from webui.demo.laboratory import schedule_certificate
from webui.demo.monthly import Books, schedule_month
from webui.demo.player import Player
from webui.demo.spreading import open_chance
from webui.runtime import Runtime

Progress = Callable[[int, int], None]  #: days played, days in all
MONTHS = 12


@dataclass(slots=True)
class Played:
    """What was played."""

    books: Books
    counts: Mapping[str, int]  #: entries by kind
    notes: Mapping[str, str]  #: ids of what is worth a look, by what it is
    new_keys: list[Signer] = field(default_factory=list)  #: made during the year


def start_clock(figures: Figures) -> FixedClock:
    """Give a clock that stands on the morning of the founding."""
    return FixedClock(datetime(figures.year - 1, 12, 2, 7, tzinfo=UTC))


def play_year(runtime: Runtime, clock: FixedClock, cast: Cast, seed: int, on_progress: Progress, months: int = MONTHS) -> Played:
    """Play the year, or its first months; what is said at the end of its last month is played to the end."""
    figures = cast.figures
    player = Player(runtime, clock, figures, cast)
    agenda = Agenda(ZoneInfo(figures.settings["time_zone"]))
    prepare_network(player, agenda)
    played = schedule_year(player, agenda, seed, months)
    first = date(figures.year, 1, 1)
    last = _find_month_end(figures.year, months)
    end = agenda.at(last, 0, later=26)
    days = (end - agenda.at(first, 0)).days
    for number in range(days + 1):
        for instant, act in agenda.take_until(agenda.at(first, 0, later=number + 1)):
            player.move_to(instant)
            act()
        player.see_checkpoint()
        on_progress(number, days)
    return played


def prepare_network(player: Player, agenda: Agenda) -> None:
    """Play the December before: founding, members, rules, offers, answers, signatures."""
    before = player.figures.year - 1
    found_network(player)
    player.move_to(agenda.at(date(before, 12, 2), 10))
    admit_members(player)
    player.move_to(agenda.at(date(before, 12, 3), 10))
    set_rules(player)
    player.see_checkpoint()
    player.move_to(agenda.at(date(before, 12, 9), 10))
    standing = offer_exchanges(player)
    player.move_to(agenda.at(date(before, 12, 11), 10))
    answer_offers(player, standing)
    player.see_checkpoint()
    player.move_to(agenda.at(date(before, 12, 16), 10))
    sign_agreements(player, standing)
    player.see_checkpoint()


def schedule_year(player: Player, agenda: Agenda, seed: int, months: int) -> Played:
    """Put the year on the agenda, as far as it is to be played; each purpose draws from chance of its own."""
    figures, played = player.figures, Played(Books(), player.counts, player.notes)
    last = _find_month_end(figures.year, months)
    for one in figures.exchanges:
        if one.is_metered:
            continue
        chance = open_chance(seed, f"lots/{one.agreement}")
        lots = disturb_lots(one.agreement, [lot for lot in plan_lots(one, figures.year, chance) if lot.day <= last])
        schedule_lots(player, agenda, one, lots)
        if one.is_certified:
            for lot in lots:
                schedule_certificate(player, agenda, one, lot, chance)
        _schedule_incidents(player, agenda, one.agreement, lots)
    for stream in plan_streams(player, open_chance(seed, "streams")):
        chance = open_chance(seed, f"hours/{stream.name}")
        days = [day for day in stream.days if day <= last]
        schedule_stream(player, agenda, stream, days, chance)
    chance = open_chance(seed, "costs")
    for month in range(1, months + 1):
        schedule_month(player, agenda, played.books, f"{figures.year}-{month:02d}", chance)
    schedule_keys(player, agenda, played.new_keys)
    return played


def _schedule_incidents(player: Player, agenda: Agenda, agreement: str, lots: list[Lot]) -> None:
    for (name, month), schedule in ((DISPUTED, schedule_dispute), (CORRECTED, schedule_correction)):
        lot = find_first(lots, month)
        if name == agreement and lot is not None:
            schedule(player, agenda, lot)


def _find_month_end(year: int, month: int) -> date:
    return (date(year, month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
