"""Pages of decisions: a review for its board alone, votes and interests with their faults, counts in words, minutes, the rulebook."""

import re

import pytest
from flask import Flask
from flask.ctx import RequestContext

from contracts.facts import Role
from contracts.governance.facts import Choice
from contracts.governance.rulebook import read_rules
from contracts.governance.tally import Seat, Tally
from contracts.views import governance
from tests.contracts.governance.building import some_rules
from tests.contracts.views.played import look
from tests.network import OPERATOR
from tests.site.agreements.desk import Desk, read_faults, read_signed
from tests.site.live_site import LiveSite
from tests.site.settlement.reading import read_form_with, read_text, read_workbook
from webui.pages.governance_words import word_matter, word_rulebook, word_tally


def count(votes: tuple[int, int, int], *, seats: int = 5, recused: int = 0, call: int = 1, **rules: object) -> Tally:
    """Make a count of votes for, against and abstained."""
    chair = rules.pop("vote_of_chair", None)
    wait = tuple(Seat("o-waiting", f"h-waiting{number}") for number in range(seats - recused - sum(votes)))
    return Tally(read_rules(some_rules(**rules)), call, seats, recused, *votes, wait, (), chair if isinstance(chair, Choice) else None)


@pytest.mark.parametrize("by", ["outsider", OPERATOR, "auditco"])
def test_a_review_is_for_its_board_and_for_readers_by_grant(played_site: LiveSite, by: str) -> None:
    desk = Desk(played_site, by)

    page, listed = desk.get("/reviews/rv-open"), desk.get("/reviews")

    reads = by == "auditco"
    assert page.status_code == (200 if reads else 404)
    assert ("rv-open" in listed.text) is reads
    assert desk.post("/reviews/rv-open/vote", {"choice": "for"}).status_code == (422 if reads else 404)


def test_a_review_says_what_is_decided_who_gains_and_how_it_stands(played_site: LiveSite) -> None:
    text = read_text(Desk(played_site, "plasterco").get("/reviews/rv-open"))

    assert "Review: Allocation of February 2025, Shapley value open" in text
    assert "Shall what the pool saved in February be shared anew" in text
    assert "Last period: January 2025, as the board adopted it." in text
    assert "3 seats, 1 of them recused, which leaves 2." in text
    assert "Quorum: 50 % of 2 = 1; votes needed: 1, cast: 1, so it is reached." in text
    assert "Not yet voted: Plasterco A/S" in text
    assert "No delivery is in dispute." in text
    assert "the rule that we know" in text


def test_each_seat_is_offered_what_it_may_do(played_site: LiveSite) -> None:
    pages = {by: Desk(played_site, by).get("/reviews/rv-open").text for by in ("powerco", "plasterco", "pharma")}

    offered = {by: set(re.findall(r'action="/n/kalundborg/reviews/rv-open/(\w+)"', text)) for by, text in pages.items()}
    assert offered == {"powerco": {"vote"}, "plasterco": {"vote", "interest"}, "pharma": set()}
    assert "You voted:" in pages["powerco"]
    assert "You declared a specific interest and are recused" in pages["pharma"]


def test_a_vote_goes_on_to_be_signed_with_its_reason_and_comes_back_with_it(played_site: LiveSite) -> None:
    desk = Desk(played_site, "plasterco")

    signed = read_signed(desk.post("/reviews/rv-open/vote", {"choice": "against", "reason": "too little\r\nfor us"}))
    back = desk.post("/reviews/rv-open/vote", {"choice": "against", "reason": "too little for us", "edit": "1"})

    assert (signed["said"], signed["about"], signed["choice"]) == ("vote.cast", "review:rv-open", "against")
    assert signed["reason"] == "too little\nfor us"
    assert ">too little for us</textarea>" in back.text


def test_what_the_log_would_refuse_is_said_above_the_vote(played_site: LiveSite) -> None:
    recused = Desk(played_site, "pharma").post("/reviews/rv-open/vote", {"choice": "for"})
    unknown = Desk(played_site, "plasterco").post("/reviews/rv-open/vote", {"choice": "maybe"})
    late = Desk(played_site, "powerco").post("/reviews/rv-open/interest", {"interest": "none"})

    assert {one.status_code for one in (recused, unknown, late)} == {422}
    assert "is recused, which is not an abstention" in read_text(recused)
    assert "has voted: interests are declared before" in read_text(late)


def test_a_review_is_opened_of_an_entry_with_all_faults_beside_their_fields(played_site: LiveSite) -> None:
    desk = Desk(played_site, "powerco")
    entry = played_site.network.log.list_entries(kinds=["allocation.proposed"])[0].index
    path = f"/reviews/new/{entry}"
    fields = read_form_with(desk.get(path), "question")

    good = read_signed(desk.post(path, fields))
    bad = desk.post(path, fields | {"question": "", "closes_at": "yesterday"})

    assert (good["said"], good["index"], good["question"]) == ("review.opened", entry, fields["question"])
    assert good["matter"].startswith("allocation:2025-01.shapley.")
    assert read_faults(bad) == {"question", "closes_at"}
    assert desk.get("/reviews/new/999999").status_code == 404


