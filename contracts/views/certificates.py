"""What readers see of certificates: the laboratory, the parties to the agreement, and whoever a grant lets in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from contracts.certificates import tables
from contracts.certificates.conformity import Measured, Outcome, parse_measured
from contracts.certificates.credential import CertifiedResult, QualityCertificate
from contracts.certificates.credential_reader import read_certificate
from contracts.certificates.facts import Verdict
from contracts.certificates.jcs import parse_json
from contracts.certificates.tables import Certificate, CertificateChoice, CertificateState
from contracts.deliveries.tables import Delivery, find_deliveries
from contracts.errors import Invalid, NotFound
from contracts.parties.reading import Asked
from contracts.parties.tables import list_agreements_of
from contracts.savings.tables import find_period
from contracts.views.agreements import find_agreement
from contracts.views.sight import Sight, ask_open

__all__ = [
    "Certificate",
    "CertificateChoice",
    "CertificateItem",
    "CertificateState",
    "Trend",
    "TrendPoint",
    "Verdict",
    "find_certificate",
    "find_item",
    "find_trend",
    "list_certificates",
    "list_chosen",
]

MOST_POINTS = 60  #: of a trend
KEPT = 4 * MOST_POINTS  #: credentials kept as they were read: each is checked to its last byte, and none changes


@dataclass(frozen=True, slots=True)
class CertificateItem:
    """A certificate with all that its page says."""

    certificate: Certificate
    stated: QualityCertificate | None  #: as its credential says; None where that cannot be read
    deliveries: Mapping[str, Delivery]  #: that it quotes
    late_for: tuple[str, ...]  #: periods that were closed before it was issued
    is_party: bool  #: whether the reader sees the agreement, and so what the results do to the price


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One certified value of a parameter."""

    certificate: str
    number: str | None
    sampled_at: str  #: instant
    measured: Measured
    uncertainty: Decimal | None
    outcome: Outcome  #: as certified
    stands: bool  #: whether the certificate is neither revoked nor superseded


@dataclass(frozen=True, slots=True)
class Trend:
    """The certified values of one parameter under one agreement, in order of sampling, with the limits of the newest certificate."""

    agreement: str
    parameter: str
    parameters: tuple[str, ...]  #: all that the newest certificate names
    unit: str  #: UN/ECE Rec 20
    minimum: Decimal | None
    maximum: Decimal | None
    points: tuple[TrendPoint, ...]


def list_certificates(sight: Sight, *, delivery: str | None, agreement: str | None, after: int, limit: int) -> list[Certificate]:
    """List the certificates that the reader may see, in the order of the log."""

    def fetch(place: int, count: int) -> list[Certificate]:
        return tables.list_certificates(sight.connection, sight.log_id, delivery=delivery, agreement=agreement, after=place, limit=count)

    return sight.collect(fetch, _ask, lambda row: row.entry, after, limit)


def list_chosen(sight: Sight, chosen: CertificateChoice, *, down: bool, after: int | None, limit: int) -> list[Certificate]:
    """List the chosen certificates that the reader may see, in the order of the log or against it."""
    if not sight.viewer.grants:  # without grants nothing else is open: the rows of others need not be looked at
        mine = list_agreements_of(sight.connection, sight.log_id, sight.organisation)
        chosen = replace(chosen, among=tuple(sorted(mine)), or_by=sight.organisation)

    def fetch(place: int | None, count: int) -> list[Certificate]:
        return tables.list_chosen_certificates(sight.connection, sight.log_id, chosen, down=down, after=place, limit=count)

    return sight.collect(fetch, _ask, lambda row: row.entry, after, limit)


def find_certificate(sight: Sight, certificate: str) -> Certificate:
    """Find a certificate; raises NotFound, also where it is not for the reader."""
    found = tables.find_certificate(sight.connection, sight.log_id, certificate)
    if found is None or not sight.choose([found], _ask):
        raise NotFound("there is no such certificate for you to see")
    return found


def find_item(sight: Sight, certificate: str) -> CertificateItem:
    """Find a certificate with all that its page says; raises NotFound, also where it is not for the reader."""
    found = find_certificate(sight, certificate)
    quoted = find_deliveries(sight.connection, sight.log_id, found.deliveries)
    periods = sorted({one.period for one in quoted.values()})
    closed = {period: find_period(sight.connection, sight.log_id, period) for period in periods}
    late = tuple(period for period, close in closed.items() if close is not None and close.entry < found.entry)
    return CertificateItem(found, read_stated(found), quoted, late, _sees_agreement(sight, found.agreement))


def read_stated(certificate: Certificate) -> QualityCertificate | None:
    """Read what a certificate's credential says; None where it was erased or cannot be read."""
    return None if certificate.credential is None else _read_credential(certificate.credential)


@lru_cache(maxsize=KEPT)
def _read_credential(text: str) -> QualityCertificate | None:
    try:
        return read_certificate(parse_json(text.encode()))
    except Invalid:
        return None


def find_trend(sight: Sight, agreement: str, parameter: str | None) -> Trend:
    """Find how a parameter went over time, the newest 60 values that the reader sees; raises NotFound where there is none."""
    found = list_chosen(sight, CertificateChoice(agreement=agreement), down=True, after=None, limit=MOST_POINTS)
    stated = next((one for one in map(read_stated, found) if one is not None), None)
    if stated is None:
        raise NotFound("no certificate of this agreement is for you to see")
    names = tuple(row.parameter for row in stated.results)
    row = next((one for one in stated.results if one.parameter == (parameter or names[0])), None)
    if row is None:
        raise NotFound("the certificates name no such parameter")
    points = [point for one in found if (point := _read_point(one, row)) is not None]
    points.sort(key=lambda point: (point.sampled_at, point.certificate))
    return Trend(agreement, row.parameter, names, row.agreed_unit, row.minimum, row.maximum, tuple(points))


def _read_point(one: Certificate, row: CertifiedResult) -> TrendPoint | None:
    """Read a certificate's value of a parameter; None where it was not measured, or in another unit."""
    result: Mapping[str, str | None] = next((result for result in one.results if result.get("parameter") == row.parameter), {})
    value, unit, uncertainty = result.get("value"), result.get("unit"), result.get("uncertainty")
    if value is None or unit != row.agreed_unit or one.sampled_at is None:
        return None
    stands = one.said_state not in (CertificateState.REVOKED, CertificateState.SUPERSEDED)
    stated = read_stated(one)
    outcomes: Sequence[Outcome] = [mine.outcome for mine in (stated.results if stated else ()) if mine.parameter == row.parameter]
    outcome = outcomes[0] if outcomes else Outcome.NOT_DECIDABLE
    spread = None if uncertainty is None else Decimal(uncertainty)
    return TrendPoint(one.certificate, one.number, one.sampled_at, parse_measured(value), spread, outcome, stands)


def _sees_agreement(sight: Sight, agreement: str) -> bool:
    try:
        find_agreement(sight, agreement)
    except NotFound:
        return False
    return True


def _ask(row: Certificate) -> Asked:
    return ask_open(row.entry, "certificate.issued", row.lab)
