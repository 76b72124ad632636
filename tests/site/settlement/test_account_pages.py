"""Pages of accounts: one's own statement with its checks, every line's derivation, exports row by row, confirmations of payments."""

import html
import re
from decimal import Decimal

import pytest

from contracts.deliveries.delivery import Figure
from contracts.facts import Role
from contracts.views import settlement
from contracts.views.settlement import Account
from tests.contracts.views.played import look
from tests.network import OPERATOR
from tests.site.agreements.desk import Desk, read_faults, read_signed
from tests.site.live_site import LiveSite
from tests.site.settlement.reading import read_form_with, read_text, read_workbook
from tests.webui.website import NETWORK
from webui.pages.why_writing import write_figure


def list_all(site: LiveSite, by: str, period: str | None = None) -> list[Account]:
    """List the accounts that a member sees."""
    with site.network.connect() as connection:
        return settlement.list_accounts(look(site.network, connection, by, Role.AUDITOR), period=period, after=-1, limit=100)


def find_own(site: LiveSite, by: str, period: str = "2025-01") -> Account:
    """Find a member's own account."""
    return next(one for one in list_all(site, by, period) if one.organisation == site.network.id(by))


def test_a_statement_shows_each_line_the_rounding_and_its_checks(played_site: LiveSite) -> None:
    account = find_own(played_site, "powerco")

    text = read_text(Desk(played_site, "powerco").get(f"/accounts/{account.account}"))

    assert "€39,273.99 is owed" in text
    assert "The exact share is 1,299.075 EUR. Rounded to €1,299.07, by -0.005 EUR" in text
    assert "The lines add up to the total, €39,273.99." in text
    assert "The transfers of all 3 organisations add up to €0.00." in text
    assert "confirmed 5 Feb 2025" in text


