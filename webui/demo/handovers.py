"""Handing over: lots that are dispatched and received, and metered days; each side records its own figure with its own key."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random  # noqa: TID251 - seeded and handed in: quantities of a play, never a key or a salt
from typing import Any

from contracts.deliveries.facts import DeliveryDispatched, DeliveryReceived, Reading, ReadingQuality, ReadingsRecorded
from contracts.facts import Role
from contracts.period import list_interval_starts
from webui.demo.agenda import Agenda
from webui.demo.figures import ExchangeFigures
from webui.demo.player import Player
from webui.demo.spreading import list_days, place_lots, spread_amount, spread_over_days, spread_over_hours, vary_figure

INTERVAL = 60  #: minutes of a metered interval, as all agreements of the play have it
PER_MILLE = 2  #: how far the two scales lie apart at most


@dataclass(frozen=True, slots=True)
class Lot:
    """One lot that is handed over."""

    id: str  #: of the delivery
    number: int  #: in its agreement's year, from 1
    day: date
    sent: Decimal
    got: Decimal
    moisture: Decimal | None  #: percent, both sides' figure


def plan_lots(one: ExchangeFigures, year: int, chance: Random) -> list[Lot]:
    """Plan the lots of a year; what is sent adds up to the year's figure."""
    days, weights = _place(one, year, chance)
    sent = spread_amount(one.yearly, one.places, weights)
    return [
        Lot(
            id=f"{one.agreement}.{year}-{number:02d}",
            number=number,
            day=day,
            sent=amount,
            got=vary_figure(amount, one.places + 1, PER_MILLE, chance),
            moisture=_draw_moisture(one, number, chance),
        )
        for number, (day, amount) in enumerate(zip(days, sent, strict=True), start=1)
    ]


def _place(one: ExchangeFigures, year: int, chance: Random) -> tuple[list[date], list[int]]:
    """Place lots on days, with their weights: so many days' output each, or so many lots a month."""
    how = one.handing_over
    if "days_a_lot" in how:
        days, length = list_days(year), int(how["days_a_lot"])
        count = len(days) // length
        ends = [length * (number + 1) - 1 for number in range(count - 1)] + [len(days) - 1]
        return [days[end] for end in ends], [end - before for before, end in zip([-1, *ends], ends, strict=False)]
    placed = place_lots(how["each_month"], year)
    months = how.get("weights") or [100] * 12
    return placed, [months[day.month - 1] * chance.randint(930, 1070) for day in placed]


def _draw_moisture(one: ExchangeFigures, number: int, chance: Random) -> Decimal | None:
    if one.moisture is None:
        return None
    tenths = int(Decimal(one.moisture["spread"]) * 10)
    drawn = Decimal(one.moisture["typical"]) + Decimal(chance.randint(-tenths, tenths)) / 10
    return Decimal(one.moisture["off_spec"]) if number == one.moisture["off_spec_lot"] else drawn


def schedule_lots(player: Player, agenda: Agenda, one: ExchangeFigures, lots: list[Lot]) -> None:
    """Put dispatch and receipt of each lot on the agenda."""
    for lot in lots:
        # What is weighed at the receiver's gate arrives the same day, so that its month is the lot's own.
        dispatched, received = agenda.at(lot.day, 9), agenda.at(lot.day, 15)
        agenda.add(dispatched, _bind(_dispatch, player, one, lot, dispatched))
        agenda.add(received, _bind(say_receipt, player, one.receiver, lot.id, lot.got, received, lot.moisture))


def _dispatch(player: Player, one: ExchangeFigures, lot: Lot, at: datetime) -> None:
    fact = DeliveryDispatched(
        delivery=lot.id,
        agreement=one.agreement,
        quantity=lot.sent,
        unit=one.terms["quantity_unit"],
        gross=None,
        tare=None,
        moisture=lot.moisture,
        dispatched_at=at,
        ticket=f"{one.handing_over['ticket']}-{player.figures.year}-{lot.number:03d}",
        batch=None,
        vehicle=None,
        driver=None,
    )
    player.say(fact, player.cast.find(one.supplier, Role.OPERATOR))


