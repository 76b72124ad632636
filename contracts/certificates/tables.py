"""Tables of certificates, folded from the log, with their queries and writers; what later stages read stands in `__all__`.

A certificate counts as suspended, too, while a delivery that it quotes is reversed and it has not been issued anew: that follows from
the deliveries' rows and is not stored. Its effect on prices stays meanwhile, for the results have not changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Connection, Index, Row, Table, Text, exists, insert, or_, select, update

from contracts.agreements.tables import Agreement, find_agreement
from contracts.certificates.facts import Verdict
from contracts.certificates.rules import CertificateState
from contracts.certificates.specification import cap_discount
from contracts.database import DecimalText, Document, Flag, Whole, metadata
from contracts.deliveries.tables import Delivery, DeliveryKind, DeliveryState, deliveries, find_deliveries

__all__ = [
    "Adjustment",
    "Certificate",
    "CertificateChoice",
    "CertificateState",
    "Quality",
    "find_adjustments",
    "find_certificate",
    "find_qualities",
    "list_certificates",
    "list_changed",
    "list_chosen_certificates",
]

certificates = Table(
    "certificates",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("certificate", Text, primary_key=True),
    Column("entry", Whole, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_entry", Whole, nullable=False),
    Column("reason", Text),
    Column("lab", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("number", Text),
    Column("agreement", Text, nullable=False),
    Column("batch", Text),
    Column("sampled_at", Text),
    Column("issued_at", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("results", Document, nullable=False),
    Column("credential_hash", Text, nullable=False),
    Column("credential", Text),
    Column("replaces", Text),
    Column("replaced_by", Text),
    Column("rank", Whole, nullable=False),
    Column("discount", DecimalText, nullable=False),
    Column("refused", Flag, nullable=False),
    Index(None, "log_id", "entry"),
    Index(None, "log_id", "state_entry"),
    Index(None, "log_id", "lab", "number"),
    Index(None, "log_id", "agreement", "batch"),
    Index(None, "log_id", "agreement", "entry"),
    Index(None, "log_id", "lab", "entry"),
    sqlite_strict=True,
)
certificate_deliveries = Table(
    "certificate_deliveries",
    metadata,
    Column("log_id", Whole, primary_key=True),
    Column("certificate", Text, primary_key=True),
    Column("delivery", Text, primary_key=True),
    Index(None, "log_id", "delivery"),
    sqlite_strict=True,
)

FOLDED = (certificates, certificate_deliveries)

#: ids in one query: SQLite takes 32,766 values, PostgreSQL 65,535
_CHUNK = 5_000
_C = certificates.c
_CD = certificate_deliveries.c


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate as the log stands; what was erased is None or empty."""

    certificate: str
    entry: int  #: index that issued it
    state: CertificateState
    state_entry: int  #: index that brought it into its state
    reason: str | None
    lab: str
    key: str  #: Multikey text of the laboratory's key
    number: str | None
    agreement: str
    deliveries: tuple[str, ...]
    batch: str | None
    sampled_at: str | None  #: instant
    issued_at: str  #: instant, the log's word
    verdict: Verdict
    results: Sequence[Mapping[str, str | None]]
    credential_hash: str
    credential: str | None  #: W3C credential as JSON
    replaces: str | None
    replaced_by: str | None
    rank: int  #: 2 the agreement's referee, 1 a laboratory outside the agreement, 0 one of its parties
    discount: Decimal  #: currency per unit, >= 0, before the cap by the price
    refused: bool  #: the price falls away
    said_state: CertificateState  #: as laboratories said, corrections of deliveries aside
    is_corrected: bool  #: a delivery that it quotes was reversed and it was not issued anew

    @property
    def words(self) -> str:
        """The state in words."""
        if self.state is CertificateState.SUSPENDED and self.is_corrected:
            return "suspended: a delivery that it quotes was corrected; it is to be issued anew"
        return {
            CertificateState.ISSUED: f"stands: the goods are {_VERDICT_WORDS[self.verdict]}",
            CertificateState.SUSPENDED: f"suspended by its laboratory: {self.reason or 'the reason was erased'}",
            CertificateState.REVOKED: f"revoked by its laboratory: {self.reason or 'the reason was erased'}",
            CertificateState.SUPERSEDED: f"superseded by certificate {self.replaced_by}",
        }[self.state]


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What certified quality does to the price of one delivery."""

    per_unit: Decimal  #: currency per unit of quantity, <= 0, exact; never beyond the price
    refused: bool  #: the price falls away altogether
    certificate: str


@dataclass(frozen=True, slots=True)
class Quality:
    """What is certified about one delivery."""

    state: str  #: uncertified, conform, nonconform, undecided or suspended
    certificate: str | None
    words: str


_VERDICT_WORDS = {
    Verdict.CONFORM: "as agreed",
    Verdict.NONCONFORM: "not as agreed",
    Verdict.UNDECIDED: "undecided: a result is missing or too uncertain",
}
#: said states with an effect on prices, and those that a delivery's quality is shown by
_EFFECTIVE = frozenset({CertificateState.ISSUED})
_SHOWN = frozenset({CertificateState.ISSUED, CertificateState.SUSPENDED})
_UNCERTIFIED = Quality("uncertified", None, "no certificate stands for it")


def find_certificate(connection: Connection, log_id: int, certificate: str) -> Certificate | None:
    """Find a certificate by its id."""
    rows = connection.execute(_select_certificates(log_id).where(_C.certificate == certificate)).all()
    return next(iter(_read_certificates(connection, log_id, rows)), None)


@dataclass(frozen=True, slots=True)
class CertificateChoice:
    """Which certificates are wanted; None chooses all."""

    delivery: str | None = None  #: those that quote it
    agreement: str | None = None
    lab: str | None = None
    state: CertificateState | None = None
    verdict: Verdict | None = None
    among: tuple[str, ...] | None = None  #: only of these agreements, or of this laboratory:
    or_by: str | None = None


def list_certificates(
    connection: Connection,
    log_id: int,
    *,
    delivery: str | None = None,
    agreement: str | None = None,
    lab: str | None = None,
    after: int | None = None,
    limit: int = 100,
) -> list[Certificate]:
    """List certificates in the order of the log, from the one whose `entry` is after `after` on; `delivery`: those that quote it."""
    chosen = CertificateChoice(delivery, agreement, lab)
    return list_chosen_certificates(connection, log_id, chosen, after=after, limit=limit)


def list_chosen_certificates(
    connection: Connection, log_id: int, chosen: CertificateChoice, *, down: bool = False, after: int | None = None, limit: int = 100
) -> list[Certificate]:  # fmt: skip
    """List the chosen certificates by entry, the newest first if `down`, from the one beyond `after` on."""
    query = _select_certificates(log_id)
    if chosen.delivery is not None:
        quoting = select(_CD.certificate).where(_CD.log_id == log_id, _CD.delivery == chosen.delivery)
        query = query.where(_C.certificate.in_(quoting))
    for column, value in ((_C.agreement, chosen.agreement), (_C.lab, chosen.lab), (_C.verdict, chosen.verdict)):
        if value is not None:
            query = query.where(column == value)
    if chosen.among is not None:
        query = query.where(or_(_C.agreement.in_(chosen.among), _C.lab == chosen.or_by))
    query = _choose_state(query, log_id, chosen.state)
    if after is not None:
        query = query.where(_C.entry < after if down else _C.entry > after)
    rows = connection.execute(query.order_by(_C.entry.desc() if down else _C.entry).limit(limit)).all()
    return _read_certificates(connection, log_id, rows)


def _choose_state(query: Any, log_id: int, state: CertificateState | None) -> Any:  # noqa: ANN401 - a Select of these columns
    """Choose by the state as it is shown: what quotes a reversed delivery counts as suspended."""
    match state:
        case None:
            return query
        case CertificateState.ISSUED:
            return query.where(_C.state == state.value, ~_quotes_reversed(log_id))
        case CertificateState.SUSPENDED:
            corrected = (_C.state == CertificateState.ISSUED.value) & _quotes_reversed(log_id)
            return query.where(or_(_C.state == state.value, corrected))
        case CertificateState.REVOKED | CertificateState.SUPERSEDED:
            return query.where(_C.state == state.value)


def find_adjustments(connection: Connection, log_id: int, wanted: Sequence[str]) -> dict[str, Adjustment]:
    """Find what certificates do to the prices of deliveries, as the log stands; deliveries without effect are absent.

    A reversal has what its original has now, and so does a replacement unless it was certified anew. Where a close has counted the
    original already, the savings stage gives the reversal what was counted there instead, so that the pair cancels in any case.
    """
    agreements: dict[str, Agreement | None] = {}
    found = {}
    for delivery, (chosen, row) in _choose_certificates(connection, log_id, wanted, _EFFECTIVE).items():
        if not chosen.refused and not chosen.discount:
            continue
        if row.agreement not in agreements:
            agreements[row.agreement] = find_agreement(connection, log_id, row.agreement)
        agreement = agreements[row.agreement]
        discount = Decimal(0) if agreement is None or chosen.refused else cap_discount(agreement.terms, chosen.discount, row.period)
        if chosen.refused or discount:
            found[delivery] = Adjustment(-discount if discount else discount, chosen.refused, chosen.certificate)
    return found


def find_qualities(connection: Connection, log_id: int, wanted: Sequence[str]) -> dict[str, Quality]:
    """Find what is certified about deliveries; each one that was asked for has an answer."""
    found = dict.fromkeys(wanted, _UNCERTIFIED)
    for delivery, (chosen, _) in _choose_certificates(connection, log_id, wanted, _SHOWN).items():
        state = "suspended" if chosen.state is CertificateState.SUSPENDED else chosen.verdict.value
        found[delivery] = Quality(state, chosen.certificate, f"certificate {chosen.number or chosen.certificate} {chosen.words}")
    return found


def is_number_taken(connection: Connection, log_id: int, lab: str, number: str) -> bool:
    """Tell whether a laboratory has issued a certificate with a number."""
    query = select(_C.certificate).where(_C.log_id == log_id, _C.lab == lab, _C.number == number).limit(1)
    return connection.execute(query).first() is not None


def insert_certificate(connection: Connection, log_id: int, quoted: Iterable[str], **values: Any) -> None:  # noqa: ANN401 - columns
    """Write a new certificate and the deliveries that it quotes."""
    connection.execute(insert(certificates).values(log_id=log_id, **values))
    rows = [{"log_id": log_id, "certificate": values["certificate"], "delivery": delivery} for delivery in quoted]
    if rows:
        connection.execute(insert(certificate_deliveries), rows)


def change_certificate(connection: Connection, log_id: int, certificate: str, **values: Any) -> None:  # noqa: ANN401 - columns
    """Change columns of a certificate's row."""
    connection.execute(update(certificates).where(_C.log_id == log_id, _C.certificate == certificate).values(**values))


