"""Odd values, in every form and every query and in place of every part of an address: a page answers in words, never a fault of ours."""

import json
from collections.abc import Iterator
from urllib.parse import quote, urlencode, urlsplit

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.site.hostile import BASE, Seen, list_rules
from tests.site.posting import KEPT, PostedForm, forget_attempts, keep_first, list_forms, list_questions, watch_writes
from tests.webui.test_access import PARTS, fill
from tests.webui.website import NETWORK, Caller, Website
from webui.access import CSRF_FIELD, CSRF_HEADER

#: Each form and each question meets every so many values, others than the next one; what a database refuses, PostgreSQL refuses sooner.
EVERY = {"postgresql": 32, "sqlite": 64}
MARK = "put the value here"
#: As bytes, because not all of them are text.
ODD = (
    *(b"", b" ", b"x" * 10_000, b"a\0b", b"\xed\xa0\x80", b"\xff\xfe", "\u202e\u2028".encode(), "١٢".encode(), "²".encode()),
    *(b"9" * 30, b"9" * 5000, b"-" + b"9" * 20, b"-1", b"0", b"2147483648", b"999999999999999", b"9223372036854775808"),
    *(b"1e999999", b"1E-999999", b"NaN", b"sNaN", b"Infinity", b"-0", b"0.0000000000000000001", b"0x10", b"1_000"),
    *(b"0000-00-00", b"0001-01-01", b"9999-12-31", b"2025-02-30", b"9999-12", b"0000-01", b"2025-13", b"2025-1"),
    *(b"0001-01-01T00:00", b"9999-12-31T23:59", b"2025-03-30T02:30", b"0001-01-01T00:00:00Z", b"9999-12-31T23:59:59Z"),
    *(b"null", b"[]", b"{}", b'["x"]', b"[{}]", b"[" * 15_000, b'[{"agreement":"a-evil","ticket":"\\ud800"}]'),
    *(b'[{"agreement":"a-evil","ticket":"\\u0000","gross":NaN}]', b'{"id":"\\ud800","rawId":"AA"}', b'{"id":[],"response":{}}'),
    *(b"../../etc/passwd", b"%00", b"o-powerco", b"a-evil", b"d-e1", b"2025-01", b"yes", b"a=b\nM-1=1e999999\nM-2=NaN"),
)
#: In place of a part of an address: what the router takes, and what it should not.
ODD_PARTS = ("0", "9" * 15, "9" * 16, "-1", "x" * 80, "x" * 5000, "a%00b", "%ED%A0%80", "%FF", "..%2F..", "0000-01", "9999-12", "2025-13")
#: What answers a script and not a reader.
SCRIPTS = {"/login/passkey", "/account/passkeys"}


@pytest.fixture(scope="module")
def forms(hostile: Website, seen: list[Seen]) -> dict[str, list[PostedForm]]:
    """One form of each rule, by the member who saw it first."""
    return keep_first(list_forms(hostile.app, seen, most=1))


def send_pairs(caller: Caller, address: str, pairs: list[tuple[str, bytes]]) -> TestResponse:
    """Post a form whose values need not be text, with the session's token."""
    body = urlencode([(CSRF_FIELD, caller.headers[CSRF_HEADER].encode()), *pairs])
    kind = "application/x-www-form-urlencoded"
    return caller.client.post(address, data=body, content_type=kind, base_url=BASE, headers={"Accept": "text/html"})


def fill_oddly(form: PostedForm, value: bytes) -> Iterator[list[tuple[str, bytes]]]:
    """Fill a form with a value: where people type, and everywhere."""
    for filled in (form.fill_typed(MARK), form.fill_all(MARK)):
        yield [(name, value if text == MARK else str(text).encode()) for name, text in filled.items(multi=True)]


def shape_oddly(form: PostedForm) -> Iterator[list[tuple[str, bytes]]]:
    """Fill a form in shapes that no browser sends: with nothing, with one field alone, with each field thrice, with unknown ones."""
    whole = [(name, str(text).encode()) for name, text in form.fill_empty("1").items(multi=True)]
    yield []
    yield whole[:1]
    yield [*whole, *whole, *whole]
    yield [*whole, ("unknown", b"1"), ("", b""), ("results.999.value", b"1"), ("items.-1.amount", b"1"), ("items.0.0.0", b"1")]


def judge(what: str, answer: TestResponse) -> list[str]:
    """Find what is wrong with an answer: a fault of ours, or something that no reader can read."""
    script = urlsplit(answer.request.path).path in SCRIPTS
    readable = answer.mimetype == "text/html" or (
        answer.status_code < 300 and (script or "attachment" in answer.headers.get("Content-Disposition", ""))
    )
    found = [f"{what}: {answer.status_code} {answer.mimetype}"] if answer.status_code >= 500 or not readable else []
    answer.close()
    return found