def test_a_resolution_waits_for_who_has_not_voted(played_site: LiveSite) -> None:
    answer = Desk(played_site, "powerco").get("/reviews/rv-open/resolution")

    assert answer.status_code == 409
    assert "unless these vote before" in answer.text


def test_minutes_show_the_dissent_to_all_and_the_roll_call_to_the_board(played_site: LiveSite) -> None:
    board, member = (read_text(Desk(played_site, by).get("/resolutions/R-2025-01")) for by in ("pharma", "outsider"))

    for text in (board, member):
        assert "Resolution R-2025-01" in text
        assert "too little for us Plasterco A/S" in text
    assert "Plasterco A/S h-plasterco00001 general Against" in board
    assert "Roll call" not in member
    assert "Who voted how is for the board to read." in member
    assert "Chair" in board


def test_the_register_is_exported_as_the_view_has_it(played_site: LiveSite) -> None:
    rows = read_workbook(Desk(played_site, "outsider").get("/resolutions?format=xlsx"))

    with played_site.network.connect() as connection:
        found = governance.list_resolutions(look(played_site.network, connection, "outsider", Role.BOARD), after=-1, limit=100, down=True)
    heads = rows[0]
    columns = [heads.index(name) for name in ("Number", "For", "Against", "Abstained", "Recused")]
    wanted = [(one.number, one.votes_for, one.votes_against, one.abstentions, one.recused) for one in found]
    assert [tuple(row[column] for column in columns) for row in rows[1:]] == wanted


def test_the_rulebook_stands_in_words_with_its_seats(played_site: LiveSite) -> None:
    text = read_text(Desk(played_site, "outsider").get("/rulebook"))

    assert "Rulebook first in force" in text
    assert "It needs the votes of at least 50 % of the seats" in text
    assert "1 % pays the operator and 0.5 % is kept" in text
    assert "Pharma A/S h-pharma00001" in text


@pytest.mark.parametrize(
    ("tally", "words"),
    [
        (count((2, 1, 1)), "2 for, 1 against; 1 abstention, which counts for the quorum and not for the majority."),
        (count((1, 0, 0)), "Quorum: 50 % of 5 = 2.5; votes needed: 3, cast: 1, so it is not reached."),
        (count((1, 0, 0)), "Without a quorum nothing is decided, whatever the votes."),
        (count((1, 1, 0), recused=2), "5 seats, 2 of them recused, which leaves 3."),
        (count((2, 2, 0)), "A tie, which rejects."),
        (count((2, 2, 0), tie="chair", chair="h-aspen00001", vote_of_chair=Choice.FOR), "A tie: the chair's own vote decides."),
        (count((3, 2, 0), majority="two_thirds"), "Two-thirds majority: 2/3 of 5 votes for and against = at least 4; 3 are for it."),
        (count((3, 0, 0), majority="absolute"), "Absolute majority: more than half of 5 seats, so at least 3; 3 are for it."),
        (count((3, 1, 0), majority="unanimous"), "Unanimity: somebody for, nobody against; 1 are against."),
        (
            count((1, 0, 0), call=2, second_call_percent=20),
            "Quorum of the second call: 20 % of 5 = 1; votes needed: 1, cast: 1, so it is reached.",
        ),
    ],
)
def test_a_count_is_said_in_words(played_site: LiveSite, tally: Tally, words: str) -> None:
    with in_a_request(played_site.website.app):
        said = word_tally(tally)

    assert words in said


def test_a_rulebook_says_its_second_call_and_its_chair(played_site: LiveSite) -> None:
    rules = some_rules(second_call_percent=20, tie="chair", chair="h-aspen00001", seats_per_organisation=2)
    with in_a_request(played_site.website.app):
        said = " ".join(word_rulebook(read_rules(rules)))

    assert "when it is called again, 20 % suffice" in said
    assert "The chair, h-aspen00001, breaks a tie." in said
    assert "up to 2 for each organisation" in said


@pytest.mark.parametrize(
    ("matter", "words"),
    [
        ("allocation:2025-02.equal.75", "Allocation of February 2025, equal parts"),
        ("allocation:of-our-own", "Allocation of-our-own"),
        ("statement:" + "a" * 64, "Statement aaaaaaaaaaaa…"),
        ("rulebook:second", "Rulebook second"),
        ("grant:g-1", "grant:g-1"),
    ],
)
def test_a_matter_is_said_in_words(played_site: LiveSite, matter: str, words: str) -> None:
    with in_a_request(played_site.website.app):
        assert word_matter(matter) == words


def in_a_request(app: Flask) -> RequestContext:
    """Give what the words of pages need: a request, whose reader reads English."""
    return app.test_request_context("/", headers={"Accept-Language": "en"})
