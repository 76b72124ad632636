"""Periods, savings, allocations, accounts and payments in answers; all money in whole minor units of the network's currency."""

from marshmallow import Schema, fields

from contracts.parties.rules import ALLOCATION_RULES
from contracts.views.allocations import SeenAllocation
from contracts.views.savings import ClosedPeriod, SeenSavings
from contracts.views.settlement import Account, Payment
from webui.openapi_parts import PATTERNS
from webui.schemas.deriving import make_page_schema, make_schema
from webui.schemas.fields import Line

PeriodSchema = make_schema(ClosedPeriod)
PeriodPageSchema = make_page_schema(PeriodSchema)
SavingsSchema = make_schema(SeenSavings, name="Savings")
AllocationSchema = make_schema(SeenAllocation, name="Allocation")
AllocationPageSchema = make_page_schema(AllocationSchema)
AccountSchema = make_schema(Account)
AccountPageSchema = make_page_schema(AccountSchema)
PaymentPageSchema = make_page_schema(make_schema(Payment))


class ProposalSchema(Schema):
    """Of which period an allocation is wanted, by which rule."""

    period = Line(pattern=PATTERNS["period"], most=7, required=True)
    rule = fields.String(
        load_default=None,
        allow_none=True,
        validate=lambda rule: rule is None or rule in ALLOCATION_RULES,
        metadata={"enum": [*ALLOCATION_RULES, None], "description": "the rulebook's, or the network's, if left out"},
    )


class AccountsOrderSchema(Schema):
    """Of which period accounts are to be stated."""

    period = Line(pattern=PATTERNS["period"], most=7, required=True)
