"""What readers see of agreements: their parties, and whoever a grant lets in."""

from dataclasses import dataclass

from contracts.agreements import tables
from contracts.agreements.rules import Agreement, AgreementState, Signature
from contracts.agreements.service import Version, list_history, list_missing_signatures
from contracts.agreements.standing import Standing, find_standing
from contracts.errors import NotFound
from contracts.parties.reading import Asked
from contracts.templates.catalogue import Change, compare_parameters
from contracts.views.sight import Sight, ask_open

MAX_DIGITS = 16  #: of an index in a cursor


@dataclass(frozen=True, slots=True)
class Search:
    """Which agreements are wanted, in which order."""

    partner: str | None = None  #: organisation that is a party too
    state: AgreementState | None = None
    template: str | None = None
    sort: str = "entry"  #: "entry" (the last change), "contract_no" or "agreement"
    down: bool = True


@dataclass(frozen=True, slots=True)
class SignedBy:
    """One signature under the standing offer, with what proves it."""

    organisation: str
    holder: str  #: pseudonym
    capacity: str  #: office; empty where it was erased
    key: str  #: Multikey text
    entry: int
    signed_at: str  #: instant, by the log's clock


def search_agreements(sight: Sight, search: Search, *, after: str, limit: int) -> list[Agreement]:
    """List the agreements that the reader may see; `after` is `place_agreement` of the last one that was seen, or empty."""
    if after and search.sort == "contract_no":
        find_agreement(sight, after)  # the place of another's contract among one's own would tell its number
    wanted = [search.partner] if search.partner else []
    parties = [*wanted, *([] if sight.viewer.grants else [sight.organisation])]  # without grants nothing else is open

    def fetch(place: str, count: int) -> list[Agreement]:
        return tables.search_agreements(
            sight.connection,
            sight.log_id,
            parties=parties,
            state=search.state,
            template=search.template,
            sort=search.sort,
            down=search.down,
            after=_read_place(sight, search.sort, place),
            limit=count,
        )

    return sight.collect(fetch, _ask, lambda row: place_agreement(row, search.sort), after, limit)


def place_agreement(row: Agreement, sort: str) -> str:
    """Give the cursor of an agreement in an order."""
    return str(row.entry) if sort == "entry" else row.agreement


def _read_place(sight: Sight, sort: str, place: str) -> tuple[int] | tuple[str, ...] | None:
    if not place:
        return None
    if sort == "entry":
        return (int(place) if place.isascii() and place.isdecimal() and len(place) < MAX_DIGITS else 0,)
    number = tables.find_contract_no(sight.connection, sight.log_id, place) or ""
    return (number, place) if sort == "contract_no" else (place,)


def list_agreements(sight: Sight, *, state: AgreementState | None, after: str, limit: int) -> list[Agreement]:
    """List the agreements that the reader may see, by id."""
    mine = None if sight.viewer.grants else sight.organisation  # without grants nothing else is open

    def fetch(place: str, count: int) -> list[Agreement]:
        return tables.list_agreements(sight.connection, sight.log_id, organisation=mine, state=state, after=place, limit=count)

    return sight.collect(fetch, _ask, lambda row: row.agreement, after, limit)


def find_agreement(sight: Sight, agreement: str) -> Agreement:
    """Find an agreement; raises NotFound, also where it is not for the reader."""
    found = tables.find_agreement(sight.connection, sight.log_id, agreement)
    if found is None or not sight.choose([found], _ask):
        raise NotFound("there is no such agreement for you to see")
    return found


def list_versions(sight: Sight, agreement: Agreement) -> list[Version]:
    """List an agreement's offers, oldest first, each with its redline."""
    return list_history(sight.connection, sight.log_id, agreement.agreement)


def compare_versions(old: Version, new: Version) -> tuple[Change, ...]:
    """List the parameters that differ between two versions."""
    return compare_parameters(old.parameters, new.parameters)


def list_signatures(sight: Sight, agreement: Agreement) -> list[Signature]:
    """List the signatures under the standing offer."""
    return tables.list_signatures(sight.connection, sight.log_id, agreement.agreement, agreement.version)


def list_signed(sight: Sight, agreement: Agreement) -> list[SignedBy]:
    """List the signatures under the standing offer, each with its key and time."""
    rows = tables.read_signatures(sight.connection, sight.log_id, agreement.agreement, agreement.version)
    return [SignedBy(row.organisation, row.holder, row.capacity, row.key, row.entry, row.signed_at) for row in rows]


def show_standing(sight: Sight, agreement: Agreement) -> Standing:
    """Show who has signed, who signs next, and what the reader's organisation may do today."""
    signatures = list_signatures(sight, agreement)
    return find_standing(agreement, sight.organisation, sight.reader.holder, signatures, sight.viewer.today)


def find_reason(sight: Sight, agreement: Agreement) -> str | None:
    """Find the reason that was given for the last step that wants one."""
    return tables.find_reason(sight.connection, sight.log_id, agreement.agreement)


def list_missing(sight: Sight, agreement: Agreement) -> tuple[str, ...]:
    """List the parties that have yet to sign."""
    return list_missing_signatures(sight.connection, sight.log_id, agreement)


def _ask(row: Agreement) -> Asked:
    return ask_open(row.offer_entry, "agreement.offered", row.offered_by)
