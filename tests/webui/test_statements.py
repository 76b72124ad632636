"""POST /statements and what becomes of what is posted: entered once, refused with all findings, or kept until it is judged."""

from pathlib import Path

import pytest

from contracts.facts import Role
from contracts.parties.facts import OrganisationAdmitted, OrganisationKind, OrganisationSuspended
from ledger.outcome import read_acknowledgement, read_refusal
from tests.network import OPERATOR
from tests.webui.website import NETWORK, Website, admit_cast


def an_admission(name: str = "o-brickco", legal_id: str = "DK-1") -> OrganisationAdmitted:
    return OrganisationAdmitted(name, "Brick A/S", legal_id, "DK", OrganisationKind.PARTNER, ())


def test_a_signed_statement_is_entered_and_its_receipt_says_where(website: Website) -> None:
    caller, size = website.token(OPERATOR), website.count()
    submission = website.sign(an_admission(), by=OPERATOR)

    answer = caller.post("/statements", submission.to_json())

    assert answer.status_code == 201, answer.text
    assert answer.json["receipt"]["index"] == size
    assert answer.json["receipt"]["statement_hash"] == submission.signed.hash


def test_the_same_bytes_again_give_the_same_receipt(website: Website) -> None:
    caller = website.token(OPERATOR)
    submission = website.sign(an_admission(), by=OPERATOR).to_json()
    first = caller.post("/statements", submission)

    second = caller.post("/statements", submission)

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json["receipt"] == first.json["receipt"]


def test_an_id_with_other_bytes_is_a_conflict(website: Website) -> None:
    caller = website.token(OPERATOR)
    first = website.sign(an_admission(), by=OPERATOR)
    caller.post("/statements", first.to_json())
    second = website.sign(an_admission("o-steelco", "DK-2"), by=OPERATOR, statement_id=first.signed.statement.id)

    answer = caller.post("/statements", second.to_json())

    assert answer.status_code == 409
    assert answer.codes == ["replayed-id"]


def test_a_refusal_carries_all_findings_and_a_signed_note(website: Website) -> None:
    caller = website.token(OPERATOR)
    submission = website.sign(OrganisationSuspended("o-nobody1", "no reason"), by=OPERATOR)

    answer = caller.post("/statements", submission.to_json())

    note = read_refusal(answer.json["refusal"], website.network.keys.receipts_verifier)
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert answer.codes == ["unknown-organisation"]
    assert note.statement_hash == submission.signed.hash


def test_many_statements_are_each_answered_by_themselves(website: Website) -> None:
    caller = website.token(OPERATOR)
    good = website.sign(an_admission(), by=OPERATOR).to_json()
    bad = website.sign(OrganisationSuspended("o-nobody1", "no reason"), by=OPERATOR).to_json()
    also_good = website.sign(an_admission("o-steelco", "DK-2"), by=OPERATOR).to_json()

    answer = caller.post("/statements", {"statements": [good, bad, {"statement": 7}, also_good]})

    assert answer.status_code == 200
    assert [result["status"] for result in answer.json["results"]] == [201, 422, 400, 201]


def test_more_than_five_thousand_statements_are_too_many(website: Website) -> None:
    caller = website.token(OPERATOR)

    answer = caller.post("/statements", {"statements": [{}] * 5001})

    assert (answer.status_code, answer.json["findings"][0]["field"]) == (422, "statements")


def test_a_statement_that_waits_is_acknowledged_by_a_signed_note(database_url: str, tmp_path: Path) -> None:
    website = Website(database_url, tmp_path / "data", start=False, answer_seconds=0.2)
    submission = website.sign(an_admission(), by=OPERATOR)

    answer = website.token(OPERATOR).post("/statements", submission.to_json())

    note = read_acknowledgement(answer.json["note"], website.network.keys.receipts_verifier)
    assert answer.status_code == 202
    assert note.statement_hash == submission.signed.hash
    website.close()


def test_what_became_of_a_statement_is_asked_by_its_hash(website: Website) -> None:
    caller = website.token(OPERATOR)
    submission = website.sign(an_admission(), by=OPERATOR)
    receipt = caller.post("/statements", submission.to_json()).json["receipt"]

    answer = caller.get(f"/statements/{submission.signed.hash}")

    assert (answer.status_code, answer.json["receipt"]) == (200, receipt)


def test_a_hash_that_never_came_is_not_found(website: Website) -> None:
    assert website.token(OPERATOR).get(f"/statements/{'0' * 64}").status_code == 404


def test_a_member_of_another_network_may_not_submit_here(website: Website) -> None:
    stranger, size = website.found_harbour().token(), website.count()
    submission = website.sign(an_admission(), by=OPERATOR)

    answer = stranger.post("/statements", submission.to_json())
    outcome = stranger.get(f"/statements/{submission.signed.hash}")

    assert (answer.status_code, outcome.status_code, website.count()) == (404, 404, size)
    assert answer.json["findings"][0]["code"] == "unknown-log"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'{"a": 1, "a": 2}', 400),
        (b'{"a": 1.5}', 400),
        (b'{"a": 1e400}', 400),
        (b'{"a": NaN}', 400),
        (b'{"a": 99999999999999999999}', 400),
        (b'"\xff"', 400),
        (b'"\\ud800"', 400),
        (b"[" * 100_000, 400),
        (b'{"statements": 7}', 422),
        (b'{"statements": []}', 422),
        (b'{"statements": [], "more": 1}', 422),
    ],
)
def test_what_is_no_request_is_answered_clearly(shared_website: Website, body: bytes, status: int) -> None:
    answer = shared_website.token(OPERATOR).post("/statements", data=body, content_type="application/json")

    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"


def test_another_content_type_is_refused_as_such(shared_website: Website) -> None:
    answer = shared_website.token(OPERATOR).post("/statements", data=b"{}", content_type="text/plain")

    assert answer.status_code == 415


def test_the_next_number_of_a_key_counts_what_is_on_the_log(website: Website) -> None:
    caller, key = website.token(OPERATOR), website.network.key(OPERATOR).multikey
    before = caller.get(f"/networks/{NETWORK}/keys/{key}/next").json["key_seq"]
    caller.post("/statements", website.sign(an_admission(), by=OPERATOR).to_json())

    after = caller.get(f"/networks/{NETWORK}/keys/{key}/next").json["key_seq"]

    assert after == before + 1


def test_the_number_of_another_organisations_key_is_not_told(website: Website) -> None:
    admit_cast(website.network)
    key = website.network.key(OPERATOR).multikey

    answer = website.token("powerco", [Role.SIGNATORY]).get(f"/networks/{NETWORK}/keys/{key}/next")

    assert answer.status_code == 404
