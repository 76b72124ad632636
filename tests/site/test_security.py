"""What the hostile can do through pages: nothing they wrote runs, nothing too large is kept, cookies stay with their browser."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import openpyxl
import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from contracts.parties.facts import OrganisationAdmitted
from tests.databases import Databases
from tests.network import OPERATOR
from tests.site.hostile import BASE, HOSTILE, PLANTED, Seen, open_sessions, play_hostile, read_page, walk_pages
from tests.webui.test_access import fill
from tests.webui.website import NETWORK, Caller, Website
from webui.access import CSRF_FIELD, CSRF_HEADER
from webui.headers import HEADERS
from webui.pages.endpoints import is_page
from webui.pages.exporting import FORMULA, write_csv, write_xlsx
from webui.reading_json import BODY_BYTES

HERE = f"/n/{NETWORK}"
READERS = (OPERATOR, "powerco", "lab")
#: Pages without which the walk has not seen what it is for.
WANTED = {
    "agreements/<name:agreement>",
    "deliveries/<name:delivery>",
    "certificates/<name:certificate>",
    "organisations/<organisation:organisation>",
    "reviews/<name:review>",
    "resolutions/<name:number>",
    "accounts/<name:account>",
    "entries/<index:index>",
}
#: What a spreadsheet takes for a formula, each as a text and as a head.
FORMULAS = ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠A"]


@pytest.fixture(scope="module")
def hostile(databases: Databases, database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """A network in which every free text is hostile."""
    url = databases.create(database_kind)
    website = Website(url, tmp_path_factory.mktemp("hostile"))
    play_hostile(website.network)
    yield website
    website.close()
    databases.drop(url)


@pytest.fixture(scope="module")
def callers(hostile: Website) -> dict[str, Caller]:
    """The sessions of members who see different things."""
    return open_sessions(hostile, READERS)


@pytest.fixture(scope="module")
def seen(hostile: Website, callers: dict[str, Caller]) -> list[Seen]:
    """All pages that links lead to, as each member sees them."""
    starts = tuple(
        path.replace("<network:network>", NETWORK)
        for path in sorted(rule.rule for rule in list_rules(hostile, "GET"))
        if "<" not in path.replace("<network:network>", "")
    )
    return list(walk_pages(hostile.app, callers, starts, most=1))


def list_rules(website: Website, method: str) -> list[Rule]:
    """List the rules of pages that answer a method."""
    return [rule for rule in website.app.url_map.iter_rules() if is_page(rule.endpoint) and method in (rule.methods or ())]


def test_no_page_that_members_see_runs_what_a_member_wrote(seen: list[Seen]) -> None:
    wrong = [f"{one.path} ({one.by}): {planted}" for one in seen for planted in PLANTED if planted in one.html]
    computed = [one.path for one in seen if "k49k" in one.html]

    met = {one.rule for one in seen if "&lt;script&gt;document" in one.html and one.status == 200}
    assert not wrong, "\n".join(wrong)
    assert not computed
    assert {rule for rule in WANTED if f"/n/<network:network>/{rule}" not in met} == set()


def test_no_page_fails_on_what_a_member_wrote(seen: list[Seen]) -> None:
    assert [f"{one.path} ({one.by}): {one.status}" for one in seen if one.status >= 500] == []


def test_no_page_has_a_script_a_style_or_a_handler_of_its_own_or_an_address_that_runs(seen: list[Seen]) -> None:
    wrong = {f"{one.rule} ({one.by}): {fault}" for one in seen for fault in read_page(one.html).faults}

    assert not wrong, "\n".join(sorted(wrong))


def test_every_page_carries_the_headers_that_shut_browsers(seen: list[Seen]) -> None:
    wanted = {**HEADERS, "Cache-Control": "no-store"}

    wrong = {f"{one.rule}: {name}" for one in seen for name, value in wanted.items() if one.headers.get(name) != value}

    assert not wrong, "\n".join(sorted(wrong))
    assert "frame-ancestors 'none'" in HEADERS["Content-Security-Policy"]
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


def test_what_a_query_says_comes_back_escaped_or_not_at_all(hostile: Website, callers: dict[str, Caller]) -> None:
    names = ("q", "next", "back", "sort", "after", "state", "period", "agreement", "template", "like", "unit", "about", "kind", "author")
    query = dict.fromkeys((*names, "from", "until", "format", "old", "new", "index", "entry", "side", "x"), HOSTILE)

    wrong = []
    for rule in list_rules(hostile, "GET"):
        for client in (callers["powerco"].client, hostile.app.test_client()):
            answer = client.get(fill(rule), query_string=query, base_url=BASE)
            wrong += find_wrongs(f"GET {rule.rule}", answer)

    assert not wrong, "\n".join(sorted(set(wrong)))


def find_wrongs(what: str, answer: TestResponse) -> list[str]:
    """Find what an answer should not be, or not hold."""
    found = [f"{what}: {planted}" for planted in (*PLANTED, "k49k") if answer.mimetype == "text/html" and planted in answer.text]
    found += [f"{what}: {fault}" for fault in read_page(answer.text if answer.mimetype == "text/html" else "").faults]
    found += [f"{what}: {name}" for name, value in HEADERS.items() if answer.headers.get(name) != value]
    if answer.status_code >= 500:
        found.append(f"{what}: {answer.status_code}")
    if "Location" in answer.headers and urlsplit(urljoin(BASE, answer.headers["Location"])).netloc != "localhost":
        found.append(f"{what}: leads to {answer.headers['Location']}")
    return found


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_in_a_file_for_spreadsheets_is_a_formula(hostile: Website, text: str) -> None:
    with hostile.app.test_request_context("/"):
        plain = write_csv([text], [[text]]).decode("utf-8-sig")
        book = openpyxl.load_workbook(BytesIO(write_xlsx([text], [[text]])))

    cells = [cell for row in csv.reader(StringIO(plain, newline="")) for cell in row]
    values = [row[0] for row in book.active.iter_rows()]
    assert len(cells) == len(values) == 2
    assert all(cell == f"'{text}" for cell in cells)
    assert all(cell.data_type == "s" and cell.value.startswith("'") and not cell.value.startswith(FORMULA) for cell in values)


@pytest.mark.parametrize("number", [Decimal("-12.30"), Decimal("12.30"), -7, 0])
def test_numbers_stay_numbers_in_files_for_spreadsheets(hostile: Website, number: Decimal | int) -> None:
    with hostile.app.test_request_context("/"):
        plain = write_csv(["n"], [[number]]).decode("utf-8-sig")
        book = openpyxl.load_workbook(BytesIO(write_xlsx(["n"], [[number]])))

    cell = book.active["A2"]
    assert plain.splitlines()[1] == str(number)
    assert (cell.data_type, Decimal(str(cell.value))) == ("n", number)


def test_an_exported_list_holds_no_formula(database_url: str, tmp_path: Path) -> None:
    """The name of an organisation stands in a list as its facilitator wrote it."""
    website = Website(database_url, tmp_path / "data")
    honest = website.network.sign
    website.network.sign = lambda fact, **options: honest(name_by_formula(fact), **options)  # type: ignore[method-assign]  # names by formula
    website.network.admit("powerco")
    caller = website.session("powerco")

    plain = caller.knock("GET", f"{HERE}/organisations?format=csv")
    book = openpyxl.load_workbook(BytesIO(caller.knock("GET", f"{HERE}/organisations?format=xlsx").data))
    website.close()

    rows = [cell for row in csv.reader(StringIO(plain.data.decode("utf-8-sig"), newline="")) for cell in row]
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert "'=1+1 Powerco A/S" in rows
    assert not [cell for cell in rows if cell.startswith(FORMULA)]
    assert "'=1+1 Powerco A/S" in [cell.value for cell in cells]
    assert not [cell for cell in cells if cell.data_type == "f" or (cell.data_type == "s" and cell.value.startswith(FORMULA))]


def name_by_formula(fact: object) -> object:
    """Let an organisation be called by a formula."""
    return replace(fact, name=f"=1+1 {fact.name}") if isinstance(fact, OrganisationAdmitted) else fact


@pytest.mark.parametrize("path", ["/login", "/reading", "/join", f"{HERE}/imports", "/account/language"])
def test_a_form_that_is_too_large_is_refused_on_a_page_and_nothing_is_kept(hostile: Website, callers: dict[str, Caller], path: str) -> None:
    size = hostile.count()
    token = callers["powerco"].headers[CSRF_HEADER]

    answer = callers["powerco"].client.post(path, data={CSRF_FIELD: token, "name": "x" * (BODY_BYTES + 1)}, base_url=BASE)

    assert (answer.status_code, answer.mimetype, hostile.count()) == (413, "text/html", size)
    assert {cookie.partition("=")[0] for cookie in answer.headers.getlist("Set-Cookie")} <= {"symbiosis_session"}  # it is renewed


def test_a_form_of_too_many_fields_is_refused_on_a_page(callers: dict[str, Caller]) -> None:
    caller = callers["powerco"]
    part = b'--cut\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'
    body = b'--cut\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n' + caller.headers[CSRF_HEADER].encode() + b"\r\n"
    kind = "multipart/form-data; boundary=cut"

    answer = caller.client.post(f"{HERE}/imports", data=body + part * 1100 + b"--cut--\r\n", content_type=kind, base_url=BASE)

    assert (answer.status_code, answer.mimetype) == (413, "text/html")


@pytest.mark.parametrize("secure", [True, False])
def test_each_cookie_is_kept_from_scripts_other_sites_and_plain_connections(database_url: str, tmp_path: Path, *, secure: bool) -> None:
    website = Website(database_url, tmp_path / "data", secure_cookies=secure)
    website.network.admit("powerco")
    caller = website.session("powerco")
    token = caller.headers[CSRF_HEADER]
    fields = {CSRF_FIELD: token, "language": "de", "theme": "dark"}

    cookies = caller.client.post("/reading", data=fields, base_url=BASE).headers.getlist("Set-Cookie")
    cookies += caller.client.post("/account/language", data=fields, base_url=BASE).headers.getlist("Set-Cookie")
    cookies += website.anybody().knock("GET", "/login").headers.getlist("Set-Cookie")
    website.close()

    names = {cookie.partition("=")[0] for cookie in cookies}
    parts = [{part.strip() for part in cookie.split(";")[1:]} for cookie in cookies]
    assert {"symbiosis_session", "language", "theme"} <= names
    assert all({"HttpOnly", "SameSite=Lax", "Path=/"} <= one for one in parts), cookies
    assert all(("Secure" in one) is secure for one in parts), cookies
