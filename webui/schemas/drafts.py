"""Drafts in requests and answers."""

from marshmallow import Schema, fields

from contracts.views.drafts import TriedDraft
from ledger.statement import HASH, KIND
from webui.schemas.deriving import make_schema
from webui.schemas.fields import Line, Whole


class DraftSchema(Schema):
    """A fact as one writes it down before signing it."""

    kind = Line(pattern=KIND.pattern, most=82, required=True)
    kind_version = Whole(low=1, high=1000)
    about = Line(most=162, required=True, about="the subject, such as delivery:d-1, or its bare id")
    refs = fields.List(Line(pattern=HASH.pattern, most=64), load_default=list)
    fields_ = fields.Dict(keys=Line(most=128), required=True, data_key="fields", attribute="fields")


TriedDraftSchema = make_schema(TriedDraft)