def scrub_certificates(connection: Connection, log_id: int, index: int, values: Mapping[str, Any], *, reason: bool) -> None:
    """Overwrite columns of the certificate that an entry issued, or the reason for which an entry changed its state."""
    if values:
        connection.execute(update(certificates).where(_C.log_id == log_id, _C.entry == index).values(**values))
    if reason:
        mine = (_C.log_id == log_id, _C.state_entry == index, _C.entry != index)
        connection.execute(update(certificates).where(*mine).values(reason=None))


def list_disputed(connection: Connection, log_id: int, index: int) -> list[str]:
    """List the deliveries in dispute that the certificate of an entry quotes."""
    mine = select(_CD.delivery).join(certificates, (_C.log_id == _CD.log_id) & (_C.certificate == _CD.certificate))
    mine = mine.where(_CD.log_id == log_id, or_(_C.entry == index, _C.state_entry == index))
    query = select(deliveries.c.delivery).where(deliveries.c.log_id == log_id, deliveries.c.delivery.in_(mine))
    return list(connection.execute(query.where(deliveries.c.state == DeliveryState.DISPUTED)).scalars())


def was_issued_by(connection: Connection, log_id: int, index: int) -> bool:
    """Tell whether an entry issued a certificate."""
    return connection.execute(select(_C.certificate).where(_C.log_id == log_id, _C.entry == index)).first() is not None


