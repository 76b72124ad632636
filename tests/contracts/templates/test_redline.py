"""Redline: every difference with its place, and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from contracts.templates.redline import Change, compare_parameters
from ledger.canonical import JSON, encode_canonical
from tests.contracts.templates.conftest import Agreement

VALUES = st.recursive(
    st.integers(-9, 9) | st.booleans() | st.sampled_from(["a", "12.40"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=8,
)
PARAMETERS = st.dictionaries(st.sampled_from("abcd"), VALUES, max_size=4)


def test_a_changed_price_and_a_changed_row_are_named_with_their_places(an_agreement: Agreement) -> None:
    old = an_agreement()
    new = an_agreement(base_price="12.90", price_model="fixed", asset=None, disputes=[{"step": "operators", "days": 5}])

    changes = compare_parameters(old, new)

    assert Change("parameters.base_price", "12.40", "12.90") in changes
    assert Change("parameters.disputes.0.days", 10, 5) in changes
    assert Change("parameters.disputes.1", {"step": "managers", "days": 20}, None) in changes
    assert {one.kind for one in changes if one.field == "parameters.asset"} == {"removed"}
    assert len(changes) == 5


def test_true_and_one_are_different_values() -> None:
    assert compare_parameters({"a": True}, {"a": 1}) == (Change("parameters.a", before=True, after=1),)


@given(old=PARAMETERS, new=PARAMETERS)
def test_there_are_changes_exactly_when_something_differs(old: dict[str, JSON], new: dict[str, JSON]) -> None:
    changes = compare_parameters(old, new)

    assert bool(changes) is (encode_canonical(old) != encode_canonical(new))
    assert {(one.field, repr(one.before), repr(one.after)) for one in changes} == {
        (one.field, repr(one.after), repr(one.before)) for one in compare_parameters(new, old)
    }
