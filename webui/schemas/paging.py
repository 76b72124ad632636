"""What lists are asked: where to begin, how many, and which."""

from marshmallow import Schema, fields

from contracts.agreements.rules import AgreementState
from contracts.deliveries.delivery import DeliveryState
from ledger.statement import HASH, UUID
from webui.openapi_parts import PATTERNS
from webui.schemas.fields import InstantText, LimitQuery, Line, PageQuery, QueryWhole

MAX_INDEX = 10**15 - 1


class IndexPageQuery(LimitQuery):
    """A page of what is ordered by its place on the log."""

    after = QueryWhole(low=0, high=MAX_INDEX, metadata={"description": "the `next` of the page before"})


class EntriesQuery(IndexPageQuery):
    """Which entries."""

    kind = Line(pattern=r"[a-z][a-z_]{1,40}\.[a-z][a-z_]{1,40}", most=82)
    about = Line(pattern=r"[a-z][a-z_]{1,40}:[A-Za-z0-9][A-Za-z0-9._:@/-]{0,120}", most=162)
    author = Line(pattern=PATTERNS["organisation"], most=42)
    statement = Line(pattern=f"{HASH.pattern}|{UUID.pattern}", most=64, about="a statement's hash, or its id")
    since = InstantText(metadata={"description": "received then or later"})
    until = InstantText(metadata={"description": "received before"})
    proofs = fields.Boolean(load_default=False, metadata={"description": "with the inclusion proof of each under `checkpoint`"})


class KeysQuery(PageQuery):
    """Whose keys."""

    organisation = Line(pattern=PATTERNS["organisation"], most=42)


class AgreementsQuery(PageQuery):
    """Which agreements."""

    state = fields.Enum(AgreementState, by_value=fields.String())


class DeliveriesQuery(PageQuery):
    """Which deliveries."""

    after = Line(pattern=r"[0-9]{1,15}:[A-Za-z0-9._-]{1,100}", most=120, about="the `next` of the page before")
    agreement = Line(pattern=PATTERNS["name"], most=80)
    period = Line(pattern=PATTERNS["period"], most=7)
    state = fields.Enum(DeliveryState, by_value=fields.String())


class PeriodQuery(IndexPageQuery):
    """Of which period."""

    period = Line(pattern=PATTERNS["period"], most=7)


class PaymentsQuery(IndexPageQuery):
    """Of which account."""

    account = Line(pattern=PATTERNS["name"], most=80)


class EvidenceQuery(Schema):
    """What of an entry's contents the evidence shows."""

    show = fields.List(
        Line(pattern=r"[a-z][a-z0-9_]{0,60}(\.(0|[1-9][0-9]{0,4}))?", most=70),
        load_default=list,
        metadata={
            "description": "a field, or a row of a list field such as shares.3, from 0; several times; without any: all that one may read"
        },
    )


class InclusionQuery(Schema):
    """Which entry in which tree."""

    index = QueryWhole(low=0, high=MAX_INDEX, required=True)
    size = QueryWhole(low=1, high=MAX_INDEX, required=True)


class ConsistencyQuery(Schema):
    """Which two trees."""

    first = QueryWhole(low=1, high=MAX_INDEX, required=True)
    second = QueryWhole(low=1, high=MAX_INDEX, required=True)


class CertificatesQuery(IndexPageQuery):
    """Which certificates."""

    delivery = Line(pattern=PATTERNS["name"], most=80)
    agreement = Line(pattern=PATTERNS["name"], most=80)
