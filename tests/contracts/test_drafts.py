"""Drafts are read into facts, or refused with every fault at once."""

import json

import pytest

from contracts.drafts import parse_draft, read_draft, write_draft
from contracts.errors import Invalid
from contracts.facts import type_of
from contracts.own_facts import ContentsErased
from contracts.parties.facts import OrganisationAdmitted, OrganisationKind
from ledger.canonical import JSON
from tests.contracts.deliveries.building import a_dispatch, a_metered_day, a_receipt
from tests.contracts.test_words import ACCOUNT, OFFER

FIELDS: dict[str, JSON] = {
    "agreement": "a-1",
    "quantity": "23.230",
    "unit": "TNE",
    "dispatched_at": "2025-03-14T09:30:00Z",
    "ticket": "4711",
}


@pytest.mark.parametrize(
    "fact",
    [a_dispatch(), a_receipt(), a_metered_day(), ACCOUNT, OFFER,
     OrganisationAdmitted("o-powerco", "Power A/S", "DK-1", "DK", OrganisationKind.PARTNER, ()),
     ContentsErased("1" * 64, "1" * 64, (0, 2), "no longer needed")],
    ids=lambda fact: type(fact).__name__,
)  # fmt: skip
def test_a_fact_written_as_a_draft_is_read_back(fact: object) -> None:
    written = json.dumps(write_draft(fact, type_of(fact), ["2" * 64])).encode()

    draft = parse_draft(written)

    assert draft.fact == fact
    assert draft.refs == ("2" * 64,)


def test_fields_may_stand_beside_the_kind_and_empty_ones_be_left_out() -> None:
    beside = read_draft({"kind": "delivery.dispatched", "delivery": "d-1", **FIELDS})
    nested = read_draft({"kind": "delivery.dispatched", "about": "delivery:d-1", "fields": FIELDS})

    assert beside.fact == nested.fact
    assert nested.fact.vehicle is None


def test_an_erasure_may_be_written_flat_though_it_has_a_field_called_fields() -> None:
    draft = read_draft({"kind": "contents.erased", "about": "1" * 64, "statement": "1" * 64, "fields": [1], "reason": "asked for"})

    assert draft.fact == ContentsErased("1" * 64, "1" * 64, (1,), "asked for")


def test_all_faults_of_a_draft_are_named_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        read_draft({"kind": "delivery.dispatched", "about": "d 1", "refs": ["x"], "fields": {**FIELDS, "quantity": 5, "colour": "grey"}})

    assert {finding.field for finding in caught.value.findings} == {"about", "refs", "quantity", "colour"}


@pytest.mark.parametrize(
    ("draft", "says"),
    [
        (b"[]", "a draft is an object with a kind"),
        (b'{"kind": "delivery.sent"}', "known are delivery.correction_approved"),
        (b'{"kind": "delivery.dispatched", "kind_version": 9}', "is not a kind that is known here"),
        (b'{"kind": "a", "kind": "b"}', "stands twice"),
        (b'{"kind": 1.5}', "write decimals as strings"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_what_is_no_draft_is_refused_in_words(draft: bytes, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        parse_draft(draft)