def say_receipt(player: Player, receiver: str, delivery: str, quantity: Decimal, at: datetime, moisture: Decimal | None = None) -> None:
    """Have a receiver record what arrived, all of it accepted."""
    fact = DeliveryReceived(
        delivery=delivery,
        received_at=at,
        quantity=quantity,
        gross=None,
        tare=None,
        moisture=moisture,
        accepted=quantity,
        refused=Decimal(0),
        reason=None,
    )
    player.say(fact, player.cast.find(receiver, Role.OPERATOR))


@dataclass(frozen=True, slots=True)
class Stream:
    """What one meter measures over the year."""

    agreement: str
    recorder: str  #: short name of who reads the meter
    receiver: str  #: short name of who confirms
    user: str | None  #: id, of a shared asset
    unit: str
    meter: str
    places: int
    name: str  #: prefix of the deliveries' ids
    days: dict[date, Decimal]
    registers: dict[date, tuple[Decimal, Decimal]]  #: start and end of each day


def plan_streams(player: Player, chance: Random) -> list[Stream]:
    """Plan every meter of the year: metered exchanges, and the users of the shared pipeline."""
    year, figures = player.figures.year, player.figures
    streams = []
    for one in figures.exchanges:
        if one.is_metered:
            how = one.handing_over
            days = spread_over_days(one.yearly, one.places, how["weights"], year, chance)
            registers = _run_register(days, Decimal(how["register"]), how.get("digits"))
            unit, name = one.terms["quantity_unit"], one.agreement
            streams.append(Stream(name, one.supplier, one.receiver, None, unit, how["meter"], one.places, name, days, registers))
    pipe = figures.pipeline
    for user in pipe.users:
        days = spread_over_days(user.yearly, 0, pipe.weights, year, chance)
        registers = _run_register(days, Decimal(user.register), None)
        unit, name = pipe.terms["quantity_unit"], f"{pipe.agreement}.{user.short}"
        short = player.cast.id(user.short)
        streams.append(Stream(pipe.agreement, pipe.owner, user.short, short, unit, user.meter, 0, name, days, registers))
    return streams


def _run_register(days: dict[date, Decimal], start: Decimal, digits: int | None) -> dict[date, tuple[Decimal, Decimal]]:
    """Run a meter's register over the days; past its last digit it begins again at zero."""
    registers = {}
    for day, amount in days.items():
        end = start + amount
        if digits is not None:
            end %= Decimal(10) ** digits
        registers[day] = (start, end)
        start = end
    return registers


def schedule_stream(player: Player, agenda: Agenda, stream: Stream, days: list[date], chance: Random) -> None:
    """Put the reading of each day on the agenda; silence accepts it, but for a month's last day, which is confirmed before the close."""
    for day in days:
        amount = stream.days[day]
        agenda.add(agenda.at(day, 6, later=1), _bind(_record, player, agenda, stream, day, amount, chance))
        if (day + timedelta(days=1)).month != day.month:
            confirmed = agenda.at(day, 10, later=1)
            agenda.add(confirmed, _bind(say_receipt, player, stream.receiver, _name_day(stream, day), amount, confirmed))


def _record(player: Player, agenda: Agenda, stream: Stream, day: date, amount: Decimal, chance: Random) -> None:
    starts = list(list_interval_starts(day, INTERVAL, agenda.zone))
    hours = spread_over_hours(amount, stream.places, len(starts), chance)
    register_start, register_end = stream.registers[day]
    fact = ReadingsRecorded(
        delivery=_name_day(stream, day),
        agreement=stream.agreement,
        user=stream.user,
        meter=stream.meter,
        day=day,
        interval=INTERVAL,
        unit=stream.unit,
        register_start=register_start,
        register_end=register_end,
        readings=tuple(Reading(start, hour, ReadingQuality.MEASURED) for start, hour in zip(starts, hours, strict=True)),
    )
    player.say(fact, player.cast.find(stream.recorder, Role.OPERATOR))


def _name_day(stream: Stream, day: date) -> str:
    return f"{stream.name}.{day}"


def _bind(act: Callable[..., None], *arguments: Any) -> Callable[[], None]:  # noqa: ANN401 - whatever the act takes
    return lambda: act(*arguments)
