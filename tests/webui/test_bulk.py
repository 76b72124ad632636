"""Thousands of statements in one request: each answered in its place with its own findings, whatever stands beside it."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts.parties.facts import OrganisationAdmitted, OrganisationKind, OrganisationSuspended
from ledger.outcome import read_refusal
from ledger.statement import Submission
from tests.network import OPERATOR
from tests.webui.website import Website
from webui import reading_bulk
from webui.reading_bulk import Bulk, find_bulk

COUNT, BAD_STEP = 2000, 97


@pytest.fixture
def one_website(sqlite_url: str, tmp_path: Path) -> Iterator[Website]:
    """A website on SQLite, whose log is verified in the end."""
    website = Website(sqlite_url, tmp_path / "data")
    yield website
    website.network.verify()
    website.close()


def an_admission(number: int) -> OrganisationAdmitted:
    return OrganisationAdmitted(f"o-firm{number:05d}", f"Firm {number}", f"DK-{number}", "DK", OrganisationKind.PARTNER, ())


def write(submission: Submission) -> str:
    return json.dumps(submission.to_json(), ensure_ascii=False)


def spoil_signature(submission: Submission) -> str:
    other = bytes([submission.signed.signature[0] ^ 1]) + submission.signed.signature[1:]
    return write(Submission(replace(submission.signed, signature=other), submission.contents))


#: How a statement may be bad: what is sent in its place, the status and the code that it is answered with.
SPOILT: list[tuple[Callable[[Submission], str], int, str]] = [
    (spoil_signature, 422, "bad-signature"),
    (lambda one: write(one).replace("Firm ", "Firn ", 1), 422, "bad-proof"),
    (lambda one: write(one).replace('"v": 1', '"v": 1.0', 1), 400, "malformed"),
    (lambda one: write(one).replace('"v": 1', '"v": 1, "v": 1', 1), 400, "malformed"),
    (lambda one: write(one).replace('"v": 1', '"v": 9' + "9" * 5000, 1), 400, "malformed"),
    (lambda _: '"no statement"', 400, "malformed"),
    (lambda _: "NaN", 400, "malformed"),
    (lambda one: write(one).replace("Firm ", r"\ud800 ", 1), 400, "malformed"),
]


def test_two_thousand_statements_are_answered_each_in_its_place(one_website: Website) -> None:
    submissions = [one_website.sign(an_admission(number), by=OPERATOR) for number in range(COUNT)]
    texts, bad = [write(one) for one in submissions], range(5, COUNT, BAD_STEP)
    for turn, position in enumerate(bad):
        texts[position] = SPOILT[turn % len(SPOILT)][0](submissions[position])
    texts[1500] = texts[3]  # entered in an earlier window
    refused = one_website.sign(OrganisationSuspended("o-nobody1", "no reason"), by=OPERATOR)
    texts[1999], first = write(refused), one_website.count()

    answer = one_website.token(OPERATOR).post(
        "/statements", data=f'{{"statements": [{", ".join(texts)}]}}'.encode(), content_type="application/json"
    )

    results = answer.json["results"]
    expected = {position: SPOILT[turn % len(SPOILT)][1:] for turn, position in enumerate(bad)} | {1999: (422, "unknown-organisation")}
    entered = [position for position in range(COUNT) if position not in expected and position != 1500]
    assert {place: (one["status"], one["findings"][0]["code"]) for place, one in enumerate(results) if one["findings"]} == expected
    assert [results[position]["status"] for position in (3, 1500)] == [201, 200]
    assert [results[position]["receipt"]["index"] for position in entered] == list(range(first, first + len(entered)))
    assert [results[position]["statement_hash"] for position in entered] == [submissions[place].signed.hash for place in entered]
    assert results[1500]["receipt"] == results[3]["receipt"]
    assert read_refusal(results[1999]["note"], one_website.network.keys.receipts_verifier).statement_hash == refused.signed.hash
    assert one_website.count() == first + len(entered)
    assert set(Counter(one["status"] for one in results)) == {200, 201, 400, 422}


def test_equal_statements_in_one_request_are_entered_once(one_website: Website) -> None:
    submission = one_website.sign(an_admission(1), by=OPERATOR).to_json()

    results = one_website.token(OPERATOR).post("/statements", {"statements": [submission] * 3}).json["results"]

    assert [one["status"] for one in results] == [201, 200, 200]
    assert len({one["receipt"]["index"] for one in results}) == 1


def test_a_torn_request_enters_nothing(one_website: Website) -> None:
    text = json.dumps({"statements": [one_website.sign(an_admission(number), by=OPERATOR).to_json() for number in range(3)]})
    caller, size = one_website.token(OPERATOR), one_website.count()

    answers = [
        caller.post("/statements", data=data.encode(), content_type="application/json")
        for data in (text[:-1], text[:-2], text[: len(text) // 2], text.replace("}, {", "} {"), text + "x", text[:-1] + ', "more": 1}')
    ]

    assert {answer.status_code for answer in answers} <= {400, 422}
    assert one_website.count() == size


def test_more_than_the_limits_are_refused_whole(one_website: Website, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = one_website.token(OPERATOR)
    monkeypatch.setattr("webui.api.statements.STATEMENT_BYTES", 20_000)

    too_many = caller.post("/statements", {"statements": [0] * 5001})
    too_long = caller.post("/statements", {"statements": ["x" * 20_000]})

    assert (too_many.status_code, too_many.json["findings"][0]["field"]) == (422, "statements")
    assert too_long.status_code == 413


@pytest.mark.parametrize(
    "text",
    [
        '{"statements":[1,[2,3],{"a":"]}"}]}',
        ' {\n"statements" : [ "a,b" ,\t{"statements":[{}]} , null ] } \r\n',
        '{"statements":["' + r"\"]}" + '","æ𝄞"]}',
    ],
)
def test_statements_are_found_as_any_reader_of_json_finds_them(text: str) -> None:
    bulk = find_bulk(text.encode())

    assert bulk is not None
    assert [one for window in bulk.list_windows() for one in window] == json.loads(text)["statements"]


def test_windows_are_bounded_by_number_and_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_bulk, "WINDOW", 3)
    monkeypatch.setattr(reading_bulk, "WINDOW_CHARACTERS", 20)
    values: list[Any] = [1, 2, 3, 4, "x" * 30, 5, "y" * 10, "z" * 10]
    bulk = find_bulk(json.dumps({"statements": values}).encode())

    windows = list(bulk.list_windows()) if isinstance(bulk, Bulk) else []

    assert windows == [[1, 2, 3], [4], ["x" * 30], [5, "y" * 10], ["z" * 10]]
