"""The demo's figures: each one has its source, or is marked as assumed, and every agreement passes its standard contract."""

import json
from importlib import resources
from typing import Any

import pytest

from contracts.templates.catalogue import check_parameters, find_template, normalise_parameters
from webui.demo.bargaining import write_parameters, write_pipeline_parameters
from webui.demo.cast import Cast
from webui.demo.figures import ExchangeFigures, Figures, Pipeline, read_figures

#: Parameters that are figures about money: none of them is published.
MONEY = ("base_price", "price_tiers", "supplier_share", "fixed_cost", "variable_cost", "stand_alone_cost", "adjustment_price")


@pytest.fixture(scope="module")
def figures() -> Figures:
    """Read the figures."""
    return read_figures()


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Read the file as it is."""
    found: dict[str, Any] = json.loads((resources.files("webui.demo") / "kalundborg.json").read_text("utf-8"))
    return found


def test_every_published_quantity_names_a_source_and_its_evidence(document: dict[str, Any]) -> None:
    quoted = [one for part in [*document["exchanges"], document["pipeline"], document["declined"]] for one in part["published"]]

    assert all(one["source"] in document["sources"] and one["evidence"] in document["evidence"] for one in quoted)
    assert len(quoted) > 10


def test_a_yearly_quantity_is_assumed_unless_a_figure_of_evidence_a_gives_it(figures: Figures) -> None:
    for one in figures.exchanges:
        known = [figure for figure in one.published if figure["evidence"] == "A"]
        assert known or "yearly" in one.assumed, one.agreement


def test_all_prices_and_baselines_are_marked_as_assumed(figures: Figures) -> None:
    parts: list[ExchangeFigures | Pipeline] = [*figures.exchanges, figures.pipeline]

    for one in parts:
        names = [name for name in one.terms if name in MONEY or name.startswith("baseline_") or name.endswith("_cost")]
        assert [name for name in names if name not in one.assumed] == [], one.agreement


def test_the_notice_says_that_eras_are_mixed_and_that_these_are_no_data_of_the_firms(figures: Figures) -> None:
    words = " ".join(figures.notice)

    assert "not data of these firms" in words
    assert "composite" in words


def test_every_agreement_passes_its_standard_contract(figures: Figures) -> None:
    cast = Cast(figures)

    offers = [(one.template, write_parameters(figures, cast, one, number, {})) for number, one in enumerate(figures.exchanges)]
    offers.append((figures.declined.template, write_parameters(figures, cast, figures.declined, 99, {})))
    offers.append((figures.pipeline.template, write_pipeline_parameters(figures, cast)))

    for ref, parameters in offers:
        template = find_template(ref)
        assert check_parameters(template, normalise_parameters(template, parameters)) == ()


def test_exchanges_are_between_two_different_organisations_of_the_cast(figures: Figures) -> None:
    shorts = {one.short for one in figures.organisations}

    assert all(one.supplier != one.receiver and {one.supplier, one.receiver} <= shorts for one in figures.exchanges)
