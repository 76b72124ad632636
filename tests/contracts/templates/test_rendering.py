"""The text of a contract: complete, the same each time, with conditional paragraphs as agreed."""

import pytest

from contracts.templates.catalogue import find_template, load_templates, render_text
from contracts.templates.rendering import NOT_AGREED
from ledger.canonical import JSON
from tests.contracts.templates.conftest import Agreement

NAMES = {"powerco": "PowerCo A/S", "plasterco": "PlasterCo ApS"}


def write(parameters: dict[str, JSON], ref: str = "material-supply@1") -> str:
    return render_text(find_template(ref), parameters, NAMES)


@pytest.mark.parametrize("ref", sorted(load_templates()))
def test_every_agreed_parameter_stands_in_the_text_and_nothing_is_left_open(ref: str, an_agreement: Agreement) -> None:
    parameters = an_agreement(ref)

    text = write(parameters, ref)

    assert NOT_AGREED not in text
    assert "{" not in text
    schedule = text[text.index("SCHEDULE OF PARAMETERS") :]
    for name in parameters:
        assert f"({name}): " in schedule


def test_values_are_written_with_their_units_and_names(an_agreement: Agreement) -> None:
    text = write(an_agreement(insurance_min=500_000_000))

    assert "between PowerCo A/S (powerco) (the Supplier) and PlasterCo ApS (plasterco) (the Receiver)" in text
    assert "The price is 12.40 EUR per t." in text
    assert "takes 60000 t in each full Contract Year" in text
    assert "at least 5,000,000.00 EUR" in text
    assert "property free moisture; basis as received; target 8 %; maximum 10 %; rejection above 12 %" in text


def test_only_the_paragraphs_of_the_agreed_price_model_stand(an_agreement: Agreement) -> None:
    gate_fee = write(an_agreement(price_model="gate_fee", base_price="-20", take_or_pay="0"))
    free = write(an_agreement(price_model="free", base_price=None, take_or_pay="0"))

    assert "the price is -20 EUR per t, and its negative sign" in gate_fee
    assert "The price is" not in gate_fee
    assert "handed over free of charge" in free
    assert "free of charge" not in gate_fee


def test_a_clause_without_a_paragraph_is_left_out_and_paragraphs_stay_numbered(an_agreement: Agreement) -> None:
    with_duty = write(an_agreement())
    without = write(an_agreement(take_or_pay="0"))

    assert "C06  Take-or-pay, make-up" in with_duty
    assert "C06  Take-or-pay, make-up" not in without
    assert "C06.1  " in with_duty
    assert "C06.4  " in with_duty


def test_the_order_of_parameters_does_not_change_the_text(an_agreement: Agreement) -> None:
    parameters = an_agreement()

    assert write(parameters) == write(dict(reversed(parameters.items())))


def test_braces_in_a_partys_words_are_not_filled_in(an_agreement: Agreement) -> None:
    text = write(an_agreement(certain_use="{base_price} is no placeholder here"))

    assert "{base_price} is no placeholder here" in text
