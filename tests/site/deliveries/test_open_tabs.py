"""A page that was left open over a session's end: what was typed is carried over the login, and never offered to another site's form."""

from playwright.sync_api import expect

from tests.site.deliveries.trading import Reader, deliver
from tests.site.live_site import LiveSite
from tests.webui.website import NETWORK

WHY = "The tare was that of <another> trailer."


def test_what_was_typed_before_the_session_ended_is_there_after_the_login(trade_site: LiveSite) -> None:
    site = trade_site
    deliver(site, "d-open-tab")
    with site.visit("powerco") as page:
        page.goto(site.path("/deliveries/d-open-tab"))
        page.get_by_role("link", name="Propose a correction").click()
        page.get_by_label("Quantity that replaces it").fill("24.90")
        page.get_by_label("Why").fill(WHY)
        page.context.clear_cookies()
        page.get_by_role("button", name="Check and go on to sign").click()

        expect(page.get_by_role("link", name="Log in").last).to_have_attribute("target", "_blank")
        site.log_in(page.context, "powerco")
        for _try in range(2):  # the login gives another token
            page.get_by_role("button", name="Go on with what was typed").click()

        expect(page.get_by_label("Quantity that replaces it")).to_have_value("24.90")
        expect(page.get_by_label("Why")).to_have_value(WHY)
        expect(page.get_by_role("button", name="Check and go on to sign")).to_be_visible()


def test_what_another_site_sends_is_not_offered_to_be_sent_again(trade_site: LiveSite) -> None:
    reader = Reader(trade_site, "powerco")

    answers = [
        reader.client.post(
            f"/n/{NETWORK}/weighbridge", data={"ticket": "T-evil", "csrf_token": "x"}, headers=headers, base_url="http://localhost"
        )
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {}, {"Sec-Fetch-Site": "same-origin"})
    ]

    assert [answer.status_code for answer in answers] == [403] * 3
    assert ["T-evil" in answer.text for answer in answers] == [False, False, True]


def test_no_secret_is_sent_back(trade_site: LiveSite) -> None:
    client = trade_site.website.app.test_client()

    form = {"email": "anna@works.example", "password": "a long password of anna"}
    answer = client.post("/login", data=form, headers={"Sec-Fetch-Site": "same-origin"}, base_url="http://localhost")

    assert answer.status_code == 403
    assert "anna" not in answer.text
