"""What is read by whom, on a network that settled a month: parties their own, strangers headers, auditors what their grants open."""

import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.facts import Role
from contracts.parties.facts import GrantGiven, GrantScope, OrganisationKind
from contracts.recompute import recompute_audit_file
from ledger.evidence import check_evidence
from ledger.merkle import check_consistency, check_inclusion, compute_root
from ledger.verify import verify_audit_file
from tests.contracts.settlement.closing import settle
from tests.databases import Databases
from tests.network import LOG, OPERATOR
from tests.webui.website import NETWORK, Caller, Website
from webui import jobs

HERE = f"/networks/{NETWORK}"
WAIT = timedelta(seconds=2)  #: checkpoints are at least a second apart


@pytest.fixture(scope="module")
def settled(databases: Databases, database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """A network that traded, closed, allocated and settled January; only read from here on, but for grants of auditors."""
    url = databases.create(database_kind)
    website = Website(url, tmp_path_factory.mktemp("data"))
    settle(website.network)
    website.network.admit("outsider")
    for auditor in ("auditone", "audittwo", "auditthree"):
        website.network.admit(auditor, kind=OrganisationKind.AUDITOR, roles=[Role.AUDITOR])
    publish(website)
    yield website
    website.network.verify()
    website.network.check_replay()
    website.close()
    databases.drop(url)


def publish(website: Website) -> None:
    website.network.clock.advance(WAIT)
    jobs.publish_checkpoints(website.runtime)


def give(website: Website, grant: str, auditor: str, *, agreement: str | None = None, sealed: bool = False) -> None:
    """Let an auditor read, unless it was let before."""
    scope = GrantScope.NETWORK if agreement is None else GrantScope.AGREEMENT
    fact = GrantGiven(grant, website.network.id(auditor), scope, agreement, sealed, date(2025, 12, 31), "the yearly audit")
    website.network.say(fact, by=OPERATOR)
    publish(website)


def read_all(caller: Caller, path: str, *, limit: int = 7) -> list[Any]:
    """Read a list page by page."""
    found: list[Any] = []
    sign = "&" if "?" in path else "?"
    after = ""
    while True:
        page = caller.get(f"{path}{sign}limit={limit}{after}").json
        found += page["items"]
        if page["next"] is None:
            return found
        after = f"&after={page['next']}"


def test_parties_see_their_agreements_and_others_see_none(settled: Website) -> None:
    names = {
        by: [one["agreement"] for one in read_all(settled.token(by), f"{HERE}/agreements")] for by in ("powerco", "pharma", "outsider")
    }

    assert names == {"powerco": ["a-pipe", "a-pool", "a-split"], "pharma": ["a-pipe", "a-split"], "outsider": []}


def test_an_agreement_comes_with_history_signatures_and_text(settled: Website) -> None:
    seen = settled.token("plasterco").get(f"{HERE}/agreements/a-pool").json

    assert seen["agreement"]["state"] == "in_force"
    assert len(seen["versions"]) == 1
    assert seen["versions"][0]["text"]
    assert {one["organisation"] for one in seen["signatures"]} == {"o-powerco", "o-plasterco"}
    assert seen["missing"] == []


@pytest.mark.parametrize("path", ["agreements/a-pool", "deliveries/d-1", "accounts/2025-01.o-powerco"])
def test_what_is_others_is_not_there_for_an_outsider(settled: Website, path: str) -> None:
    answer = settled.token("outsider").get(f"{HERE}/{path}")
    nowhere = settled.token("outsider").get(f"{HERE}/{path[:-1]}x")

    assert (answer.status_code, answer.json["detail"]) == (404, nowhere.json["detail"])


def test_deliveries_are_paged_in_the_order_of_the_log(settled: Website) -> None:
    pages = read_all(settled.token("powerco"), f"{HERE}/deliveries", limit=1)

    assert [one["delivery"] for one in pages] == ["d-1", "d-2", "d-3"]
    assert pages[0]["settled"] == "25.36"
    assert [one["delivery"] for one in read_all(settled.token("pharma"), f"{HERE}/deliveries?period=2025-01&state=settled")] == ["d-3"]


def test_a_delivery_says_in_words_where_it_stands(settled: Website) -> None:
    seen = settled.token("plasterco").get(f"{HERE}/deliveries/d-1").json

    assert seen["words"] == "settled: both figures agree within the tolerance"
    assert seen["delivery"]["got"]["quantity"] == "25.36"


def test_every_member_sees_headers_and_parties_see_contents(settled: Website) -> None:
    path = f"{HERE}/entries?kind=delivery.dispatched"
    outside, inside = read_all(settled.token("outsider"), path), read_all(settled.token("plasterco"), path)

    assert [one["index"] for one in outside] == [one["index"] for one in inside]
    assert [one["contents"] for one in outside] == [None] * 3
    assert [one["readable"] for one in inside] == [True, True, False]
    assert inside[0]["entry"]["statement"]["kind"] == "delivery.dispatched"


def test_pages_of_entries_give_each_entry_once(settled: Website) -> None:
    found = read_all(settled.token("outsider"), f"{HERE}/entries", limit=11)

    assert [one["index"] for one in found] == list(range(settled.count()))


def test_sealed_costs_are_for_their_owner(settled: Website) -> None:
    path = f"{HERE}/entries?kind=costs.reported"
    seen = {by: [one["readable"] for one in read_all(settled.token(by), path)] for by in ("plasterco", "powerco", OPERATOR)}

    assert seen == {"plasterco": [True], "powerco": [False], OPERATOR: [False]}


def test_each_organisation_sees_its_own_savings_and_the_total(settled: Website) -> None:
    seen = {by: settled.token(by).get(f"{HERE}/periods/2025-01/savings").json for by in ("powerco", "outsider")}

    assert {line["organisation"] for line in seen["powerco"]["lines"]} == {"o-powerco"}
    assert seen["outsider"]["lines"] == []
    assert seen["outsider"]["organisations"] >= 3
    assert isinstance(seen["outsider"]["total"], int)
    assert not seen["powerco"]["complete"]


def test_the_board_sees_every_share_and_a_member_its_own(settled: Website) -> None:
    board, member, outsider = (settled.token("powerco", [Role.BOARD]), settled.token("powerco"), settled.token("outsider"))
    [whole], [own], [none] = (read_all(caller, f"{HERE}/allocations") for caller in (board, member, outsider))

    assert (whole["complete"], len(whole["shares"]), whole["adopted"]) == (True, whole["organisations"], True)
    assert [share["organisation"] for share in own["shares"]] == ["o-powerco"]
    assert (own["complete"], own["components"], none["shares"]) == (False, None, [])
    assert sum(share["transfer"] for share in whole["shares"]) == 0


def test_accounts_are_for_their_owner(settled: Website) -> None:
    owners = {
        by: {one["organisation"] for one in read_all(settled.token(by), f"{HERE}/accounts?period=2025-01")}
        for by in ("powerco", "outsider")
    }

    assert owners == {"powerco": {"o-powerco"}, "outsider": set()}


def test_a_review_comes_with_its_count_in_words(settled: Website) -> None:
    board = settled.token("powerco", [Role.BOARD])
    [review] = read_all(board, f"{HERE}/reviews")

    seen = board.get(f"{HERE}/reviews/{review['review']}").json

    assert seen["review"]["outcome"] == "adopted"
    assert "3 for" in seen["words"]
    assert read_all(board, f"{HERE}/resolutions")[0]["votes_for"] == 3


def test_members_see_each_other_and_each_others_keys(settled: Website) -> None:
    outsider = settled.token("outsider")

    names = [one["organisation"] for one in read_all(outsider, f"{HERE}/organisations", limit=2)]
    keys = read_all(outsider, f"{HERE}/keys?organisation=o-powerco")

    assert names == sorted(names)
    assert {"o-powerco", "o-plasterco"} <= set(names)
    assert [key["roles"] for key in keys] == [["board", "finance", "operator", "signatory"]]
    assert outsider.get(f"{HERE}/organisations/o-powerco").json["roles"] == ["board"]


def test_a_grant_opens_one_agreement_and_its_use_is_recorded(settled: Website) -> None:
    auditor = settled.token("auditone", [Role.AUDITOR])
    before = auditor.get(f"{HERE}/agreements/a-pool").status_code
    give(settled, "g-one", "auditone", agreement="a-pool")

    after = {name: auditor.get(f"{HERE}/agreements/{name}").status_code for name in ("a-pool", "a-split")}

    readings = auditor.get(f"{HERE}/grants/g-one/readings").json["items"]
    assert (before, after) == (404, {"a-pool": 200, "a-split": 404})
    assert [one["organisation"] for one in readings] == ["o-auditone"]
    assert settled.token("powerco").get(f"{HERE}/grants/g-one/readings").status_code == 404


def test_entries_and_proofs_verify_offline(settled: Website) -> None:
    caller, key = settled.token("plasterco"), settled.network.keys.log_verifier.to_text()
    size = settled.count()
    old, new = (settled.network.log.read_entries(0, count) for count in (5, size))
    proof = caller.get(f"{HERE}/proofs/inclusion?index=3&size={size}").json
    wider = caller.get(f"{HERE}/proofs/consistency?first=5&second={size}").json
    roots = [compute_root(bytes.fromhex(entry.leaf_hash) for entry in entries) for entries in (old, new)]

    evidence = check_evidence(caller.get(f"{HERE}/entries/3/evidence").data, origin=LOG, log_key=key)

    assert evidence.entry.index == 3
    check_inclusion(bytes.fromhex(new[3].leaf_hash), 3, size, [bytes.fromhex(one) for one in proof["path"]], roots[1])
    check_consistency(5, roots[0], size, roots[1], [bytes.fromhex(one) for one in wider["path"]])
    assert proof["root"] == roots[1].hex()


def test_the_keys_of_a_network_are_those_of_its_founding(settled: Website) -> None:
    seen = settled.token("outsider").get(HERE).json

    assert seen["log_key"] == settled.network.keys.log_verifier.to_text()
    assert seen["founding"] == settled.network.log.read_entries(0, 1)[0].leaf_hash
    assert (seen["size"], seen["settings"]["currency"]) == (settled.count(), "EUR")


@pytest.mark.parametrize(("auditor", "withheld"), [("audittwo", 1), ("auditthree", 0)])
def test_an_auditors_file_verifies_and_holds_what_the_grant_opens(settled: Website, tmp_path: Path, auditor: str, withheld: int) -> None:
    give(settled, f"g-{auditor}", auditor, sealed=not withheld)
    caller = settled.token(auditor, [Role.AUDITOR])

    answer = caller.get(f"{HERE}/audit.zip")

    path = tmp_path / "audit.zip"
    path.write_bytes(answer.data)
    verdict = verify_audit_file(path, origin=LOG, log_key=settled.network.keys.log_verifier.to_text())
    assert (answer.status_code, answer.content_type) == (200, "application/zip")
    assert [one.index for one in verdict.completeness.withheld] == find_sealed(settled)[:withheld]
    assert verdict.exit_code == (3 if withheld else 0)
    assert recompute_audit_file(path).result == ("incomplete" if withheld else "ok")


def find_sealed(website: Website) -> Sequence[int]:
    return [entry.index for entry in website.network.log.list_entries(kinds=["costs.reported"])]


def test_a_member_that_is_no_auditor_gets_no_file(settled: Website) -> None:
    assert settled.token("powerco", [Role.BOARD]).get(f"{HERE}/audit.zip").status_code == 403


def test_standard_contracts_are_listed_shown_and_tried_out(settled: Website) -> None:
    caller = settled.token("outsider")
    listed = caller.get(f"{HERE}/templates").json["items"]
    whole = caller.get(f"{HERE}/templates/material-supply@1").json
    tried = caller.post(f"{HERE}/templates/material-supply@1/check", {"parameters": {"supplier": 7}}).json
    parameters = settled.token("powerco").get(f"{HERE}/agreements/a-pool").json["agreement"]["parameters"]

    good = caller.post(f"{HERE}/templates/material-supply@1/check", {"parameters": parameters}).json

    assert len(listed) == 4
    assert all(one["published"] for one in listed)
    assert whole["template"]["hash"] == next(one["hash"] for one in listed if one["template"] == "material-supply@1")
    assert len(tried["findings"]) > 5
    assert (good["findings"], "Powerco A/S" in good["text"]) == ([], True)


def test_a_draft_is_judged_as_it_stands_and_said_in_words(settled: Website) -> None:
    draft = {
        "kind": "delivery.disputed",
        "about": "delivery:d-1",
        "fields": {"quantity": "1.000", "reason": "the scale was off"},
    }

    side = settled.token("plasterco", [Role.OPERATOR]).post(f"{HERE}/drafts", draft).json
    stranger = settled.token("outsider", [Role.OPERATOR]).post(f"{HERE}/drafts", draft).json
    roleless = settled.token("plasterco").post(f"{HERE}/drafts", draft).json

    assert side["findings"] == []
    assert "1.000" in "\n".join(side["words"])
    assert stranger["findings"]
    assert [finding["code"] for finding in roleless["findings"]] == ["wrong-role"]


@pytest.mark.parametrize(
    ("kind", "about", "fields"),
    [
        ("allocation.proposed", "allocation:2025-01.equal.9", {
            "period": "2025-01", "rule": "equal", "method": "equal/1", "game": "realised-with-shut-down/1", "entries": 1,
            "inputs_hash": "0" * 64, "shares": [], "components": {},
        }),
        ("period.closed", "period:2025-01", {
            "period": "2025-01", "method": "period-close/1", "entries": 1, "inputs_hash": "0" * 64, "lines": [],
        }),
    ],
)  # fmt: skip
def test_a_draft_of_what_the_service_alone_says_tells_nobody_a_figure(
    settled: Website, kind: str, about: str, fields: dict[str, object]
) -> None:
    draft = {"kind": kind, "about": about, "fields": fields}
    roles = [role.value for role in Role]

    for name in ("outsider", "powerco", OPERATOR):
        tried = settled.token(name, [Role(role) for role in roles]).post(f"{HERE}/drafts", draft).json

        assert [finding["code"] for finding in tried["findings"]] == ["wrong-role"], tried
        assert "the service alone" in tried["findings"][0]["message"]
        assert "recomputed" not in json.dumps(tried)


def test_a_draft_about_what_others_have_is_answered_as_if_it_were_not_there(settled: Website) -> None:
    caller = settled.token("outsider", [Role.OPERATOR, Role.FINANCE, Role.SIGNATORY])
    reason = {"quantity": "1.000", "reason": "the scale was off"}
    drafts = [
        ("delivery.disputed", "delivery:{}", "d-1", reason),
        ("delivery.resolved", "delivery:{}", "d-1", reason),
        ("agreement.suspended", "agreement:{}", "a-pool", {"reason": "envy"}),
        ("agreement.resumed", "agreement:{}", "a-pool", {"reason": "envy"}),
        ("agreement.declined", "agreement:{}", "a-pool", {"reason": "envy"}),
    ]
    for kind, about, name, fields in drafts:
        there, nowhere = (
            caller.post(f"{HERE}/drafts", {"kind": kind, "about": about.format(one), "fields": fields}).json["findings"]
            for one in (name, "x-none")
        )

        assert nowhere
        assert json.dumps(there).replace(name, "x-none") == json.dumps(nowhere), kind


def test_a_confirmation_for_anothers_account_names_no_figure(settled: Website) -> None:
    caller = settled.token("outsider", [Role.FINANCE])

    def confirm(account: str) -> Any:
        fields = {"account": account, "payer": "o-powerco", "amount": 1, "paid_on": "2025-01-01"}
        return caller.post(f"{HERE}/drafts", {"kind": "payment.confirmed", "about": "payment:p-9", "fields": fields}).json["findings"]

    there, nowhere = confirm("2025-01.o-plasterco"), confirm("2025-01.o-nobody")

    assert [finding["code"] for finding in nowhere] == ["unknown-account"]
    assert json.dumps(there).replace("o-plasterco", "o-nobody") == json.dumps(nowhere)
