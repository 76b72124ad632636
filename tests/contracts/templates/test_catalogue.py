"""The standard contracts: whole, consistent, frozen once published."""

import json
from importlib import resources

import jsonschema
import pytest

from contracts.errors import NotFound
from contracts.templates.catalogue import (
    build_schema,
    check_parameters,
    find_template,
    list_parties,
    load_templates,
    normalise_parameters,
    template_hash,
)
from contracts.templates.constraints import list_kinds
from contracts.templates.rendering import list_placeholders
from contracts.templates.template import Definition, Paragraph, Template, read_template
from ledger.canonical import JSON, decode_canonical
from tests.contracts.templates.conftest import Agreement

REFS = ["energy-supply@1", "material-supply@1", "shared-infrastructure@1", "water-supply@1"]

#: published versions are never edited: a new text is a new version beside the old one, with a line of its own here
PUBLISHED = {
    "energy-supply@1": "ff237c5d38782d8f1b46dd6eb92950d4f1efff0f34699d92f20652012c67e4d0",
    "material-supply@1": "cf6bf0d91dd4a541265f483cc2f9d5dd1018a7047ae7b4817c3f736284df4dc5",
    "shared-infrastructure@1": "5943c55f812ac7db3b6083bbaf288000475d787fa529b4292fd8dcbd958349fb",
    "water-supply@1": "ef85c47907f5a7555ca8c6dda41aabe5dbb175d01d155311c63b1addd6b094ba",
}

#: clauses that say the same in every contract; what differs belongs into a paragraph of its own
COMMON = ["C14", "C22", "C23", "C24", "C25", "C27", "C28", "C29", "C30"]

#: names that other parts of the product read
RELIED_ON = {
    "contract_no",
    "effective_date",
    "first_delivery_date",
    "initial_term",
    "currency",
    "quantity_unit",
    "measurement_authority",
    "match_tolerance_abs",
    "match_tolerance_pct",
    "confirm_within",
    "silent_accept",
    "meter_ids",
    "benefit_rule",
    "signatories",
}
RELIED_ON_IN_SUPPLY = RELIED_ON | {
    "supplier",
    "receiver",
    "quantity_model",
    "annual_contract_quantity",
    "price_model",
    "base_price",
    "quality_spec",
    "decision_rule",
    "offspec_rule",
    "baseline_supplier_cost",
    "baseline_receiver_cost",
    "supplier_share",
    "asset",
}
RELIED_ON_IN_POOLING = RELIED_ON | {
    "owner",
    "operator",
    "shares",
    "asset_id",
    "fixed_cost",
    "variable_cost",
    "fixed_key",
    "variable_key",
    "total_capacity",
    "stand_alone_cost",
    "interval",
}


@pytest.fixture(params=REFS)
def template(request: pytest.FixtureRequest) -> Template:
    return find_template(request.param)


def test_there_is_one_standard_contract_for_each_kind_of_exchange() -> None:
    kinds = {ref: template.exchange_type for ref, template in load_templates().items()}

    assert kinds == dict(zip(REFS, ["energy", "material", "pooling", "water"], strict=True))


def test_a_published_contract_is_never_edited(template: Template) -> None:
    assert template_hash(template) == PUBLISHED[template.ref]


def test_the_hashed_bytes_are_canonical_and_give_the_same_contract(template: Template) -> None:
    source = decode_canonical(template.canonical)

    assert isinstance(source, dict)
    assert read_template(source) == template


def test_an_unknown_contract_is_not_found_and_the_known_ones_are_named() -> None:
    with pytest.raises(NotFound, match="water-supply@1"):
        find_template("water-supply@9")


def test_the_examples_of_a_contract_make_a_faultless_agreement(template: Template, an_agreement: Agreement) -> None:
    assert check_parameters(template, an_agreement(template.ref)) == ()


def test_names_of_parameters_clauses_and_columns_are_unique(template: Template) -> None:
    clauses = [one.id for one in template.clauses]

    assert len({one.name for one in template.parameters}) == len(template.parameters)
    assert len(set(clauses)) == len(clauses)
    for definition in template.parameters:
        assert len({one.name for one in definition.columns}) == len(definition.columns)


def test_every_parameter_belongs_to_a_clause_and_explains_itself(template: Template) -> None:
    clauses = {one.id for one in template.clauses}
    for definition in template.parameters:
        assert definition.clause in clauses, definition.name
        assert definition.label
        assert definition.help.endswith("."), definition.name


