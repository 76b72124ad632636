"""What the hostile can do through pages: nothing they wrote runs, nothing too large is kept, cookies stay with their browser."""

import csv
from dataclasses import replace
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from urllib.parse import urlsplit

import openpyxl
import pytest
from markupsafe import escape
from werkzeug.datastructures import MultiDict

from contracts.parties.facts import OrganisationAdmitted
from tests.site.hostile import BASE, HOSTILE, PLANTED, PRINTABLE, Seen, find_wrongs, list_rules, read_page
from tests.site.hostile_entry import bring_colleague
from tests.site.posting import (
    ENDING,
    KEPT,
    PostedForm,
    escape_name,
    forget_attempts,
    keep_first,
    list_forms,
    list_questions,
    read_forms,
    send_form,
    upload_file,
    watch_writes,
)
from tests.webui.test_access import fill
from tests.webui.website import NETWORK, Caller, Website
from webui.access import CSRF_FIELD, CSRF_HEADER
from webui.headers import HEADERS
from webui.pages.exporting import FORMULA, write_csv, write_xlsx
from webui.reading_json import BODY_BYTES

HERE = f"/n/{NETWORK}"
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
    "people",
    "proposals/<organisation:organisation>",
    "requests/<index:number>",
}
HERE_RULE = "/n/<network:network>"
#: Forms that show again what was typed, so that the walk over forms has seen what it is for.
ECHOING = {"deliveries/<name:delivery>/contest", "grants/give", "costs/new", "people/invite", "reviews/new/<index:entry>", "weighbridge"}
#: What is no CSV file of ours: nothing, NUL, a ZIP file as XLSX is, UTF-16, marks that are never closed, a header without end.
NO_FILES = (
    *(b"", b"\0" * 500, b"PK\x03\x04" + b"\0" * 500, b"\xff\xfe\x00", b"a\0b,c\n\0,1\n", b'"' * 999, b"ticket\n\0\n", b"," * 90_000),
    b",".join(str(number).encode() for number in range(100_000)),
)
#: What a spreadsheet takes for a formula, each as a text and as a head.
FORMULAS = ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠A"]


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


def test_what_a_query_says_comes_back_escaped_or_not_at_all(hostile: Website, callers: dict[str, Caller], seen: list[Seen]) -> None:
    questions = list_questions(hostile.app, seen)
    query = dict.fromkeys((*(name for names in questions.values() for name in names), "x"), HOSTILE)

    wrong = []
    for rule in list_rules(hostile, "GET"):
        for client in (callers["powerco"].client, hostile.app.test_client()):
            answer = client.get(fill(rule), query_string=query, base_url=BASE)
            wrong += find_wrongs(f"GET {rule.rule}", answer)

    assert not wrong, "\n".join(sorted(set(wrong)))


def test_each_question_of_a_page_comes_back_escaped_or_not_at_all(
    hostile: Website, callers: dict[str, Caller], seen: list[Seen]
) -> None:  # fmt: skip
    """One at a time: a page that refuses one question does not come to show another."""
    wrong, count, questions = list[str](), 0, list_questions(hostile.app, seen)
    for one in {one.rule: one for one in reversed(seen) if one.status == 200}.values():
        for name in sorted(questions.get(one.rule, ())):
            count += 1
            answer = callers[one.by].client.get(urlsplit(one.path).path, query_string={name: HOSTILE}, base_url=BASE)
            wrong += find_wrongs(f"GET {one.rule}?{name}=", answer)

    assert not wrong, "\n".join(wrong)
    assert count > 60


def test_what_a_form_says_comes_back_escaped_and_nothing_refused_is_kept(
    hostile: Website, callers: dict[str, Caller], seen: list[Seen], database_kind: str
) -> None:  # fmt: skip
    """Each form as each who saw it (on PostgreSQL the first): all fields hostile, then those to type in, then those that were empty."""
    size, wrong, met, forms = hostile.count(), list[str](), set[str](), list_forms(hostile.app, seen)
    tried = forms if database_kind == "sqlite" else keep_first(forms)
    posted = {rule.rule for rule in list_rules(hostile, "POST")}
    with watch_writes(hostile.network.engine) as kept:
        for by, form in ((by, form) for by, mine in tried.items() for form in mine if form.rule not in ENDING):
            for fields in form.fill_hostile(HOSTILE):
                forget_attempts(hostile)
                kept.take()
                answer = send_form(callers[by], form, fields)
                wrong += find_wrongs(f"POST {form.rule} by {by}", answer)
                if answer.status_code >= 400 and kept.take() - KEPT:
                    wrong.append(f"POST {form.rule} by {by}: {answer.status_code} and yet something was kept")
                met |= {form.rule} if "&lt;script&gt;document" in answer.text else set()

    assert not wrong, "\n".join(sorted(set(wrong)))
    assert hostile.count() == size
    assert {rule for mine in forms.values() for rule in (form.rule for form in mine)} == posted
    assert {f"{HERE_RULE}/{rule}" for rule in ECHOING} <= met, "what was typed is shown again"


