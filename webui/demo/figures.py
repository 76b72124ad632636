"""The figures of the demo: organisations, exchanges, the shared pipeline, and which of them are published and which assumed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from typing import Any

_FILE = "kalundborg.json"


@dataclass(frozen=True, slots=True)
class OrganisationFigures:
    """An organisation of the play."""

    short: str  #: such as "asnaes"
    id: str  #: on the log
    name: str
    kind: str  #: of contracts.parties.facts.OrganisationKind
    place: str
    roles: tuple[str, ...]  #: that the network gives it
    keys: Mapping[str, tuple[str, ...]]  #: roles of each of its keys, by the key's label
    assumed: bool


@dataclass(frozen=True, slots=True)
class ExchangeFigures:
    """A supply between two organisations."""

    agreement: str
    template: str
    supplier: str  #: short name
    receiver: str  #: short name
    what: str
    era: str
    published: tuple[Mapping[str, str], ...]  #: value, unit, evidence, source
    used: str  #: which figure is played, in words
    yearly: Decimal  #: handed over in the year, in the agreement's unit
    places: int  #: decimals of one lot, or of a metered hour
    handing_over: Mapping[str, Any]  #: by "load" or "meter", with how it is spread over the year
    moisture: Mapping[str, Any] | None  #: percent m/m, where dry mass is paid
    is_certified: bool  #: each lot is
    countered: Mapping[str, Any] | None  #: what the first offer said, and the counter-offer's message
    assumed: Mapping[str, str]  #: reason by name: which figures are not published
    terms: Mapping[str, Any]  #: parameters of the template

    @property
    def is_metered(self) -> bool:
        """Tell whether it is recorded as metered days."""
        return bool(self.handing_over["by"] == "meter")


@dataclass(frozen=True, slots=True)
class PipelineUser:
    """A user of the shared pipeline."""

    short: str
    capacity_share: str  #: percent
    vote: int
    alone: int  #: what a pipeline of its own would cost it in a year, minor units
    yearly: Decimal  #: m3
    meter: str
    register: str  #: where its meter stands when the year begins


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The shared infrastructure."""

    agreement: str
    template: str
    owner: str  #: short name; it operates the pipeline too
    users: tuple[PipelineUser, ...]
    weights: tuple[int, ...]  #: of the months
    assumed: Mapping[str, str]
    terms: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Declined:
    """An offer that is declined."""

    agreement: str
    template: str
    supplier: str
    receiver: str
    reason: str
    terms: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CostRange:
    """A cost that is reported each month, under seal."""

    by: str  #: short name
    agreement: str
    item: str
    least: int  #: minor units
    most: int
    months: tuple[int, ...]  #: in which it arises


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the play reads."""

    title: str
    notice: tuple[str, ...]  #: to be said wherever the figures are shown
    year: int
    network: str  #: short name
    log: str
    settings: Mapping[str, Any]
    organisations: tuple[OrganisationFigures, ...]
    exchanges: tuple[ExchangeFigures, ...]
    pipeline: Pipeline
    declined: Declined
    costs: tuple[CostRange, ...]
    common_terms: Mapping[str, Any]

    def find_organisation(self, short: str) -> OrganisationFigures:
        """Give an organisation by its short name."""
        return next(one for one in self.organisations if one.short == short)

    def find_exchange(self, agreement: str) -> ExchangeFigures:
        """Give an exchange by its agreement."""
        return next(one for one in self.exchanges if one.agreement == agreement)

    def list_played(self) -> list[tuple[str, str]]:
        """List which figure is played for each exchange, in words: (what, words)."""
        return [(f"{one.what}, {one.supplier} to {one.receiver}", one.used) for one in self.exchanges]


def read_figures() -> Figures:
    """Read the figures that the package holds."""
    value: dict[str, Any] = json.loads((resources.files("webui.demo") / _FILE).read_text("utf-8"))
    return Figures(
        title=value["title"],
        notice=tuple(value["notice"]),
        year=value["year"],
        network=value["network"],
        log=value["log"],
        settings=value["settings"],
        organisations=tuple(_read_organisation(one) for one in value["organisations"]),
        exchanges=tuple(_read_exchange(one) for one in value["exchanges"]),
        pipeline=_read_pipeline(value["pipeline"]),
        declined=_read_declined(value["declined"]),
        costs=tuple(_read_cost(one) for one in value["costs"]["reports"]),
        common_terms=value["common_terms"],
    )


def _read_organisation(one: Mapping[str, Any]) -> OrganisationFigures:
    keys = {label: tuple(roles) for label, roles in one["keys"].items()}
    return OrganisationFigures(one["short"], one["id"], one["name"], one["kind"], one["place"], tuple(one["roles"]), keys, one["assumed"])


def _read_exchange(one: Mapping[str, Any]) -> ExchangeFigures:
    return ExchangeFigures(
        agreement=one["agreement"],
        template=one["template"],
        supplier=one["from"],
        receiver=one["to"],
        what=one["what"],
        era=one["era"],
        published=tuple(one["published"]),
        used=one["used"],
        yearly=Decimal(one["yearly"]),
        places=one["places"],
        handing_over=one["handing_over"],
        moisture=one.get("moisture"),
        is_certified=one.get("certified") == "each_lot",
        countered=one.get("countered"),
        assumed=one["assumed"],
        terms=one["terms"],
    )


def _read_pipeline(one: Mapping[str, Any]) -> Pipeline:
    users: Sequence[Mapping[str, Any]] = one["users"]
    return Pipeline(
        agreement=one["agreement"],
        template=one["template"],
        owner=one["owner"],
        users=tuple(
            PipelineUser(
                user["user"], user["capacity_share"], user["vote"], user["alone"], Decimal(user["yearly"]), user["meter"], user["register"]
            )
            for user in users
        ),
        weights=tuple(one["weights"]),
        assumed=one["assumed"],
        terms=one["terms"],
    )


def _read_declined(one: Mapping[str, Any]) -> Declined:
    return Declined(one["agreement"], one["template"], one["from"], one["to"], one["reason"], one["terms"])


def _read_cost(one: Mapping[str, Any]) -> CostRange:
    return CostRange(one["by"], one["agreement"], one["item"], one["from"], one["to"], tuple(one.get("months", range(1, 13))))
