"""The main job over HTTP, with keys that only their holders have: what each step left behind, and every cent by a second way."""

from collections import Counter, defaultdict
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from tests.journey.cast import BOARD, OPERATOR, SCALE, name_id
from tests.journey.client import Client
from tests.journey.story import ASH, GYPSUM, PRICES, RECEIVERS, STEAM, Story

CENT = Decimal("0.01")


def see_accounts(story: Story) -> list[Any]:
    """The auditor's list of all statements of account."""
    return list(story.cast["auditco"].client.list_all("/accounts", limit=2, period=story.month.name))


def price_deliveries(story: Story) -> dict[tuple[str, str], int]:
    """Price every settled delivery of the auditor's list by the prices written in the test: cents by organisation and agreement."""
    owed: dict[tuple[str, str], int] = defaultdict(int)
    for one in story.cast["auditco"].client.list_all("/deliveries", limit=2, period=story.month.name):
        if one["settled"] is not None:
            cents = int((Decimal(one["settled"]) * PRICES[one["agreement"]]).quantize(CENT, ROUND_HALF_EVEN) * 100)
            owed[name_id("powerco"), one["agreement"]] += cents
            owed[name_id(RECEIVERS[one["agreement"]]), one["agreement"]] -= cents
    return dict(owed)


def test_a_countered_offer_binds_by_its_answer_alone(story: Story) -> None:
    seen = story.cast["plasterco"].client.read(f"/agreements/{GYPSUM}")

    assert seen["agreement"]["state"] == "in_force"
    assert [version["offered_by"] for version in seen["versions"]] == [name_id("powerco"), name_id("plasterco")]
    [change] = seen["versions"][1]["changes"]
    assert {"13.10", "12.40"} <= set(change.values())
    assert story.refusals["signed the old offer"] == {("statement.refs.0", "stale-offer")}


def test_a_declined_offer_stays_declined_beside_the_one_that_was_signed(story: Story) -> None:
    pharma = story.cast["pharma"].client

    states = {one["agreement"]: one["state"] for one in pharma.list_all("/agreements", limit=1)}

    assert states == {"a-dear": "declined", ASH: "in_force"}


def test_a_load_outside_the_tolerance_was_in_dispute_until_both_named_one_figure(story: Story) -> None:
    before, after = story.receipts["dispute"], story.cast["plasterco"].client.read("/deliveries/d-2")

    assert (before["delivery"]["state"], before["delivery"]["settled"]) == ("disputed", None)
    assert (after["delivery"]["state"], after["delivery"]["settled"]) == ("settled", "24.07")
    assert after["delivery"]["settled_by"] == "resolution"


def test_a_correction_reverses_and_replaces_and_edits_nothing(story: Story) -> None:
    found = {one["delivery"]: one for one in story.cast["plasterco"].client.list_all("/deliveries", agreement=GYPSUM)}

    assert {name: one["settled"] for name, one in found.items() if name.startswith("d-3")} == {
        "d-3": "20.00",
        "d-3.reversal": "-20.00",
        "d-3b": "19.37",
    }
    assert found["d-3"]["state"] == "reversed"


def test_a_metered_day_shows_its_intervals(story: Story) -> None:
    seen = story.cast["plasterco"].client.read("/deliveries/m-1")

    assert seen["delivery"]["settled"] == "147.24"
    assert sum(Decimal(quantity) for _, quantity, _ in seen["readings"]) == Decimal("147.24")


def test_a_revoked_key_says_nothing_more(story: Story) -> None:
    assert story.refusals["said by a revoked key"] == {("statement.key", "revoked-key")}
    assert story.cast[SCALE].client.ask("GET", "/networks").status == 401  # with the key its holder's token ended
    assert story.cast["auditco"].client.ask("GET", "/networks/kalundborg/deliveries/d-5").status == 404


def test_sealed_costs_are_for_their_owner_and_the_auditor(story: Story) -> None:
    index = story.receipts["costs"]["index"]

    readable = {
        name: story.cast[name].client.read(f"/entries/{index}")["readable"] for name in ("plasterco", "auditco", "powerco", OPERATOR)
    }

    assert readable == {"plasterco": True, "auditco": True, "powerco": False, OPERATOR: False}


def test_before_its_grant_the_auditor_reads_what_every_member_reads_and_no_more(story: Story) -> None:
    readable = Counter(story.receipts["before the grant"])

    assert readable[False] > 30
    assert all(one["readable"] for one in story.cast["auditco"].client.list_all("/entries"))


