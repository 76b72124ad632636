"""What agreements are about, in few columns: who hands what to whom; for pictures that look at many agreements at once."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from contracts.agreements.tables import agreement_versions, agreements
from contracts.templates.catalogue import find_template
from contracts.templates.template import Template
from contracts.templates.terms import Terms
from contracts.views.sight import Sight, ask_open

CHUNK = 500  #: ids in one query
POOLING = "pooling"  #: kind of exchange of a shared asset
#: parameters that say what is exchanged, one for each standard contract
_NAMES = ("material_name", "carrier", "water_kind", "asset_type")


@dataclass(frozen=True, slots=True)
class Traded:
    """An agreement, as far as pictures go."""

    agreement: str
    exchange_type: str  #: material, energy, water or pooling
    supplier: str  #: of a shared asset its operator
    organisations: tuple[str, ...]  #: the parties
    offer_entry: int  #: index of the standing offer
    what: str  #: what is handed over, in the contract's words; for the parties and whoever else reads the contract

    @property
    def shared(self) -> bool:
        """Whether it is about a shared asset."""
        return self.exchange_type == POOLING


def read_traded(connection: Connection, log_id: int, wanted: Collection[str]) -> dict[str, Traded]:
    """Read what agreements are about, by id, as far as they are known."""
    row, version, names = agreements.c, agreement_versions.c, sorted(wanted)
    query = select(row.agreement, version.template, version.parties, version.parameters, version.entry).join_from(
        agreements,
        agreement_versions,
        (version.log_id == row.log_id) & (version.agreement == row.agreement) & (version.version == row.version),
    )
    found: dict[str, Traded] = {}
    for begin in range(0, len(names), CHUNK):
        part = query.where(row.log_id == log_id, row.agreement.in_(names[begin : begin + CHUNK]))
        found.update({one.agreement: _read(one) for one in connection.execute(part)})
    return found


def name_exchanged(template: Template, parameters: Mapping[str, Any]) -> str:
    """Name what is exchanged: the material as written, or the contract's word for the carrier, water or asset."""
    terms = Terms(parameters)
    for definition in template.parameters:
        value = terms.text(definition.name) if definition.name in _NAMES else None
        if value is not None:
            word = next((choice.label for choice in definition.values if choice.value == value), value)
            asset = terms.text("asset_id")
            return f"{word} {asset}" if asset else word
    return template.title


def _read(row: Any) -> Traded:  # noqa: ANN401 - a row of five columns
    template = find_template(row.template)
    leading = "operator" if template.exchange_type == POOLING else "supplier"
    supplier = next((one["organisation"] for one in row.parties if one["role"] == leading), "")
    parties = tuple(dict.fromkeys(one["organisation"] for one in row.parties))
    return Traded(row.agreement, template.exchange_type, supplier, parties, row.entry, name_exchanged(template, row.parameters))


def find_granted(sight: Sight, agreements: Iterable[Traded]) -> set[str]:
    """Find the agreements that a grant opens to the reader, and nothing else does; each is noted as read.

    A party to a shared asset is so not taken for somebody who may see what the other users took.
    """
    wanted = {one.offer_entry: one.agreement for one in agreements} if sight.viewer.grants else {}
    sight.find_visible([ask_open(entry, "agreement.offered") for entry in wanted])
    return {agreement for entry, agreement in wanted.items() if entry in sight.used}
