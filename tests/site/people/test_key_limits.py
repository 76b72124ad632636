"""Limits on the pages that enrol and replace keys: a signatory's colleague gets the signatory's own, and what is beyond is said at once."""

import json
import re
from html import unescape
from typing import Any

import pytest

from contracts.facts import Role
from contracts.own_facts import KeyRevoked
from ledger.authority import prove_possession
from tests.network import LOG, OPERATOR, make_key
from tests.site.people.people import Town, Visitor
from tests.webui.website import NETWORK
from webui.people.enrolments import find_standing, request_enrolment

LIMITS: dict[str, Any] = {"signatory": {"amount": 25_000_000}}


def log_in(town: Town, by: str) -> Visitor:
    """Open the site as the person behind a key."""
    object.__setattr__(town.settings, "second_factor", "optional")  # logins are not what is tried here
    visitor = Visitor(town)
    answer = visitor.log_in(town.person(by).email)
    assert answer.status_code == 303, answer.text
    return visitor


def ask(town: Town, by: str, roles: list[str]) -> str:
    """Ask that a new key of somebody's be enrolled; gives the address at which it waits."""
    standing = find_standing(town.runtime, town.person(by, f"again.{by.replace('/', '.')}@example.org"), NETWORK)
    made = make_key(f"{by} anew {roles}")
    proof = prove_possession(LOG, standing.organisation, made.multikey, standing.holder, roles, made.sign)
    return f"/n/{NETWORK}/requests/{request_enrolment(town.runtime, standing, key=made.multikey, roles=roles, possession=proof)}"


def read_signing(page: str) -> Any:
    """Read what the browser gets to sign."""
    found = re.search(r'id="sign-data">(.*?)</script>', page, re.DOTALL)
    assert found, page
    return json.loads(found[1])


def read_findings(page: str) -> list[str]:
    """Read what the signing page says against a draft."""
    found = re.search(r'<div class="faults" role="alert">.*?<ul>(.*?)</ul>', page, re.DOTALL)
    return [unescape(re.sub(r"<[^>]+>", "", one)) for one in re.findall(r"<li>(.*?)</li>", found[1])] if found else []


@pytest.fixture
def firm(town: Town) -> Town:
    """A firm with a signatory without limits, one with, and one who weighs."""
    town.network.admit("powerco")
    town.network.enrol("powerco/limited", [Role.SIGNATORY], limits=LIMITS)
    town.network.enrol("powerco/scales", [Role.OPERATOR])
    return town


def test_a_limited_signatory_gives_a_colleague_its_own_limit_and_reads_so(firm: Town) -> None:
    address, visitor = ask(firm, "powerco/scales", ["operator", "signatory"]), log_in(firm, "powerco/limited")

    shown = visitor.get(address).text
    page = visitor.post(address, {}, page=address)

    [draft] = read_signing(page.text)["drafts"]
    assert "signatory: signs contracts, enrols keys – €250,000.00" in shown
    assert (page.status_code, draft["public"]["limits"]) == (200, LIMITS)
    assert read_signing(page.text)["keys"] == [firm.network.key("powerco/limited").multikey]


@pytest.mark.parametrize(("by", "roles"), [("powerco", ["signatory"]), ("powerco/limited", ["operator"])])
def test_who_has_no_limits_for_a_role_gives_none(firm: Town, by: str, roles: list[str]) -> None:
    address, visitor = ask(firm, "powerco/scales", roles), log_in(firm, by)

    page = visitor.post(address, {}, page=address)

    assert "as your own key has it" not in visitor.get(address).text
    assert (page.status_code, read_signing(page.text)["drafts"][0]["public"]["limits"]) == (200, {})


def test_a_facilitator_enrols_a_first_key_without_limits(town: Town) -> None:
    town.network.enrol(f"{OPERATOR}/clerk", [Role.FACILITATOR, Role.SIGNATORY], limits=LIMITS)
    address, visitor = ask(town, f"{OPERATOR}/clerk", ["signatory"]), log_in(town, f"{OPERATOR}/clerk")

    page = visitor.post(address, {}, page=address)

    assert read_signing(page.text)["drafts"][0]["public"]["limits"] == {}
    assert len(read_signing(page.text)["keys"]) == 1


def test_a_key_whose_limit_cannot_be_read_enrols_nobody_and_the_page_says_so(firm: Town) -> None:
    firm.network.enrol("powerco/odd", [Role.SIGNATORY], limits={"signatory": {"amount": "much"}})
    address, visitor = ask(firm, "powerco/scales", ["signatory"]), log_in(firm, "powerco/odd")

    page = visitor.post(address, {}, page=address)

    [said] = read_findings(page.text)
    assert (page.status_code, read_signing(page.text)["keys"]) == (422, [])
    assert said.startswith("limits.signatory.amount: ")
    assert "cannot be read" in said


def test_of_a_holders_own_keys_each_replaces_those_within_its_limits_only(firm: Town) -> None:
    network = firm.network
    network.enrol("powerco/tablet", [Role.SIGNATORY], limits={"signatory": {"amount": 5}}, holder=network.holder("powerco"))
    visitor, wide, narrow = log_in(firm, "powerco"), network.key("powerco").multikey, network.key("powerco/tablet").multikey

    def replace(old: str) -> Any:
        return visitor.post(f"/n/{NETWORK}/keys/rotate", {"old": old, "key": make_key("new").multikey, "possession": "0" * 128},
                            page=f"/n/{NETWORK}/keys")  # fmt: skip

    assert set(read_signing(replace(narrow).text)["keys"]) == {wide, narrow}
    assert read_signing(replace(wide).text)["keys"] == [wide]


def test_what_the_page_drafts_is_what_the_log_takes(firm: Town) -> None:
    network = firm.network
    network.enrol("powerco/tablet", [Role.SIGNATORY], limits={"signatory": {"amount": 5}}, holder=network.holder("powerco"))
    address, visitor = ask(firm, "powerco/scales", ["signatory"]), log_in(firm, "powerco")

    drafted = read_signing(visitor.post(address, {}, page=address).text)
    network.accept(KeyRevoked(network.key("powerco/tablet").multikey, network.key("powerco/tablet").multikey, "lost", None), by="powerco")
    later = read_signing(visitor.post(address, {}, page=address).text)

    assert drafted["drafts"][0]["public"]["limits"] == {"signatory": {"amount": 5}}, "what each key of the reader's could hand on"
    assert len(drafted["keys"]) == 2
    assert later["drafts"][0]["public"]["limits"] == {}
