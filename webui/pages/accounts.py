"""Accounts: statements of account and their components, one statement as a document, payments and their confirmation."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.allocation.exact import parse_exact
from contracts.allocation.facts import Share
from contracts.errors import NotFound
from contracts.money import CURRENCY_EXPONENTS
from contracts.settlement.facts import AccountLine
from contracts.views import settlement
from contracts.views.parties import find_organisation
from contracts.views.settlement import Account, Payment
from contracts.views.sight import Sight
from contracts.views.waterfall import Waterfall, find_waterfall
from webui.access import MEMBER_PERSONS, get_member
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.pages.accounts_words import DUES, LINES
from webui.pages.entry_cursors import read_entry_cursor, read_row_cursor
from webui.pages.forms import Field, Form, answer_form
from webui.pages.history import read_history
from webui.pages.languages import write_money
from webui.pages.listing import Column, Filter, Kind, Listing, Wanted, answer_list
from webui.pages.rendering import get_place, name_organisation, render
from webui.pages.routes import Pages
from webui.pages.why_writing import write_exact
from webui.pictures.request_writing import write_for_request
from webui.pictures.steps import draw_waterfall

pages = Pages("accounts")
FINANCE = "finance"
MOST_PAYMENTS = 500  #: of one account


@dataclass(frozen=True, slots=True)
class Component:
    """One line of a statement of account, as a row of its own."""

    account: Account
    number: int
    line: AccountLine


@dataclass(frozen=True, slots=True)
class Due:
    """One payment that a statement of account names."""

    counterparty: str
    amount: int  #: minor units; positive is owed to the organisation
    payment: Payment | None  #: as its payee confirmed it
    state: tuple[str, str]


def fetch_accounts(sight: Sight, wanted: Wanted) -> Sequence[Account]:
    """Fetch statements of account, the newest first."""
    chosen = wanted.chosen
    return settlement.list_accounts(
        sight,
        period=chosen.get("period"),
        organisation=chosen.get("organisation"),
        after=read_entry_cursor(wanted),
        limit=wanted.limit,
        down=True,
    )


FILTERS = (Filter("period", _l("Period"), "period"), Filter("organisation", _l("Organisation's id")))
ACCOUNTS: Listing[Account] = Listing(
    name="accounts",
    title=_l("Statements of account"),
    columns=(
        Column("period", _l("Period"), lambda one: one.period, Kind.PERIOD, link=lambda one: f"/accounts/{one.account}"),
        Column("organisation", _l("Organisation"), lambda one: one.organisation, Kind.ORGANISATION),
        Column("state", _l("Balance"), lambda one: DUES[(one.total > 0) - (one.total < 0)], Kind.STATE),
        Column("total", _l("Total"), lambda one: one.total, Kind.MONEY, link=lambda one: f"/why/accounts/{one.account}"),
        Column("lines", _l("Lines"), lambda one: len(one.lines), Kind.NUMBER),
        Column("account", _l("Number"), lambda one: one.account, Kind.ID),
        Column("entry", _l("Entry"), lambda one: one.entry, Kind.ENTRY),
    ),
    fetch=fetch_accounts,
    place=lambda row, _wanted: str(row.entry),
    filters=FILTERS,
    nothing=_l("No account of ours was stated yet."),
    nothing_more=_l("Accounts are stated when the board has adopted a period's allocation."),
)


def fetch_components(sight: Sight, wanted: Wanted) -> Sequence[Component]:
    """Fetch components, one row each, in the order of the log; the cursor is an account's entry and a line's number."""
    begin = read_row_cursor(wanted)
    chosen, rows = wanted.chosen, list[Component]()
    after = begin[0] - 1
    while len(rows) < wanted.limit:
        found = settlement.list_accounts(
            sight, period=chosen.get("period"), organisation=chosen.get("organisation"), after=after, limit=wanted.limit
        )
        if not found:
            break
        after = found[-1].entry
        each = (Component(one, place, line) for one in found for place, line in enumerate(one.lines))
        rows += [row for row in each if (row.account.entry, row.number) > begin and chosen.get("kind") in (None, row.line.kind)]
    return rows[: wanted.limit]


COMPONENTS: Listing[Component] = Listing(
    name="account-lines",
    title=_l("Components of accounts"),
    columns=(
        Column("account", _l("Statement of account"), lambda row: row.account.account, link=lambda row: f"/accounts/{row.account.account}"),
        Column("period", _l("Period"), lambda row: row.account.period, Kind.PERIOD),
        Column("organisation", _l("Organisation"), lambda row: row.account.organisation, Kind.ORGANISATION),
        Column("kind", _l("Component"), lambda row: LINES[row.line.kind]),
        Column("agreement", _l("Contract"), lambda row: row.line.agreement, Kind.ID),
        Column("counterparty", _l("With"), lambda row: row.line.counterparty, Kind.ORGANISATION),
        Column("of_period", _l("Delivered in"), lambda row: row.line.of_period, Kind.PERIOD),
        Column(
            "quantity",
            _l("Quantity"),
            lambda row: None if row.line.quantity is None else (row.line.quantity, row.line.unit),
            Kind.QUANTITY,
        ),
        Column(
            "amount",
            _l("Amount"),
            lambda row: row.line.amount,
            Kind.MONEY,
            link=lambda row: f"/why/accounts/{row.account.account}/{row.number}",
        ),
        Column("entry", _l("Entry"), lambda row: row.account.entry, Kind.ENTRY),
    ),
    fetch=fetch_components,
    place=lambda row, _wanted: f"{row.account.entry}:{row.number}",
    filters=(*FILTERS, Filter("kind", _l("Component"), "choice", [(kind.value, label) for kind, label in LINES.items()])),
    nothing=_l("No account of ours was stated yet."),
)


def fetch_payments(sight: Sight, wanted: Wanted) -> Sequence[Payment]:
    """Fetch confirmed payments, the newest first."""
    return settlement.list_payments(
        sight, account=wanted.chosen.get("account"), after=read_entry_cursor(wanted), limit=wanted.limit, down=True
    )


PAYMENTS: Listing[Payment] = Listing(
    name="payments",
    title=_l("Confirmed payments"),
    columns=(
        Column("payment", _l("Payment"), lambda one: one.payment, Kind.ID),
        Column("account", _l("Statement of account"), lambda one: one.account, Kind.ID),
        Column("payer", _l("From"), lambda one: one.payer, Kind.ORGANISATION),
        Column("payee", _l("To"), lambda one: one.payee, Kind.ORGANISATION),
        Column("amount", _l("Amount"), lambda one: one.amount, Kind.MONEY),
        Column("paid_on", _l("Paid on"), lambda one: one.paid_on, Kind.DAY),
        Column("entry", _l("Entry"), lambda one: one.entry, Kind.ENTRY),
    ),
    fetch=fetch_payments,
    place=lambda row, _wanted: str(row.entry),
    filters=(Filter("account", _l("Statement's number")),),
    nothing=_l("No payment was confirmed yet."),
    nothing_more=_l("Whoever is paid confirms it on its statement of account."),
)


@pages.page("GET /n/<network:network>/accounts", MEMBER_PERSONS)
def list_accounts(network: str) -> Response:  # noqa: ARG001 - the sight has it
    """List statements of account."""
    return answer_list(ACCOUNTS, template="settlement/accounts.html", query=request.query_string.decode("ascii", "replace"))


@pages.page("GET /n/<network:network>/account-lines", MEMBER_PERSONS)
def list_components(network: str) -> Response:  # noqa: ARG001 - the sight has it
    """List components of accounts, one row each."""
    return answer_list(COMPONENTS, template="settlement/components.html")


@pages.page("GET /n/<network:network>/payments", MEMBER_PERSONS)
def list_payments(network: str) -> Response:  # noqa: ARG001 - the sight has it
    """List confirmed payments."""
    return answer_list(PAYMENTS)


@pages.page("GET /n/<network:network>/accounts/<name:account>", MEMBER_PERSONS)
def show_account(network: str, account: str) -> Response:
    """Show a statement of account as a document."""
    with see() as sight:
        found = settlement.find_account(sight, account)
        paid = settlement.list_payments(sight, account=account, after=-1, limit=MOST_PAYMENTS)
        paid += [one for due in found.payments for one in _find_paid(sight, found, due.counterparty)] if found.total < 0 else []
        owner = find_organisation(sight, found.organisation)
        organisations, transfers = settlement.check_transfers(sight, found)
        share = settlement.find_share(sight, found)
        waterfall = find_own_waterfall(sight, found)
    return render(
        "settlement/account.html",
        found=found,
        owner=owner,
        stated_at=find_time(network, found.entry),
        kinds=LINES,
        due=DUES[(found.total > 0) - (found.total < 0)],
        dues=list_dues(found, paid),
        organisations=organisations,
        transfers=transfers,
        rounding=describe_rounding(share),
        may_confirm=FINANCE in get_member().roles and found.organisation == get_member().organisation,
        waterfall=waterfall,
        picture=draw_waterfall(waterfall, write_for_request()) if waterfall else None,
        history=read_history(network, [f"account:{account}", *(f"payment:{one.payment}" for one in paid)]),
    )


def find_own_waterfall(sight: Sight, found: Account) -> Waterfall | None:
    """Find the way from baseline to account; None for whom the savings below it are not."""
    try:
        return find_waterfall(sight, found.organisation, found.period)
    except NotFound:
        return None


def _find_paid(sight: Sight, found: Account, payee: str) -> list[Payment]:
    """Find the payment that another member confirmed to have got from this account's organisation."""
    theirs = settlement.list_payments(sight, account=f"{found.period}.{payee}", after=-1, limit=MOST_PAYMENTS)
    return [one for one in theirs if one.payer == found.organisation]


