"""Findings and refusals: all faults at once, with a stable code."""

import pickle

import pytest

from contracts.errors import Conflict, Finding, Forbidden, Invalid, NotFound, NotYet, Refusal, raise_findings

FAULT = Finding("parameters.base_price", "missing", "Base price is missing; fill it in")


def test_no_findings_raise_nothing() -> None:
    raise_findings([])


def test_findings_are_raised_together_as_invalid() -> None:
    with pytest.raises(Invalid) as refusal:
        raise_findings([FAULT, FAULT])

    assert refusal.value.findings == (FAULT, FAULT)
    assert refusal.value.message == "2 faults were found"


def test_each_refusal_has_a_code_of_its_own() -> None:
    codes = {kind.code for kind in (Invalid, NotFound, Forbidden, Conflict, NotYet)}

    assert codes == {"invalid", "not-found", "forbidden", "conflict", "not-yet"}


def test_a_refusal_keeps_its_findings_across_processes() -> None:
    refusal = pickle.loads(pickle.dumps(Conflict("already signed", [FAULT])))  # noqa: S301  our own bytes

    assert isinstance(refusal, Refusal)
    assert (type(refusal), str(refusal), refusal.findings) == (Conflict, "already signed", (FAULT,))