@pytest.mark.parametrize("by", ["plasterco", "pharma", "outsider", OPERATOR])
def test_anothers_statement_is_not_found(played_site: LiveSite, by: str) -> None:
    account = find_own(played_site, "powerco")
    payer = account.payments[0].counterparty
    desk = Desk(played_site, by)

    answers = [
        desk.get(path)
        for path in (
            f"/accounts/{account.account}",
            f"/accounts/{account.account}/confirm/{payer}",
            f"/why/accounts/{account.account}",
            f"/why/accounts/{account.account}/0",
            f"/why/payments/{account.account}/{payer}",
        )
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert not any("39,273.99" in answer.text for answer in answers)


@pytest.mark.parametrize("by", ["powerco", "plasterco", "auditco"])
def test_each_amount_leads_to_a_page_that_explains_just_it(played_site: LiveSite, by: str) -> None:
    desk = Desk(played_site, by)
    rows = [
        (link, amount)
        for account in list_all(played_site, by)
        for link, amount in re.findall(
            rf'href="/n/{NETWORK}(/why/accounts/[^"]+)">Why\?<span class="unseen"> [^<]*?(-?€[0-9,.]+)</span>',
            desk.get(f"/accounts/{account.account}").text,
        )
    ]

    assert len(rows) == sum(len(account.lines) for account in list_all(played_site, by))
    for link, amount in rows:
        assert f"<h1>Why {amount}?</h1>" in html.unescape(desk.get(link).text), link


def test_components_are_exported_one_row_each_as_the_view_has_them(played_site: LiveSite) -> None:
    rows = read_workbook(Desk(played_site, "auditco").get("/account-lines?format=xlsx"))

    lines = [(account.account, line) for account in list_all(played_site, "auditco") for line in account.lines]
    heads = rows[0]
    number, amount, quantity = (heads.index(name) for name in ("Statement of account", "Amount", "Quantity"))
    assert [(row[number], Decimal(str(row[amount]))) for row in rows[1:]] == [(one, Decimal(line.amount) / 100) for one, line in lines]
    assert [row[quantity] for row in rows[1:]] == [None if line.quantity is None else float(line.quantity) for _, line in lines]


def test_components_are_filtered_and_paged_by_the_same_query(played_site: LiveSite) -> None:
    desk = Desk(played_site, "auditco")

    fees = read_workbook(desk.get("/account-lines?kind=fee&period=2025-01&format=xlsx"))

    wanted = [line for account in list_all(played_site, "auditco", "2025-01") for line in account.lines if line.kind == "fee"]
    assert len(fees) - 1 == len(wanted) > 1
    assert "Fee to the operator" in read_text(desk.get("/account-lines?kind=fee&period=2025-01"))


def test_the_list_of_accounts_is_exported_as_the_view_has_it(played_site: LiveSite) -> None:
    rows = read_workbook(Desk(played_site, "plasterco").get("/accounts?format=xlsx"))

    total = rows[0].index("Total")
    assert [Decimal(str(row[total])) for row in rows[1:]] == [
        Decimal(one.total) / 100 for one in reversed(list_all(played_site, "plasterco"))
    ]


def test_a_payment_is_confirmed_with_the_amount_that_is_due(played_site: LiveSite) -> None:
    account, desk = find_own(played_site, "powerco", "2025-02"), Desk(played_site, "powerco")
    due = next(one for one in account.payments if one.amount > 0)
    path = f"/accounts/{account.account}/confirm/{due.counterparty}"

    late = desk.post(path, read_form_with(desk.get(path), "paid_on") | {"paid_on": "2031-01-01"})
    signed = read_signed(desk.post(path, read_form_with(desk.get(path), "paid_on") | {"paid_on": "2025-03-04"}))

    assert (late.status_code, read_faults(late)) == (422, {"paid_on"})
    assert (signed["said"], signed["account"], signed["payer"]) == ("payment.confirmed", account.account, due.counterparty)
    assert (signed["amount"], signed["paid_on"]) == (due.amount, "2025-03-04")


def test_an_auditor_reads_a_statement_and_confirms_nothing(played_site: LiveSite) -> None:
    account, desk = find_own(played_site, "powerco", "2025-02"), Desk(played_site, "auditco")
    due = next(one for one in account.payments if one.amount > 0)

    page, form = (desk.get(f"/accounts/{account.account}{rest}") for rest in ("", f"/confirm/{due.counterparty}"))

    assert (page.status_code, "Confirm the payment" in page.text, form.status_code) == (200, False, 404)


def test_the_payer_sees_that_its_payment_was_confirmed_and_confirms_nothing(played_site: LiveSite) -> None:
    account = find_own(played_site, "pharma")
    payee = account.payments[0].counterparty
    desk = Desk(played_site, "pharma")

    text = read_text(desk.get(f"/accounts/{account.account}"))

    assert re.search(r"pays to €[0-9,.]+ confirmed 5 Feb 2025", text)
    assert desk.get(f"/accounts/{account.account}/confirm/{payee}").status_code == 404


LISTS = ("/accounts", "/account-lines", "/payments", "/allocations", "/reviews", "/resolutions", "/costs", "/periods/2025-01/lines")


@pytest.mark.parametrize("path", LISTS)
def test_a_cursor_that_nobody_gave_is_refused(played_site: LiveSite, path: str) -> None:
    desk = Desk(played_site, "powerco")

    statuses = {after: desk.get(f"{path}?after={after}").status_code for after in ("²", "-1", "x", "1" * 16, "1:2:3")}

    assert set(statuses.values()) == {422}, statuses


def test_components_go_on_from_page_to_page(played_site: LiveSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webui.pages.listing.ROWS", 4)
    desk, path, found = Desk(played_site, "auditco"), "/account-lines", list[str]()
    while path:
        text = desk.get(path).text
        found += re.findall(rf'href="/n/{NETWORK}(/why/accounts/[^"]+)"', text)
        following = re.search(rf'rel="next" href="/n/{NETWORK}([^"]+)"', text)
        path = html.unescape(following[1]) if following else ""

    assert found == [
        f"/why/accounts/{one.account}/{number}" for one in list_all(played_site, "auditco") for number in range(len(one.lines))
    ]


def test_a_weighed_mass_is_written_with_the_moisture_that_leads_to_a_dry_one(played_site: LiveSite) -> None:
    with played_site.website.app.test_request_context("/"):
        wet = write_figure(Figure(Decimal("25.36"), moisture=Decimal("7.5")), "TNE")
        plain = write_figure(Figure(Decimal("25.36")), "TNE")

    assert (wet, plain) == ("25.36\u202ft at 7.5 % moisture", "25.36\u202ft")
