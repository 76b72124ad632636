"""What a signer reads is what is signed: every field of every kind, money in its currency, long texts never cut unseen."""

import dataclasses
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256

import pytest

from contracts.agreements.facts import AgreementOffered, Party
from contracts.drafts import load_facts
from contracts.facts import FACT_TYPES, FactType
from contracts.settlement.facts import AccountLine, AccountPayment, AccountStated, LineKind
from contracts.words import Speech, caption_fact, describe_fact, describe_lines, label_field, list_messages
from tests.contracts.deliveries.building import a_dispatch, a_metered_day
from tests.site.signing.samples import list_samples

load_facts()

ACCOUNT = AccountStated(
    account="2025-03.o-powerco",
    organisation="o-powerco",
    period="2025-03",
    allocation=None,
    method="account/1",
    inputs_hash="0" * 64,
    lines=(AccountLine(LineKind.PRICE, "a-1", "o-plasterco", "2025-03", Decimal("25.360"), "TNE", -123_456),),
    payments=(AccountPayment("o-plasterco", -123_456),),
    total=-123_456,
)
OFFER = AgreementOffered(
    agreement="a-1",
    template="material-supply@1",
    template_hash="1" * 64,
    parties=(Party("o-powerco", "supplier"),),
    parameters={"quantity": "100", "price": {"base": "12.40", "index": None}},
    text="Clause 1. " + "The supplier supplies. " * 50,
    reply_by=date(2025, 1, 31),
    message=None,
)


@pytest.mark.parametrize("kind", FACT_TYPES.values(), ids=lambda kind: f"{kind.kind}.{kind.version}")
def test_every_kind_has_a_caption_in_words(kind: FactType) -> None:
    caption = caption_fact(kind.fact)

    assert caption.endswith(".")
    assert not caption.startswith(kind.fact.__name__)


def test_every_field_stands_in_a_line() -> None:
    lines = describe_fact(a_dispatch())

    labels = {f"  {label_field(field.name)}: " for field in dataclasses.fields(a_dispatch())}
    assert all(any(line.startswith(label) for line in lines) for label in labels)
    assert lines[0] == "The supplier hands a load over, by its own figure."


def test_quantities_carry_their_unit_and_times_their_zone() -> None:
    fact = a_dispatch(moisture=Decimal("8.1"), dispatched_at=datetime(2025, 3, 14, 9, 30, tzinfo=UTC))

    lines = describe_fact(fact)

    assert "  Quantity: 25.42 t" in lines
    assert "  Unit: tonne (TNE)" in lines
    assert "  Moisture: 8.1 % m/m" in lines
    assert "  Dispatched at: 2025-03-14 09:30:00 UTC" in lines


def test_money_is_written_in_the_currency_and_organisations_by_name() -> None:
    lines = describe_fact(ACCOUNT, currency="EUR", names={"o-plasterco": "Plasterco A/S"})

    assert "      Amount: -1,234.56 EUR" in lines
    assert "      Counterparty: Plasterco A/S (o-plasterco)" in lines
    assert "  Total: -1,234.56 EUR" in lines


def test_money_without_a_known_currency_is_said_in_minor_units() -> None:
    lines = describe_fact(ACCOUNT)

    assert "  Total: -123,456 minor units of the network's currency" in lines


def test_a_long_text_is_shortened_with_length_and_hash_and_shown_whole_when_asked() -> None:
    short, full = describe_fact(OFFER), describe_fact(OFFER, full=True)

    digest = sha256(OFFER.text.encode()).hexdigest()
    assert f"  Text: text of {len(OFFER.text):,} characters, SHA-256 {digest}" in short
    assert any("ask for the full text" in line for line in short)
    assert OFFER.text not in "".join(short)
    assert any(OFFER.text.strip() == line.strip() for line in full)


def test_parameters_are_listed_leaf_by_leaf() -> None:
    lines = describe_fact(OFFER)

    assert "      quantity: 100" in lines
    assert "      price.base: 12.40" in lines
    assert "      price.index: none" in lines


def test_a_text_of_several_lines_cannot_pass_for_fields() -> None:
    fact = replace(OFFER, message="yes\n  Quantity: 5 t")

    lines = describe_fact(fact)

    assert "  Quantity: 5 t" not in lines


def test_rows_inherit_the_unit_of_their_list_and_long_lists_say_how_many_are_left() -> None:
    day = a_metered_day()

    lines, full = describe_fact(day), describe_fact(day, full=True)

    assert "      Quantity: 1.5 MWh" in lines
    assert any(f"and {len(day.readings) - 20} more" in line for line in lines)
    assert sum(line == "      Quantity: 1.5 MWh" for line in full) == len(day.readings)


@pytest.mark.parametrize(("kind", "fact"), list_samples(), ids=lambda one: one.kind if isinstance(one, FactType) else "")
def test_every_field_of_every_kind_has_its_line_and_its_words_are_listed_for_translation(kind: FactType, fact: object) -> None:
    told: set[str] = set()

    def translate(words: str) -> str:
        told.add(words)
        return words

    lines = list(describe_lines(fact, speech=Speech(translate)))

    assert list(dict.fromkeys(line.field for line in lines)) == [part.name for part in kind.fields]
    assert told <= set(list_messages([kind.fact]))


def test_a_long_text_stands_whole_beside_its_length_and_hash() -> None:
    [line] = [line for line in describe_lines(OFFER) if line.field == "text"]

    assert line.text == OFFER.text
    assert sha256(OFFER.text.encode()).hexdigest() in line.value