def test_everything_that_a_contract_names_exists(template: Template) -> None:
    names = {one.name for one in template.parameters}
    conditions = [condition for definition in template.parameters for condition in (*definition.required_when, *definition.only_when)] + [
        condition for clause in template.clauses for paragraph in clause.paragraphs for condition in paragraph.when
    ]

    assert {one.parameter for one in conditions} <= names
    assert {name for one in template.constraints for name in one.parameters} <= names
    assert {one.kind for one in template.constraints} <= list_kinds()
    assert {one.unit_from for one in template.parameters if one.unit_from} <= names
    for role in template.roles:
        assert role.parameter.partition(".")[0] in names


def test_conditions_on_choices_name_real_choices(template: Template) -> None:
    for clause in template.clauses:
        for paragraph in clause.paragraphs:
            for condition in paragraph.when:
                definition = template.find_parameter(condition.parameter)
                assert definition is not None
                if definition.values:
                    assert set(condition.values) <= {one.value for one in definition.values}, clause.id


def test_no_paragraph_can_print_a_value_that_was_left_out(template: Template) -> None:
    for clause in template.clauses:
        for paragraph in clause.paragraphs:
            for name in list_placeholders(paragraph.text):
                definition = template.find_parameter(name)
                assert definition is not None, (clause.id, name)
                assert _is_always_there(definition, paragraph), (clause.id, name)


def _is_always_there(definition: Definition, paragraph: Paragraph) -> bool:
    """Required, defaulted, tested by the paragraph, or required whenever the paragraph stands."""
    if definition.required or (definition.default is not None and not definition.only_when):
        return True
    if any(one.parameter == definition.name and one.operator in ("given", "positive", "in") for one in paragraph.when):
        return True
    needed = definition.required_when or (definition.only_when if definition.default is not None else ())
    return bool(needed) and all(
        any(one.parameter == other.parameter and set(one.values) <= set(other.values) for one in paragraph.when) for other in needed
    )


def test_every_choice_of_price_and_rule_is_told_in_the_text(template: Template) -> None:
    text = " ".join(paragraph.text for clause in template.clauses for paragraph in clause.paragraphs)
    tested = {
        (condition.parameter, value)
        for clause in template.clauses
        for paragraph in clause.paragraphs
        for condition in paragraph.when
        for value in condition.values
    }
    for name in ("quantity_model", "price_model", "benefit_rule", "legal_status", "offspec_rule", "decision_rule", "fixed_key"):
        definition = template.find_parameter(name)
        if definition is not None and f"{{{name}}}" not in text:
            assert {(name, one.value) for one in definition.values} <= tested, name


@pytest.mark.parametrize("clause_id", COMMON)
def test_common_clauses_are_word_for_word_the_same(clause_id: str) -> None:
    versions = {clause for ref in REFS for clause in find_template(ref).clauses if clause.id == clause_id}

    assert len(versions) == 1


def test_parameters_that_others_read_are_there(template: Template) -> None:
    names = {one.name for one in template.parameters}

    assert (RELIED_ON_IN_POOLING if template.exchange_type == "pooling" else RELIED_ON_IN_SUPPLY) <= names


def test_the_parties_are_read_from_the_roles(an_agreement: Agreement) -> None:
    supply, pool = find_template("material-supply@1"), find_template("shared-infrastructure@1")

    assert list_parties(supply, an_agreement(supply.ref)) == ("powerco", "plasterco")
    assert list_parties(pool, an_agreement(pool.ref)) == ("utility", "powerco", "plasterco", "pharma")


def test_the_json_schema_is_valid_and_accepts_the_examples(template: Template, an_agreement: Agreement) -> None:
    schema = build_schema(template)
    jsonschema.Draft202012Validator.check_schema(schema)

    faults = list(jsonschema.Draft202012Validator(schema).iter_errors(an_agreement(template.ref)))

    assert faults == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("base_price", 12.4), ("base_price", "1e3"), ("price_model", "two_part"), ("initial_term", 0), ("colour", "red")],
)
def test_the_json_schema_refuses_what_the_check_refuses(name: str, value: JSON, an_agreement: Agreement) -> None:
    template = find_template("material-supply@1")
    parameters = an_agreement() | {name: value}

    assert check_parameters(template, parameters)
    assert not jsonschema.Draft202012Validator(build_schema(template)).is_valid(parameters)


def test_a_misspelt_key_in_a_contract_file_is_refused() -> None:
    file = resources.files("contracts.templates.standard") / "water-supply@1.json"
    source = json.loads(file.read_bytes())
    source["parameters"][0]["requred"] = True

    with pytest.raises(ValueError, match="requred"):
        read_template(source)


def test_normalising_twice_changes_nothing_more(template: Template, an_agreement: Agreement) -> None:
    once = an_agreement(template.ref)

    assert normalise_parameters(template, once) == once
    assert list(once) == [one.name for one in template.parameters if one.name in once]
