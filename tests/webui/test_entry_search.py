"""Entries are found by what an auditor has in hand: hash, id, organisation, kind, subject, time; with proofs under a signed checkpoint."""

from typing import Any

import pytest

from ledger.checkpoint import verify_checkpoint
from ledger.merkle import check_inclusion
from tests.network import OPERATOR
from tests.webui.website import NETWORK, Website
from webui import jobs

HERE = f"/networks/{NETWORK}"


def search(website: Website, query: str, status: int = 200) -> Any:
    answer = website.token(OPERATOR).get(f"{HERE}/entries?{query}")
    assert answer.status_code == status, answer.text
    return answer.json


def list_found(website: Website, query: str) -> list[int]:
    return [one["index"] for one in search(website, query)["items"]]


def test_a_statement_is_found_by_its_hash_and_by_its_id(shared_website: Website) -> None:
    entry = shared_website.network.log.read_entries(3, 4)[0]

    assert list_found(shared_website, f"statement={entry.statement_hash}") == [3]
    assert list_found(shared_website, f"statement={entry.statement_id}") == [3]
    assert list_found(shared_website, f"statement={entry.statement_id}&author={entry.author}&kind={entry.kind}") == [3]
    assert list_found(shared_website, f"statement={entry.statement_id}&author=o-nobody0") == []
    assert list_found(shared_website, f"statement={entry.statement_hash}&kind=log.sealed") == []
    assert list_found(shared_website, f"statement={'00' * 32}") == []


def test_entries_are_found_by_organisation_subject_and_time(shared_website: Website) -> None:
    log = shared_website.network.log
    every = log.list_entries(limit=1000)
    chosen = every[len(every) // 2]

    by_author = list_found(shared_website, f"author={chosen.author}&limit=200")
    by_subject = list_found(shared_website, f"about={chosen.about}&limit=200")
    since = list_found(shared_website, f"since={chosen.received_at}&limit=200")
    until = list_found(shared_website, f"until={chosen.received_at}&limit=200")

    assert by_author == [one.index for one in every if one.author == chosen.author]
    assert by_subject == [one.index for one in every if one.about == chosen.about]
    assert since == [one.index for one in every if one.received_at >= chosen.received_at]
    assert until == [one.index for one in every if one.received_at < chosen.received_at]


def test_pages_follow_each_other_whatever_is_chosen(shared_website: Website) -> None:
    operator = shared_website.network.operator
    whole = list_found(shared_website, f"author={operator}&limit=200")

    found: list[int] = []
    after = ""
    while True:
        page = search(shared_website, f"author={operator}&limit=2{after}")
        found += [one["index"] for one in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"

    assert found == whole


def test_each_answer_is_proved_under_a_checkpoint_that_the_log_signed(website: Website) -> None:
    jobs.publish_checkpoints(website.runtime)

    page = search(website, "proofs=true&limit=200")

    log = website.network.log
    checkpoint = verify_checkpoint(page["checkpoint"], log.name, website.network.keys.log_verifier)
    for one in page["items"]:
        path = [bytes.fromhex(step) for step in one["path"]]
        check_inclusion(bytes.fromhex(one["leaf_hash"]), one["index"], checkpoint.size, path, checkpoint.root)
    assert len(page["items"]) == checkpoint.size
    assert search(website, "limit=1")["items"][0]["path"] is None


def test_what_is_not_signed_yet_has_no_proof(website: Website) -> None:
    jobs.publish_checkpoints(website.runtime)
    published = website.network.log.latest_checkpoint()
    website.network.admit("latecomer")

    page = search(website, "proofs=true&limit=200")

    assert published is not None
    assert [one["index"] for one in page["items"] if one["path"] is None] == list(range(published[0], len(page["items"])))
    assert page["items"][-1]["path"] is None


@pytest.mark.parametrize(
    "query",
    [
        "statement=abc",
        "statement=%00",
        f"statement={'A' * 64}",
        "since=yesterday",
        "since=2025-13-01T00:00:00Z",
        "until=2025-01-01",
        "proofs=7",
        "author=x",
    ],
)
def test_a_query_that_cannot_be_read_is_named(shared_website: Website, query: str) -> None:
    answer = search(shared_website, query, 422)

    assert [one["field"].rpartition(".")[2] for one in answer["findings"]] == [query.partition("=")[0]]