def find_time(network: str, index: int) -> str | None:
    """Find when an entry was recorded."""
    entries = get_runtime().log(network).read_entries(index, index + 1)
    return entries[0].received_at if entries else None


def list_dues(found: Account, paid: Sequence[Payment]) -> list[Due]:
    """List the payments that clear an account, each with its confirmation."""
    confirmed = {(one.payee, one.payer): one for one in paid}
    dues = []
    for one in found.payments:
        pair = (found.organisation, one.counterparty) if one.amount > 0 else (one.counterparty, found.organisation)
        payment = confirmed.get(pair)
        state = (_("confirmed"), "good") if payment else (_("awaited"), "warn") if one.amount > 0 else (_("to be paid"), "warn")
        dues.append(Due(one.counterparty, one.amount, payment, state))
    return dues


def describe_rounding(share: Share | None) -> str | None:
    """Describe how the share was rounded to whole minor units; None where no share is in the account."""
    if share is None:
        return None
    exact = parse_exact(share.exact)
    if exact.denominator == 1:
        return str(_("The exact share is a whole amount: nothing was rounded."))
    currency = get_place().currency
    scale = Fraction(1, 10 ** CURRENCY_EXPONENTS[currency])
    words = _(
        "The exact share is %(exact)s. Rounded to %(whole)s, by %(rest)s, so that all shares add up (largest remainder).",
        exact=write_exact(exact * scale, currency),
        whole=write_money(share.allocated, currency),
        rest=write_exact((share.allocated - exact) * scale, currency),
    )
    return str(words)


