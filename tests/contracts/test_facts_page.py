"""FACTS.md is what the registry of facts says."""

from pathlib import Path

from contracts.facts import FACT_TYPES, Role
from contracts.facts_page import FAMILIES, write_page


def test_the_page_in_the_package_is_up_to_date(code_home: Path) -> None:
    page = (code_home / "contracts" / "FACTS.md").read_text("utf-8")

    assert page == write_page(), "run: python -m contracts.facts_page > contracts/FACTS.md"


def test_the_page_names_every_kind_with_who_may_say_it() -> None:
    page = write_page()

    assert {kind.fact.__module__ for kind in FACT_TYPES.values()} == set(FAMILIES)
    for kind in FACT_TYPES.values():
        section = page.partition(f"### `{kind.kind}` {kind.version}\n")[2].partition("### ")[0]
        said_by = section.partition("Said by: ")[2].partition(".")[0].split(", ")
        assert [Role(role) for role in said_by] == list(kind.by)
        for part in kind.fields:
            assert f"| `{part.name}` |" in section