def test_forms_that_end_a_session_or_a_membership_come_back_escaped(hostile: Website, callers: dict[str, Caller]) -> None:
    """They are tried by people who come for that alone: the others' sessions are needed on."""
    assert "powerco" in callers
    wrong, ended = [], 0
    for number, rule in enumerate(sorted(ENDING)):
        caller, person = bring_colleague(hostile, f"leaver{number}")
        path = rule.replace("<network:network>", NETWORK).replace("<index:person>", str(person))
        fields: MultiDict[str, object] = MultiDict(dict.fromkeys(("password", "anyway", "next", "reason"), HOSTILE))
        answer = send_form(caller, PostedForm(path), fields)
        wrong += find_wrongs(f"POST {rule}", answer)
        ended += answer.status_code == 303

    assert not wrong, "\n".join(wrong)
    assert ended == len(ENDING)


@pytest.mark.parametrize("kind", ["text/csv", "image/svg+xml", f"text/html; x={PRINTABLE!r}"])
@pytest.mark.parametrize("name", [f"{PRINTABLE}.csv", "../../etc/passwd", "a\r\nX-Evil: 1.csv", "\u202efdp.csv", "x" * 5000, "=1+1.xlsx"])
def test_a_hostile_name_or_type_of_a_file_comes_back_escaped(
    hostile: Website, callers: dict[str, Caller], name: str, kind: str
) -> None:  # fmt: skip
    size = hostile.count()
    cell = '"' + PRINTABLE.replace('"', '""') + '"'
    rows = f"ticket,dispatched_at,quantity,unit,vehicle,driver,evil<script>document\n{','.join([cell] * 6)},=1+1\n"
    asked = {"kind": "dispatches", "agreement": "a-evil", "registers": "", "user": ""}

    plan = upload_file(callers["powerco"], f"{HERE}/imports", asked, name, kind, rows.encode())
    wrong = find_wrongs("plan", plan)
    for following in (form for form in read_forms(plan.text, f"{HERE}/imports") if form.address == f"{HERE}/imports"):
        for fields in following.fill_hostile(HOSTILE):
            wrong += find_wrongs("after the plan", send_form(callers["powerco"], following, fields))

    assert not wrong, "\n".join(wrong)
    assert "X-Evil" not in plan.headers
    received = escape_name(name).replace("%22", '"')[-120:]
    assert f"<bdi>{escape(received)}</bdi> ·" in plan.text, "the file's name is shown"
    assert f"<bdi>{escape(PRINTABLE)}</bdi></td>" in plan.text, "the rows are shown"
    assert hostile.count() == size


@pytest.mark.parametrize("data", NO_FILES)
def test_a_file_that_is_none_of_ours_is_refused_beside_its_field(hostile: Website, callers: dict[str, Caller], data: bytes) -> None:
    size = hostile.count()
    for kind in ("dispatches", "receipts", "readings"):
        asked = {"kind": kind, "agreement": "a-evil", "registers": "", "user": ""}

        answer = upload_file(callers["powerco"], f"{HERE}/imports", asked, "x.xlsx", "", data)

        assert (answer.status_code, answer.mimetype, hostile.count()) == (422, "text/html", size)


def test_a_file_that_is_too_large_is_refused_beside_its_field(callers: dict[str, Caller]) -> None:
    asked = {"kind": "dispatches", "agreement": "a-evil"}

    answer = upload_file(callers["powerco"], f"{HERE}/imports", asked, "large.csv", "text/csv", b"x" * ((1 << 20) + 1))

    assert (answer.status_code, "1 MiB" in answer.text) == (422, True)


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
