"""The demo's own pages: roles with one click, time that passes, tampered copies; and that none of it is there elsewhere."""

import io
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from contracts.errors import Invalid
from ledger.verify import verify_audit_file
from tests.site.demo.conftest import ServedDemo, become
from tests.site.live_site import LiveSite
from webui.demo import tampering
from webui.demo.tampering import TRICKS, tamper
from webui.pages.demo import put_forward
from webui.pages.tour import STOPS

pytestmark = pytest.mark.slow

#: Entries left out of the file that is tampered with: the tour and the pictures verify the whole year.
OLDER = 2600

#: What the auditor's verifier says of a copy: integrity, and the first fault's code.
VERDICTS = {
    "none": ("consistent", None),
    "figure": ("invalid", "bad-proof"),
    "header": ("invalid", "bad-signature"),
    "chain": ("invalid", "bad-signature"),
    "time": ("invalid", "bad-signature"),
    "end": ("diverged", "rollback"),
}


@pytest.fixture(scope="module", autouse=True)
def short_file(demo: ServedDemo) -> None:
    """Leave an older copy for the tricks: six copies of the whole year are verified in a minute, and show no more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tampering, "_CUT", OLDER)
        demo.place.audit_file.write_bytes(tampering.tamper(demo.place.audit_file, "end"))


def test_one_click_makes_a_visitor_somebody_with_a_key(demo: ServedDemo) -> None:
    page = demo.open()

    become(page, "firm")
    page.goto("/n/kalundborg/keys")

    expect(page.locator(".demo-banner")).to_contain_text("Firm, Gyproc")
    expect(page.get_by_role("table").first).to_contain_text("in this browser")
    assert not demo.faults


def test_the_demo_goes_on_where_the_played_year_ended(demo: ServedDemo) -> None:
    page = demo.open()
    before = demo.stage.clock.now()

    page.goto("/demo")
    with page.expect_navigation():
        page.get_by_role("button", name="A day passes").click()

    assert before.year == 2026
    assert demo.stage.clock.now() - before >= timedelta(days=1)


def test_time_does_not_pass_the_present(demo: ServedDemo) -> None:
    clock = demo.stage.clock

    with pytest.raises(Invalid):
        put_forward(clock, clock.now())


def test_every_trick_is_found_as_the_page_says(demo: ServedDemo) -> None:
    log = demo.runtime.log(demo.stage.network)
    key = demo.runtime.service(demo.stage.network).keys.log_verifier.to_text()
    with demo.place.audit_file.open("rb") as file:
        newest = verify_audit_file(file, origin=log.name, log_key=key)

    found = {}
    for trick in TRICKS:
        data = io.BytesIO(tamper(demo.place.audit_file, trick))
        verdict = verify_audit_file(data, origin=log.name, log_key=key, known_heads=[f"{newest.size}:{newest.root}"])
        found[trick] = (verdict.integrity, verdict.faults[0].code if verdict.faults else None)

    assert found == VERDICTS


def test_nobody_becomes_anybody_outside_a_demo(shared_site: LiveSite) -> None:
    client = shared_site.website.app.test_client()

    answers = {
        path: client.get(path, base_url="http://localhost").status_code for path in ("/demo", "/demo/key", "/demo/tour", "/demo/copy.zip")
    }

    assert set(answers.values()) == {404}
    assert not [rule for rule in shared_site.website.app.url_map.iter_rules() if rule.rule.startswith("/demo")]


def test_the_browser_finds_what_was_tampered_with(demo: ServedDemo) -> None:
    page = demo.open()
    page.goto("/demo/tamper")
    shown = {}

    for trick in TRICKS:
        page.check(f'input[value="{trick}"]')
        page.get_by_role("button", name="Do it, and verify the copy").click()
        expect(page.locator(f"#why-{trick}")).to_be_visible(timeout=60_000)
        shown[trick] = page.locator("#box .integrity").inner_text().partition(":")[0]

    assert shown == {trick: integrity for trick, (integrity, _code) in VERDICTS.items()}
    assert not demo.faults


def test_every_step_of_the_tour_leads_to_a_page_for_whom_it_names(demo: ServedDemo) -> None:
    page = demo.open()
    page.goto("/demo/tour")
    page.get_by_role("button", name="Begin").click()
    expect(page.locator(".steps > li")).to_have_count(len(STOPS))

    for number, stop in enumerate(STOPS):
        page.goto("/demo/tour")
        if stop.visitor:
            page.locator(".steps > li").nth(number).get_by_role("button").click()
            page.wait_for_url(lambda url: "/demo/" not in url)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            assert not page.locator("h1", has_text="Not found").count(), f"{stop.title}: {page.url}"

    assert not demo.faults
