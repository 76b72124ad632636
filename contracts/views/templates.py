"""Standard contracts as members of a network see them: which are published here, and parameters tried out before they are offered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.agreements import tables
from contracts.errors import Finding, Refusal
from contracts.parties.tables import list_names
from contracts.templates.catalogue import (
    Template,
    check_parameters,
    find_template,
    load_templates,
    normalise_parameters,
    render_text,
    template_hash,
)
from contracts.templates.checks import list_parties
from contracts.views.sight import Sight
from ledger.canonical import JSON


@dataclass(frozen=True, slots=True)
class SeenTemplate:
    """A standard contract of this release."""

    form: Template
    hash: str  #: SHA-256 of its canonical bytes
    published: bool  #: in this network, and so to be used here


@dataclass(frozen=True, slots=True)
class TriedParameters:
    """Parameters as a contract would take them."""

    findings: tuple[Finding, ...]  #: all faults
    parameters: Mapping[str, JSON] | None  #: in normal form; None where they are too faulty for one
    text: str | None  #: the contract in words; None where they are too faulty for it


def list_templates(sight: Sight) -> list[SeenTemplate]:
    """List the standard contracts."""
    published = tables.list_published(sight.connection, sight.log_id)
    return [_see(form, published.get(ref)) for ref, form in load_templates().items()]


def show_template(sight: Sight, ref: str) -> SeenTemplate:
    """Show one standard contract; raises NotFound."""
    form = find_template(ref)
    return _see(form, tables.find_published(sight.connection, sight.log_id, ref))


def _see(form: Template, published: str | None) -> SeenTemplate:
    """Describe a standard contract beside the hash of it that the network has published."""
    own = template_hash(form)
    return SeenTemplate(form, own, published == own)


def try_parameters(sight: Sight, ref: str, parameters: Mapping[str, Any]) -> TriedParameters:
    """Try parameters out; nothing is kept. Raises NotFound for an unknown contract."""
    form = find_template(ref)
    findings = check_parameters(form, parameters)
    if findings:
        return TriedParameters(findings, None, None)
    try:
        normal = normalise_parameters(form, parameters)
        names = list_names(sight.connection, sight.log_id, list_parties(form, normal))
        return TriedParameters((), normal, render_text(form, normal, names))
    except Refusal as refusal:
        return TriedParameters(refusal.findings or (Finding("parameters", refusal.code, refusal.message),), None, None)
