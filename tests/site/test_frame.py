"""The frame around all pages: who is not logged in, problems as pages, languages and themes, static files."""

import pytest
from playwright.sync_api import expect

from tests.site.live_site import LiveSite
from webui.pages.problem_pages import clean_next


def test_a_stranger_is_sent_to_the_login_and_comes_back(shared_site: LiveSite) -> None:
    answer = shared_site.website.app.test_client().get("/tasks?x=1", base_url="http://localhost")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/login?next=/tasks%3Fx%3D1")


def test_who_has_logged_in_sees_the_tasks(shared_site: LiveSite) -> None:
    with shared_site.visit("plasterco") as page:
        page.goto("/")

        expect(page.get_by_role("heading", level=1)).to_have_text("My tasks")


def test_what_is_not_there_is_said_on_a_page_to_people_and_as_a_problem_to_programs(shared_site: LiveSite) -> None:
    client = shared_site.website.app.test_client()

    page = client.get("/nowhere", headers={"Accept": "text/html"}, base_url="http://localhost")
    problem = client.get("/api/v1/nowhere", base_url="http://localhost")

    assert (page.status_code, page.mimetype, problem.mimetype) == (404, "text/html", "application/problem+json")


def test_a_form_without_its_token_changes_nothing(shared_site: LiveSite) -> None:
    answer = shared_site.website.app.test_client().post("/reading", data={"language": "de"}, base_url="http://localhost")

    assert (answer.status_code, answer.headers.get("Set-Cookie", "").count("language")) == (403, 0)


def test_language_and_theme_stay_chosen(shared_site: LiveSite) -> None:
    with shared_site.visit() as page:
        page.goto("/")
        page.get_by_label("Language").select_option("de")
        page.get_by_label("Theme").select_option("dark")
        page.get_by_role("button", name="Apply").click()

        expect(page.locator("html")).to_have_attribute("lang", "de")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize(
    "hostile",
    ["https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)", "/\t/evil.test", "", None, "evil", "/%0d/\r\nx"],
)
def test_the_way_back_leads_nowhere_else(hostile: str | None) -> None:
    assert clean_next(hostile) == "/tasks"


def test_static_files_are_kept_under_their_version_and_not_under_another(shared_site: LiveSite) -> None:
    client = shared_site.website.app.test_client()
    html = client.get("/", base_url="http://localhost").text
    address = html.partition('rel="stylesheet" href="')[2].partition('"')[0]

    kept, stale = client.get(address), client.get("/static/0/site.css")

    assert "immutable" in kept.headers["Cache-Control"]
    assert stale.headers["Cache-Control"] == "no-store"
    assert client.get("/static/0/../app.py").status_code == 404