def list_changed(connection: Connection, log_id: int, after: int) -> list[str]:
    """List the agreements of certificates that were issued, or changed their state, by an entry after `after`."""
    changed = or_(_C.entry > after, _C.state_entry > after)
    return list(connection.execute(select(_C.agreement).where(_C.log_id == log_id, changed).distinct().order_by(_C.agreement)).scalars())


def _quotes_reversed(log_id: int) -> Any:  # noqa: ANN401 - a condition
    """Whether a certificate quotes a delivery that was reversed."""
    return exists().where(
        _CD.log_id == log_id,
        _CD.certificate == _C.certificate,
        deliveries.c.log_id == log_id,
        deliveries.c.delivery == _CD.delivery,
        deliveries.c.state == DeliveryState.REVERSED.value,
    )


def _select_certificates(log_id: int) -> Any:  # noqa: ANN401 - a Select of these columns
    return select(certificates, _quotes_reversed(log_id).label("quotes_reversed")).where(_C.log_id == log_id)


def _read_certificates(connection: Connection, log_id: int, rows: Sequence[Row[Any]]) -> list[Certificate]:
    quoted: dict[str, list[str]] = {}
    for chunk in _chunks([row.certificate for row in rows]):
        query = select(_CD.certificate, _CD.delivery).where(_CD.log_id == log_id, _CD.certificate.in_(chunk))
        for row in connection.execute(query.order_by(_CD.delivery)):
            quoted.setdefault(row.certificate, []).append(row.delivery)
    return [_read_certificate(row, tuple(quoted.get(row.certificate, ()))) for row in rows]


