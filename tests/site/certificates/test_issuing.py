"""A certificate from the bench to whoever checks it: typed in a grid, signed twice in the laboratory's browser, verified by strangers."""

import json
from datetime import UTC, datetime

import openvc
from playwright.sync_api import Page, expect

from contracts.certificates.facts import Verdict
from contracts.certificates.tables import CertificateState
from contracts.certificates.verify import ExitCode, verify_certificate
from tests.contracts.certificates.building import see_certificate
from tests.site.deliveries.trading import arrive, deliver, go_on_to_sign, sign
from tests.site.live_site import LiveSite

VALUES = ("8.4", "96.25", "62", "7.1", "<0.05")  #: in the order of the specification


def fill_grid(page: Page, *values: str) -> None:
    """Fill the grid with the keyboard alone: from value to uncertainty to method to the next row."""
    page.get_by_label("free moisture: Value").focus()
    for value in values:
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(value)
        for _ in range(3):
            page.keyboard.press("Tab")


def sign_certificate(page: Page) -> str:
    """Sign the credential, then the statement; gives the certificate's id."""
    page.get_by_role("button", name="Check and go on to sign").click()
    page.get_by_role("button", name="Sign the certificate").click()
    expect(page.locator('[data-field="verdict"]')).to_be_visible()
    sign(page, "/certificates/")
    return page.url.rpartition("/")[2].partition("?")[0]


def test_a_certificate_is_issued_in_the_laboratorys_browser_and_verified_by_strangers(trade_site: LiveSite) -> None:
    site = trade_site
    deliver(site, "d-good")
    with site.visit("lab") as page:
        arrive(site, page, "lab")
        page.goto(site.path("/lab"))
        page.get_by_role("link", name="FGD gypsum").click()
        page.get_by_label("Number").fill("QC-1")
        page.get_by_label("Sampled").fill("2025-01-02T09:00")
        fill_grid(page, *VALUES)
        expect(page.locator(".lab output")).to_have_text(["inside"] * 5)
        page.get_by_role("checkbox", name="T-d-good").check()
        certificate = sign_certificate(page)
        with page.expect_download() as download:
            page.get_by_role("link", name="Download the certificate").click()
        data = download.value.path().read_bytes()

    report = verify_certificate(data, now=datetime(2025, 1, 3, tzinfo=UTC))
    policy = openvc.VerificationPolicy(now=datetime(2025, 1, 3, tzinfo=UTC), require_status=False)
    told = openvc.verify_credential(json.loads(data), policy=policy)
    found = see_certificate(site.network, certificate)
    assert report.exit_code is ExitCode.STATUS_UNKNOWN, report.to_lines()
    assert told.issuer == f"did:key:{site.network.key('lab').multikey}"
    assert (found.verdict, found.number, found.deliveries) == (Verdict.CONFORM, "QC-1", ("d-good",))
    assert [row["value"] for row in found.results] == list(VALUES)


def test_what_lies_outside_is_said_while_it_is_typed_and_a_certificate_is_suspended_and_issued_anew(trade_site: LiveSite) -> None:
    site = trade_site
    deliver(site, "d-wet")
    with site.visit("lab") as page:
        arrive(site, page, "lab")
        page.goto(site.path("/lab/a-1?delivery=d-wet"))
        page.get_by_label("Number").fill("QC-2")
        page.get_by_label("Sampled").fill("2025-01-02T09:00")
        fill_grid(page, "11.2", *VALUES[1:4])
        expect(page.locator(".lab output")).to_have_text(["outside", "inside", "inside", "inside", "not measured"])
        first = sign_certificate(page)
        expect(page.locator("main")).to_contain_text("not as agreed")

        page.get_by_role("link", name="Suspend").click()
        page.get_by_label("Why").fill("The sample was taken from another heap.")
        go_on_to_sign(page)
        sign(page, f"/certificates/{first}")
        expect(page.get_by_role("heading", level=1)).to_contain_text("suspended")

        page.get_by_role("link", name="Issue it anew").click()
        page.get_by_label("Number").fill("QC-2b")
        page.get_by_label("free moisture: Value").fill("8.8")
        page.get_by_label("mercury: Value").fill("<0.05")
        second = sign_certificate(page)

    before, after = see_certificate(site.network, first), see_certificate(site.network, second)
    assert (before.verdict, before.state, before.replaced_by) == (Verdict.NONCONFORM, CertificateState.SUPERSEDED, second)
    assert (after.verdict, after.state, after.replaces) == (Verdict.CONFORM, CertificateState.ISSUED, first)


def test_a_credential_that_is_changed_on_its_way_is_not_entered(trade_site: LiveSite) -> None:
    site = trade_site
    deliver(site, "d-tamper")
    with site.visit("lab") as page:
        arrive(site, page, "lab")
        page.goto(site.path("/lab/a-1?delivery=d-tamper"))
        page.get_by_label("Number").fill("QC-3")
        page.get_by_label("Sampled").fill("2025-01-02T09:00")
        fill_grid(page, *VALUES)
        page.get_by_role("button", name="Check and go on to sign").click()
        page.route("**/issue", lambda route: route.continue_(post_data=(route.request.post_data or "").replace("96.25", "97.25")))
        page.get_by_role("button", name="Sign the certificate").click()

        expect(page.get_by_role("alert")).to_contain_text("the signature does not hold for this text and issuer")
        expect(page.get_by_role("button", name="Sign and enter")).to_have_count(0)
