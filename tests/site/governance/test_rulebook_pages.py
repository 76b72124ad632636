"""The rulebook's forms: the first one by the facilitator, a changed one by way of the board, just as it was proposed."""

import json

from playwright.sync_api import expect

from contracts.governance.facts import Choice, Interest, InterestDeclared, ReviewOpened, RulebookAdopted, VoteCast
from contracts.governance.rulebook import hash_rules
from tests.contracts.governance.building import seat_board, some_rules
from tests.network import OPERATOR
from tests.site.agreements.desk import Desk, read_faults, read_signed
from tests.site.live_site import LiveSite
from tests.site.settlement.reading import read_form_with, read_text
from tests.site.signing.acting import bring_key, press_sign

FORM = "/rulebook/new"
FILLED = {"rulebook": "second", "rules.quorum_percent": "60", "rules.fee_permille": "15"}


def test_the_facilitator_adopts_the_first_rulebook_and_sees_it_in_words(site: LiveSite) -> None:
    with site.visit(OPERATOR) as page:
        bring_key(site, page)
        page.goto(site.path("/rulebook"))
        page.get_by_role("link", name="Adopt the first rulebook").click()
        page.get_by_label("Name of the rulebook").fill("first")
        page.get_by_label("Majority").select_option("two_thirds")
        page.get_by_label("A tie").select_option("rejects")
        page.get_by_label("Rule of sharing").select_option("shapley")
        page.get_by_role("button", name="Check and go on to sign").click()
        press_sign(page)
        page.wait_for_url("**/rulebook?entry=*")

        expect(page.get_by_text("at least two thirds of the votes for and against")).to_be_visible()
        expect(page.get_by_role("heading", name="Rulebook first")).to_contain_text("in force")


def test_faults_of_a_rulebook_stand_beside_their_fields(played_site: LiveSite) -> None:
    desk = Desk(played_site, "powerco")
    form = read_form_with(desk.get(FORM), "rules.quorum_percent")

    answer = desk.post(
        FORM, form | {"rulebook": "third", "rules.quorum_percent": "101", "rules.tie": "chair", "rules.fee_permille": "999.5"}
    )

    assert answer.status_code == 422
    assert read_faults(answer) == {"rules.quorum_percent", "rules.chair", "rules.fee_permille"}


def test_a_changed_rulebook_is_adopted_just_as_it_was_proposed(site: LiveSite) -> None:
    board = seat_board(site.network, 3, review_days=0)
    network, desk = site.network, Desk(site, board.names[0])
    form = read_form_with(desk.get(FORM), "rules.quorum_percent")
    proposed = read_signed(desk.post(FORM, form | FILLED))
    rules = json.loads(proposed["question"].rpartition("\n")[2])
    under_review = proposed["matter"], proposed["index"], proposed["statement"], proposed["question"]
    opened = ReviewOpened("rulebook-second", *under_review, board.a_review(days=1).closes_at)
    network.accept(opened, by=board.names[0])
    for name in board.names:
        network.accept(InterestDeclared("rulebook-second", Interest.NONE, None), by=name)
        network.accept(VoteCast("rulebook-second", Choice.FOR, None), by=name)
    resolution = board.draft("rulebook-second")
    receipt = network.accept(resolution, by=board.names[0])

    page = desk.get(f"/resolutions/{resolution.number}")
    signed = read_signed(desk.get(f"/rulebook/adopt/{resolution.number}"))

    assert rules == some_rules(quorum_percent=60, fee_permille=15, review_days=0)
    assert "Put the rulebook in force" in page.text
    assert (signed["about"], signed["rules"], signed["hash"]) == ("rulebook:second", rules, hash_rules(rules))
    network.accept(RulebookAdopted("second", signed["hash"], signed["rules"]), by=board.names[1], refs=signed["refs"])
    assert signed["refs"] == [receipt.statement_hash]
    assert "Rulebook second in force" in read_text(desk.get("/rulebook"))
    assert "Put the rulebook in force" not in desk.get(f"/resolutions/{resolution.number}").text


def test_a_resolution_about_something_else_puts_no_rulebook_in_force(played_site: LiveSite) -> None:
    assert Desk(played_site, "powerco").get("/rulebook/adopt/R-2025-01").status_code == 404


def test_a_member_without_a_seat_is_told_that_it_proposes_nothing(played_site: LiveSite) -> None:
    desk = Desk(played_site, "outsider")
    form = read_form_with(desk.get(FORM), "rules.quorum_percent")

    answer = desk.post(FORM, form | {"rulebook": "third"})

    assert answer.status_code == 422
    assert "a key with one of these roles may say this: board, facilitator" in read_text(answer)
    assert "/rulebook/new" not in desk.get("/rulebook").text
