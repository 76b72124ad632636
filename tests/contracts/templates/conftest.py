"""What the tests of templates ask for: each standard contract with the agreement that its examples make."""

from collections.abc import Callable, Mapping

import pytest

from contracts.templates.catalogue import Template, find_template, normalise_parameters
from ledger.canonical import JSON

Agreement = Callable[..., dict[str, JSON]]


def build_example(template: Template, changes: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return the normalised parameters of the template's own examples, with changes; None takes one away."""
    parameters: dict[str, JSON] = {one.name: one.example for one in template.parameters if one.example is not None}
    parameters.update(changes)
    return normalise_parameters(template, parameters)


@pytest.fixture
def an_agreement() -> Agreement:
    """Return a builder: ``an_agreement("material-supply@1", base_price="5")``."""

    def build(ref: str = "material-supply@1", **changes: JSON) -> dict[str, JSON]:
        return build_example(find_template(ref), changes)

    return build