@pages.page("GET /n/<network:network>/accounts/<name:account>/confirm/<organisation:payer>", MEMBER_PERSONS)
@pages.page("POST /n/<network:network>/accounts/<name:account>/confirm/<organisation:payer>", MEMBER_PERSONS)
def confirm_payment(network: str, account: str, payer: str) -> Response:  # noqa: ARG001 - the sight has it
    """Answer the form that confirms a payment of a statement of account; raises NotFound where none is due from this payer."""
    with see() as sight:
        found = settlement.find_account(sight, account)
    due = next((one for one in found.payments if one.counterparty == payer and one.amount > 0), None)
    if due is None or found.organisation != get_member().organisation:
        raise NotFound(_("No such payment is due to you."))
    form = Form(
        kind="payment.confirmed",
        title=_("Confirm a payment"),
        lead=_("You say that %(payer)s has paid, and when the money was there. The payer reads it too.", payer=name_organisation(payer)),
        fields=[Field("payment", kind="hidden"), Field("paid_on", _("Day on which the money was there"), "day")],
        fixed={"account": account, "payer": payer, "amount": due.amount},
    )
    place = get_place()
    today = get_runtime().clock.now().astimezone(place.zone).date()
    initial = {"payment": f"p-{secrets.token_hex(8)}", "paid_on": today.isoformat()}
    path = place.path(f"/accounts/{account}")
    return answer_form(form, then=path, initial=initial, back=path, template="settlement/confirm.html", found=found, due=due)
