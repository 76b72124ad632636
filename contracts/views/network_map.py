"""The network's map: its members with their places, and what they exchange under agreements of the last year that a reader may see."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, func, select

from contracts.agreements.tables import AgreementState, agreements
from contracts.parties import tables as parties
from contracts.parties.rules import MemberState, Organisation
from contracts.parties.tables import agreement_parties
from contracts.views.sight import Sight
from contracts.views.traded import Traded, find_granted, read_traded

MOST_MEMBERS = 1_000  #: of one map
LATELY = timedelta(days=365)  #: for which an agreement that ended stays on the map: a renewal is often signed late
_STANDING = (AgreementState.IN_FORCE.value, AgreementState.SUSPENDED.value)
#: a place written as a geo URI (RFC 5870): latitude and longitude in degrees, WGS 84
_GEO = re.compile(r"geo:(-?[0-9]{1,2}(?:\.[0-9]{1,9})?),(-?[0-9]{1,3}(?:\.[0-9]{1,9})?)(?:[;,].*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Position:
    """A place on earth, in degrees."""

    latitude: Decimal  #: −90 to 90, north positive
    longitude: Decimal  #: −180 to 180, east positive


@dataclass(frozen=True, slots=True)
class MapMember:
    """An organisation on the map."""

    organisation: str
    name: str
    kind: str  #: partner, laboratory, auditor, municipality or operator
    place: str  #: of its first site, in words; empty where it is not known
    position: Position | None  #: where a site's place is written as geo:latitude,longitude
    suspended: bool


@dataclass(frozen=True, slots=True)
class MapLink:
    """An exchange on the map, by one agreement or by several for the same; of a shared asset one link for each user."""

    agreement: str  #: the newest
    what: str
    exchange_type: str  #: material, energy, water or pooling
    supplier: str
    receiver: str
    others: tuple[str, ...] = ()  #: further agreements for the same, the newest first


@dataclass(frozen=True, slots=True)
class NetworkMap:
    """Members and agreements."""

    reader: str  #: organisation
    members: tuple[MapMember, ...]  #: by id; who left is left out
    links: tuple[MapLink, ...]
    unseen: int  #: agreements, in force or lately so, that are not for the reader to see


def find_map(sight: Sight, today: date) -> NetworkMap:
    """Find the map of the network as it stands, with the agreements that bind or did so within a year."""
    listed = parties.list_organisations(sight.connection, sight.log_id, limit=MOST_MEMBERS)
    members = tuple(_place_member(one) for one in listed if one.state is not MemberState.LEFT)
    row = agreements.c
    lately = row.binds_until.is_(None) | (row.binds_until > (today - LATELY).isoformat())
    standing = (row.log_id == sight.log_id, row.state.in_(_STANDING), lately)
    total = sight.connection.execute(select(func.count()).where(*standing)).scalar_one()
    visible = _list_visible(sight, standing)
    links = _merge([link for one in visible for link in _link_agreement(one)])
    return NetworkMap(sight.organisation, members, tuple(links), total - len(visible))


def _merge(links: Iterable[MapLink]) -> list[MapLink]:
    """Merge links of the same exchange between the same two: a renewal is no second one."""
    same: dict[tuple[str, ...], list[MapLink]] = {}
    for link in links:
        same.setdefault((link.supplier, link.receiver, link.exchange_type, link.what), []).append(link)
    return [replace(ones[-1], others=tuple(one.agreement for one in ones[-2::-1])) for ones in same.values()]


def _list_visible(sight: Sight, standing: tuple[ColumnElement[bool], ...]) -> list[Traded]:
    """List the agreements that the reader is a party to, or that a grant opens, as they came on the log."""
    row, party = agreements.c, agreement_parties.c
    mine = select(row.agreement).join(agreement_parties, (party.log_id == row.log_id) & (party.agreement == row.agreement))
    own = set(sight.connection.execute(mine.where(*standing, party.organisation == sight.organisation)).scalars())
    others: set[str] = set()
    if sight.viewer.grants:
        others = set(sight.connection.execute(select(row.agreement).where(*standing)).scalars()) - own
    traded = read_traded(sight.connection, sight.log_id, own | others)
    granted = find_granted(sight, [traded[name] for name in sorted(others)])
    return sorted((traded[name] for name in own | granted), key=lambda one: one.offer_entry)


def _link_agreement(one: Traded) -> list[MapLink]:
    receivers: Sequence[str] = [name for name in one.organisations if name != one.supplier]
    return [MapLink(one.agreement, one.what, one.exchange_type, one.supplier, receiver) for receiver in receivers]


def _place_member(one: Organisation) -> MapMember:
    places = [site.get("place") or "" for site in one.sites]
    position = next((found for place in places if (found := read_position(place)) is not None), None)
    words = next((place for place in places if place and read_position(place) is None), "")
    return MapMember(
        organisation=one.organisation,
        name=one.name or one.organisation,
        kind=one.kind or "partner",
        place=words,
        position=position,
        suspended=one.state is MemberState.SUSPENDED,
    )


def read_position(place: str) -> Position | None:
    """Read a place that is written as a geo URI such as geo:55.6761,11.0886; None for one in words."""
    found = _GEO.fullmatch(place.strip())
    if found is None:
        return None
    latitude, longitude = Decimal(found[1]), Decimal(found[2])
    return Position(latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None  # noqa: PLR2004 - degrees


def count_links(links: Sequence[MapLink]) -> Mapping[str, int]:
    """Count how many links each organisation has."""
    counts: dict[str, int] = {}
    for link in links:
        for name in {link.supplier, link.receiver}:
            counts[name] = counts.get(name, 0) + 1
    return counts
