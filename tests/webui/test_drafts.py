"""The door for drafts answers with all that a signer needs: findings, words for every field, and what is signed."""

import dataclasses
from typing import Any

from contracts.drafts import write_draft
from contracts.facts import Role, type_of
from contracts.parties.facts import GrantGiven, GrantScope
from contracts.signing import prepare_statement
from tests.network import OPERATOR
from tests.webui.website import NETWORK, Website


def test_a_draft_comes_back_prepared_with_a_line_for_every_field(shared_website: Website) -> None:
    network = shared_website.network
    fact = GrantGiven(
        "g-1", network.id("auditco"), GrantScope.NETWORK, None, sealed=False, valid_until=network.clock.now().date(), reason="Audit"
    )
    draft = write_draft(fact, type_of(fact))

    answer: Any = shared_website.token(OPERATOR, [Role.FACILITATOR]).post(f"/networks/{NETWORK}/drafts", draft).json

    wanted = dataclasses.asdict(prepare_statement(fact))
    assert answer["prepared"] == {**wanted, "refs": [], "fields": list(wanted["fields"])}
    hashed = {field["name"] for field in answer["prepared"]["fields"]} | set(answer["prepared"]["public"])
    assert {line["field"] for line in answer["shown"]["lines"]} == hashed | {"grant"}
    assert answer["findings"] == []


def test_a_draft_that_cannot_be_read_is_not_prepared(shared_website: Website) -> None:
    draft = {"kind": "grant.given", "about": "grant:g-1", "fields": {"organisation": "nobody"}}

    answer: Any = shared_website.token(OPERATOR, [Role.FACILITATOR]).post(f"/networks/{NETWORK}/drafts", draft).json

    assert (answer["prepared"], answer["shown"]) == (None, None)
    assert answer["findings"]
