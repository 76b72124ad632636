"""Why this number: one page for each amount of savings, shares and accounts, taken apart down to deliveries and entries."""

from flask import Response
from flask_babel import gettext as _

from contracts.views import why
from contracts.views.derivation import Derivation
from webui.access import MEMBER_PERSONS
from webui.api.seeing import see
from webui.pages.rendering import get_place, render
from webui.pages.routes import Pages
from webui.pages.why_writing import write_derivation

pages = Pages("why")


@pages.page("GET /n/<network:network>/why/accounts/<name:account>", MEMBER_PERSONS)
def explain_account(network: str, account: str) -> Response:  # noqa: ARG001 - the sight has it
    """Explain the total of a statement of account."""
    with see() as sight:
        return show_derivation(why.explain_account(sight, account), f"/accounts/{account}", _("the statement of account"))


@pages.page("GET /n/<network:network>/why/accounts/<name:account>/<index:number>", MEMBER_PERSONS)
def explain_account_line(network: str, account: str, number: int) -> Response:  # noqa: ARG001 - the sight has it
    """Explain a line of a statement of account."""
    with see() as sight:
        return show_derivation(why.explain_account_line(sight, account, number), f"/accounts/{account}", _("the statement of account"))


@pages.page("GET /n/<network:network>/why/payments/<name:account>/<organisation:counterparty>", MEMBER_PERSONS)
def explain_payment(network: str, account: str, counterparty: str) -> Response:  # noqa: ARG001 - the sight has it
    """Explain a payment of a statement of account."""
    with see() as sight:
        return show_derivation(why.explain_payment(sight, account, counterparty), f"/accounts/{account}", _("the statement of account"))


@pages.page("GET /n/<network:network>/why/savings/<period:period>/<index:number>", MEMBER_PERSONS)
def explain_saving(network: str, period: str, number: int) -> Response:  # noqa: ARG001 - the sight has it
    """Explain a saving line of a closed period."""
    with see() as sight:
        return show_derivation(why.explain_saving(sight, period, number), f"/periods/{period}", _("the period"))


@pages.page("GET /n/<network:network>/why/totals/<period:period>", MEMBER_PERSONS)
def explain_total(network: str, period: str) -> Response:  # noqa: ARG001 - the sight has it
    """Explain what a period saved."""
    with see() as sight:
        return show_derivation(why.explain_total(sight, period), f"/periods/{period}", _("the period"))


@pages.page("GET /n/<network:network>/why/shares/<name:allocation>/<organisation:organisation>", MEMBER_PERSONS)
def explain_share(network: str, allocation: str, organisation: str) -> Response:  # noqa: ARG001 - the sight has it
    """Explain a share of an allocation."""
    with see() as sight:
        return show_derivation(why.explain_allocated(sight, allocation, organisation), f"/allocations/{allocation}", _("the allocation"))


@pages.page("GET /n/<network:network>/why/deliveries/<name:delivery>", MEMBER_PERSONS)
def explain_delivery(network: str, delivery: str) -> Response:  # noqa: ARG001 - the sight has it
    """Explain the price of a delivery."""
    with see() as sight:
        return show_derivation(why.explain_delivery(sight, delivery), f"/deliveries/{delivery}", _("the delivery"))


def show_derivation(found: Derivation, back: str, back_to: str) -> Response:
    """Show an amount taken apart, with the way back to where it stands."""
    place = get_place()
    return render("why/show.html", written=write_derivation(found, place.currency), back=place.path(back), back_to=back_to)