def test_no_form_with_odd_values_is_answered_by_a_fault_of_ours(
    hostile: Website, callers: dict[str, Caller], forms: dict[str, list[PostedForm]], database_kind: str
) -> None:
    size, wrong, count, every = hostile.count(), list[str](), 0, EVERY[database_kind]
    with watch_writes(hostile.network.engine) as kept:
        for by, form in ((by, form) for by, mine in forms.items() for form in mine):
            count += 1
            fillings = [filled for value in ODD[count % every :: every] for filled in fill_oddly(form, value)]
            for pairs in (*fillings, *shape_oddly(form)):
                forget_attempts(hostile)
                kept.take()
                answer = send_pairs(callers[by], form.address, pairs)
                told = f"POST {form.rule} by {by} with {json.dumps([(name, repr(text)[:60]) for name, text in pairs[:8]])}"
                wrong += judge(told, answer)
                if answer.status_code >= 400 and kept.take() - KEPT:
                    wrong.append(f"{told}: {answer.status_code} and yet something was kept")

    assert not wrong, "\n".join(wrong)
    assert count > 60
    assert hostile.count() == size


def test_no_query_with_odd_values_is_answered_by_a_fault_of_ours(
    hostile: Website, callers: dict[str, Caller], seen: list[Seen], database_kind: str
) -> None:  # fmt: skip
    wrong, count, every = list[str](), 0, EVERY[database_kind]
    questions = list_questions(hostile.app, seen)
    for one in {one.rule: one for one in reversed(seen) if one.status == 200}.values():
        for name in sorted(questions.get(one.rule, set()) | {"unknown"}):
            count += 1
            for value in ODD[count % every :: every]:
                path = f"{urlsplit(one.path).path}?{quote(name)}={quote(value)}"
                wrong += judge(f"GET {path[:200]} by {one.by}", callers[one.by].client.get(path, base_url=BASE))

    assert not wrong, "\n".join(wrong)
    assert count > 150


def test_no_address_with_odd_parts_is_answered_by_a_fault_of_ours(hostile: Website, callers: dict[str, Caller]) -> None:
    wrong = []
    for rule in list_rules(hostile, "GET"):
        for path in list_odd_addresses(rule):
            wrong += judge(f"GET {path[:200]}", callers["symbio"].client.get(path, base_url=BASE, headers={"Accept": "text/html"}))

    assert not wrong, "\n".join(wrong)


def list_odd_addresses(rule: Rule) -> Iterator[str]:
    """Put odd parts into a rule's address, one at a time."""
    for number, part in enumerate(sorted(rule.arguments), len(rule.rule)):
        for value in ODD_PARTS[number % 3 :: 3]:
            kind = rule._converters[part]
            named = f"<{type(kind).__name__.removesuffix('Part').lower()}:{part}>"
            if named in rule.rule:
                yield fill(Rule(rule.rule.replace(named, "@@"))).replace("@@", value)


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("/login", "password", b"x" * 5000),
        ("/login", "email", b"a\0b@example.org"),
        ("/login/passkey", "credential", b"[" * 15_000),
        ("/login/passkey", "credential", b'{"id":"\\ud800"}'),
        ("/account/passkeys", "credential", b"[" * 15_000),
        (f"/n/{NETWORK}/weighbridge/loads", "loads", b'[{"agreement":"a-evil","ticket":"\\ud800"}]'),
        (f"/n/{NETWORK}/weighbridge/loads", "loads", b'[{"agreement":"a-evil","ticket":"\\u0000"}]'),
        (f"/n/{NETWORK}/grants/give", "grant", b"a\0b"),
    ],
)
def test_what_is_too_long_too_deep_or_no_text_is_said_to_be_at_fault(
    hostile: Website, callers: dict[str, Caller], path: str, name: str, value: bytes
) -> None:  # fmt: skip
    forget_attempts(hostile)

    answer = send_pairs(callers["powerco"], path, [(name, value)])

    assert (answer.status_code, answer.mimetype) == (422, "text/html")


@pytest.mark.parametrize("query", ["ledger?about=a%00b", "agreements/new?like=a%00b", "certificates?agreement=%00", "organisations?%00=1"])
def test_a_query_that_is_no_text_is_refused_by_name(callers: dict[str, Caller], query: str) -> None:
    page = callers["powerco"].client.get(f"/n/{NETWORK}/{query}", base_url=BASE)
    data = callers["powerco"].client.get(f"/api/v1/networks/{NETWORK}/{query}", base_url=BASE)

    assert (page.status_code, "NUL" in page.text) == (422, True)
    assert data.status_code in (404, 422)


def test_a_page_of_a_list_far_beyond_its_end_is_refused_or_empty(callers: dict[str, Caller], seen: list[Seen]) -> None:
    """Numbers that no column holds come from addresses that were changed by hand."""
    lists = {one.rule: one for one in seen if (one.status == 200 and "after" in one.html + one.path) or one.rule.endswith("s")}
    grants = [one for one in seen if one.rule.endswith("/grants/<name:grant>") and one.status == 200]  # what was read by one is not for all

    wrong = []
    for one in (*lists.values(), *grants):
        for value in (b"9" * 30, b"9" * 5000, b"-1", "²".encode(), b"1:" + b"9" * 30):
            path = f"{urlsplit(one.path).path}?after={quote(value)}"
            wrong += judge(f"GET {path[:120]}", callers[one.by].client.get(path, base_url=BASE))

    assert not wrong, "\n".join(wrong)
    assert grants


def test_what_the_router_knows_is_known_here(hostile: Website) -> None:
    """Each kind of part has an example, so that no page is left out."""
    kinds = {found for rule in list_rules(hostile, "GET") for found in [part.partition(":")[0] for part in rule.rule.split("<")[1:]]}

    assert kinds <= PARTS.keys()
