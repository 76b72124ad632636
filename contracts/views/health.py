"""Health: how a network fares: who belongs to it, what stands, and, for its facilitator, which data are missing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from contracts.agreements import tables as agreements
from contracts.agreements.rules import Agreement, AgreementState
from contracts.clock import format_instant
from contracts.deliveries.tables import deliveries
from contracts.governance.tables import Rulebook, find_rulebook
from contracts.parties import registers
from contracts.parties.rules import MemberState, Network
from contracts.parties.tables import get_network, list_holders_of_role
from contracts.period import Period, find_period
from contracts.savings.tables import find_last_period
from contracts.templates.catalogue import load_templates
from contracts.views.agreements import Search, search_agreements
from contracts.views.sight import Sight

IDLE_DAYS = 31  #: without a delivery, after which a contract in force is named
MOST = 50  #: of what is missing that is named one by one


@dataclass(frozen=True, slots=True)
class Figures:
    """What a network counts, for every member."""

    network: Network
    members: dict[str, int]  #: active ones by kind
    suspended: int
    agreements: dict[AgreementState, int]
    grants: int  #: that hold today
    rulebook: Rulebook | None  #: in force
    last_period: str | None  #: that was closed


@dataclass(frozen=True, slots=True)
class Missing:
    """Data that a network lacks."""

    keyless: tuple[str, ...]  #: active members without a valid key
    placeless: tuple[str, ...]  #: active members without a site
    unpublished: tuple[str, ...]  #: standard contracts
    boardless: bool  #: nobody holds a seat of the board
    unruled: bool  #: no rulebook was adopted
    unclosed: str | None  #: the earliest month that has ended since the last close and is not closed itself
    idle: tuple[Agreement, ...]  #: contracts in force, as far as the reader sees them, without a delivery in IDLE_DAYS


def find_figures(sight: Sight) -> Figures:
    """Find what the network counts."""
    counted = registers.count_organisations(sight.connection, sight.log_id)
    states = agreements.count_by_state(sight.connection, sight.log_id)
    return Figures(
        network=get_network(sight.connection, sight.log_id),
        members={kind: count for (kind, state), count in sorted(counted.items()) if state == MemberState.ACTIVE},
        suspended=sum(count for (_kind, state), count in counted.items() if state == MemberState.SUSPENDED),
        agreements={AgreementState(state): count for state, count in sorted(states.items())},
        grants=registers.count_grants(sight.connection, sight.log_id, sight.viewer.today.isoformat()),
        rulebook=find_rulebook(sight.connection, sight.log_id),
        last_period=find_last_period(sight.connection, sight.log_id),
    )


def find_missing(sight: Sight, figures: Figures, now: datetime) -> Missing:
    """Find which data are missing."""
    at = format_instant(now)
    published = agreements.list_published(sight.connection, sight.log_id)
    return Missing(
        keyless=tuple(registers.list_keyless(sight.connection, sight.log_id, at)),
        placeless=tuple(registers.list_placeless(sight.connection, sight.log_id)),
        unpublished=tuple(ref for ref in load_templates() if ref not in published),
        boardless=not list_holders_of_role(sight.connection, sight.log_id, "board", at),
        unruled=figures.rulebook is None,
        unclosed=_find_unclosed(figures, now),
        idle=_list_idle(sight, now),
    )


def _find_unclosed(figures: Figures, now: datetime) -> str | None:
    if figures.last_period is None:
        return None
    following = Period(figures.last_period).next()
    return following.name if following < find_period(now, figures.network.zone) else None


def _list_idle(sight: Sight, now: datetime) -> tuple[Agreement, ...]:
    """List contracts in force since a while under which nothing was handed over lately."""
    since = now - timedelta(days=IDLE_DAYS)
    found = search_agreements(sight, Search(state=AgreementState.IN_FORCE, sort="agreement", down=False), after="", limit=MOST)
    day = since.astimezone(get_network(sight.connection, sight.log_id).zone).date()
    running = [one for one in found if (one.terms.day("first_delivery_date") or day) < day and one.allows_delivery(sight.viewer.today)]
    return tuple(one for one in running if (_find_last(sight, one.agreement) or "") < format_instant(since))


def _find_last(sight: Sight, agreement: str) -> str | None:
    """Find when the delivery that was recorded last under an agreement was handed over; one step in an index."""
    column = deliveries.c
    query = select(column.dispatched_at).where(column.log_id == sight.log_id, column.agreement == agreement)
    return sight.connection.execute(query.order_by(column.entry.desc()).limit(1)).scalar()