def _read_certificate(row: Row[Any], quoted: tuple[str, ...]) -> Certificate:
    fields = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
    state = CertificateState(row.state)
    corrected = bool(row.quotes_reversed) and state in (CertificateState.ISSUED, CertificateState.SUSPENDED)
    plain = {name: fields[name] for name in Certificate.__slots__ if name in fields}
    given = {"deliveries": quoted, "verdict": Verdict(row.verdict), "is_corrected": corrected, "said_state": state}
    return Certificate(**{**plain, **given, "state": CertificateState.SUSPENDED if corrected else state})


def _choose_certificates(
    connection: Connection, log_id: int, wanted: Sequence[str], states: frozenset[CertificateState]
) -> dict[str, tuple[Certificate, Delivery]]:  # fmt: skip
    """Choose the certificate that counts for each delivery: its own, else its original's; the highest rank, then the newest."""
    known = _load_chains(connection, log_id, wanted)
    quoting, batches = _load_quoting(connection, log_id, known, states)
    chosen = {}
    for name in wanted:
        link = known.get(name)
        if link is not None and link.kind is DeliveryKind.REVERSAL:
            link = known.get(link.of or "")
        while link is not None:
            candidates = [*quoting.get(link.delivery, ()), *batches.get((link.agreement, link.batch or ""), ())]
            if candidates:
                chosen[name] = max(candidates, key=lambda one: (one.rank, one.entry)), known[name]
                break
            link = known.get(link.of or "")
    return chosen


def _load_chains(connection: Connection, log_id: int, wanted: Sequence[str]) -> dict[str, Delivery]:
    """Load deliveries with all that they replace or reverse."""
    known: dict[str, Delivery] = {}
    waiting = list(dict.fromkeys(wanted))
    while waiting:
        for chunk in _chunks(waiting):
            known |= find_deliveries(connection, log_id, chunk)
        waiting = sorted({one.of for one in known.values() if one.of is not None and one.of not in known})
    return known


def _load_quoting(
    connection: Connection, log_id: int, known: Mapping[str, Delivery], states: frozenset[CertificateState]
) -> tuple[dict[str, list[Certificate]], dict[tuple[str, str], list[Certificate]]]:  # fmt: skip
    """Load the certificates that count, by the deliveries that they quote, and those of whole batches by (agreement, batch)."""
    found: dict[str, Certificate] = {}
    for chunk in _chunks(list(known)):
        quoting_one = select(_CD.certificate).where(_CD.log_id == log_id, _CD.delivery.in_(chunk))
        rows = connection.execute(_select_certificates(log_id).where(_C.certificate.in_(quoting_one))).all()
        found |= {one.certificate: one for one in _read_certificates(connection, log_id, rows)}
    heirs = {one.replaced_by: find_certificate(connection, log_id, one.replaced_by) for one in found.values() if one.replaced_by}
    quoting: dict[str, list[Certificate]] = {}
    for one in found.values():
        heir = heirs.get(one.replaced_by or "")
        left = () if heir is None else set(one.deliveries) - set(heir.deliveries)
        # Issued anew for a replacement: what was reversed keeps the certificate that it had, so that the pair goes on cancelling.
        for delivery in one.deliveries if one.said_state in states else left:
            quoting.setdefault(delivery, []).append(one)
    batches: dict[tuple[str, str], list[Certificate]] = {}
    names = sorted({one.batch for one in known.values() if one.batch is not None})
    for chunk in _chunks(names):
        rows = connection.execute(_select_certificates(log_id).where(_C.batch.in_(chunk), _C.state.in_(states))).all()
        for one in _read_certificates(connection, log_id, rows):
            if not one.deliveries and one.batch is not None:
                batches.setdefault((one.agreement, one.batch), []).append(one)
    return quoting, batches


def _chunks(items: Sequence[str]) -> Iterable[Sequence[str]]:
    return (items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK))
