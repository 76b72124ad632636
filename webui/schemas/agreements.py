"""Agreements and standard contracts in answers and requests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields

from contracts.agreements.rules import Agreement, Signature
from contracts.agreements.service import Version
from contracts.views.templates import TriedParameters
from webui.schemas.deriving import make_page_schema, make_schema
from webui.schemas.fields import Line


@dataclass(frozen=True, slots=True)
class AgreementSeen:
    """An agreement with its history, oldest offer first, each with its redline."""

    agreement: Agreement
    versions: Sequence[Version]
    signatures: Sequence[Signature]  #: under the standing offer
    missing: Sequence[str]  #: organisations that the standing offer does not bind yet


@dataclass(frozen=True, slots=True)
class TemplateSeen:
    """A standard contract."""

    template: str  #: such as material-supply@1
    title: str
    exchange_type: str
    summary: str
    hash: str
    published: bool  #: in this network, and so to be used here


@dataclass(frozen=True, slots=True)
class TemplateList:
    """The standard contracts."""

    items: Sequence[TemplateSeen]


@dataclass(frozen=True, slots=True)
class TemplateWhole:
    """A standard contract, whole."""

    template: TemplateSeen
    source: Mapping[str, Any]  #: clauses, parameters, constraints, as its hash is over them
    schema: Mapping[str, Any]  #: JSON Schema of the parameters


class ParametersSchema(Schema):
    """Parameters to be checked."""

    parameters = fields.Dict(keys=Line(most=128), required=True)


AgreementPageSchema = make_page_schema(make_schema(Agreement))
AgreementSchema = make_schema(AgreementSeen, name="AgreementWithHistory")
TemplateListSchema = make_schema(TemplateList)
TemplateSchema = make_schema(TemplateWhole, name="TemplateWhole")
TriedParametersSchema = make_schema(TriedParameters)