def test_what_the_auditor_read_is_on_record_for_the_operator(story: Story) -> None:
    record = story.cast[OPERATOR].client.read("/grants/g-1/readings")

    assert story.receipts["costs"]["index"] in {one["entry"] for one in record["items"]}


def test_accounts_reconcile_to_the_delivery_list_times_the_agreed_prices(story: Story) -> None:
    stated: dict[tuple[str, str], int] = defaultdict(int)
    for account in see_accounts(story):
        for line in account["lines"]:
            if line["kind"] == "price":
                stated[account["organisation"], line["agreement"]] += line["amount"]

    assert dict(stated) == price_deliveries(story)
    assert {agreement for _, agreement in stated} == {GYPSUM, ASH, STEAM}


def test_transfers_and_accounts_sum_to_zero_to_the_cent(story: Story) -> None:
    accounts = see_accounts(story)
    transfers = [line["amount"] for one in accounts for line in one["lines"] if line["kind"] == "transfer"]

    assert len(transfers) == len(BOARD)
    assert all(transfers)
    assert sum(transfers) == 0
    assert sum(one["total"] for one in accounts) == 0
    assert [one["total"] for one in accounts] == [sum(line["amount"] for line in one["lines"]) for one in accounts]


def test_payments_clear_every_account_and_each_has_its_counterpart(story: Story) -> None:
    accounts = see_accounts(story)
    paid = Counter((one["organisation"], due["counterparty"], due["amount"]) for one in accounts for due in one["payments"])

    assert paid == Counter((payer, payee, -amount) for payee, payer, amount in paid)
    assert {one["organisation"]: sum(due["amount"] for due in one["payments"]) for one in accounts} == {
        one["organisation"]: one["total"] for one in accounts
    }


def test_the_allocation_splits_just_what_the_pool_saved(story: Story) -> None:
    auditor = story.cast["auditco"].client
    savings = auditor.read(f"/periods/{story.month.name}/savings")
    [allocation] = auditor.list_all("/allocations", period=story.month.name)

    pooled = [line for line in savings["lines"] if line["agreement"] != STEAM]

    # 68.80 t of gypsum and 9.50 t of ash save 38.00 of disposal and 22.00 of buying a tonne, less 131.46 and 20.50 of costs.
    assert sum(line["saving"] for line in pooled) == (6_880 + 950) * 60 - 13_146 - 2_050
    assert sum(share["allocated"] for share in allocation["shares"]) == sum(line["saving"] for line in pooled)
    assert allocation["adopted"]


def test_a_member_sees_its_own_share_and_account_only(story: Story) -> None:
    lab, pharma = story.cast["lab"].client, story.cast["pharma"].client

    assert list(lab.list_all("/accounts")) == []
    assert {one["organisation"] for one in pharma.list_all("/accounts")} == {name_id("pharma")}
    assert lab.ask("GET", "/networks/kalundborg/audit.zip").status == 403


def test_the_dissent_is_printed_in_the_resolution(story: Story) -> None:
    [resolution] = story.cast["lab"].client.list_all("/resolutions")

    assert (resolution["outcome"], resolution["votes_for"], resolution["votes_against"]) == ("adopted", 2, 1)
    assert [dissent["statement"] for dissent in resolution["dissents"]] == ["ash is worth more"]


def test_the_payee_alone_confirmed_what_was_due(story: Story) -> None:
    [payment] = story.cast["auditco"].client.list_all("/payments")

    assert payment["entry"] == story.receipts["payment"]["index"]
    assert payment["payee"] == name_id("powerco")
    assert story.refusals["confirmed another amount"] == {("amount", "not-due")}


def test_the_same_bytes_sent_again_give_the_same_receipt(story: Story) -> None:
    for signer in story.cast.signers.values():
        if signer.sent and signer is not story.cast[SCALE]:
            first = signer.sent[0]
            entered = signer.client.get(f"/statements/{first.signed.hash}")["receipt"]

            again = signer.client.ask("POST", "/statements", first.to_json())

            assert again.status == 200
            assert again.json["receipt"]["index"] == entered["index"]
            assert again.json["receipt"]["state"] == "published"


def test_a_stranger_without_a_token_reads_nothing_of_the_network(story: Story) -> None:
    stranger = Client(story.cast.deployment.address)

    statuses = {path: stranger.ask("GET", path).status for path in ("/networks", "/networks/kalundborg", "/networks/kalundborg/entries")}

    assert set(statuses.values()) == {401}
