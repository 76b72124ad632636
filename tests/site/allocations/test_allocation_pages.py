"""Pages of allocations: all shares for the board, one's own for members, the core in words, and every amount's way down."""

import re
from decimal import Decimal

import pytest

from contracts.facts import Role
from contracts.views import allocations
from tests.contracts.views.played import look
from tests.network import OPERATOR
from tests.site.agreements.desk import Desk
from tests.site.live_site import LiveSite
from tests.site.settlement.reading import read_text, read_workbook


def find_first(site: LiveSite, period: str = "2025-01") -> str:
    """Find the allocation that was proposed first for a period."""
    with site.network.connect() as connection:
        return allocations.list_allocations(look(site.network, connection, "powerco"), period=period, after=-1, limit=1)[0].allocation


def test_the_board_sees_all_shares_the_core_and_why_each(played_site: LiveSite) -> None:
    text = read_text(Desk(played_site, "powerco").get(f"/allocations/{find_first(played_site)}"))

    assert "adopted" in text
    assert "Pharma A/S -€11,666.67" in text
    assert "No. No group of them would have had more by keeping to itself" in text
    assert "each is allocated less than it would have saved with nobody else" in text
    assert "Each gets what it adds to the savings on average" in text
    assert "shapley/1 · realised-with-shut-down/1" in text
    assert "Rules side by side" in text


def test_who_would_be_better_off_leaving_is_named(played_site: LiveSite) -> None:
    text = read_text(Desk(played_site, "powerco").get(f"/allocations/{find_first(played_site, '2025-02')}"))

    assert re.search(r"Yes: .*Powerco A/S.* would have €[0-9,.]+ more together by keeping to themselves", text)


@pytest.mark.parametrize("by", ["outsider", OPERATOR])
def test_who_has_no_share_sees_the_totals_alone(played_site: LiveSite, by: str) -> None:
    answer = Desk(played_site, by).get(f"/allocations/{find_first(played_site)}")

    assert "-€20,735.19" in answer.text
    assert "-€11,666.67" not in answer.text
    assert "Who has no share in it sees the totals alone." in answer.text


def test_a_review_is_opened_by_the_board_and_by_nobody_else(played_site: LiveSite) -> None:
    path = f"/allocations/{find_first(played_site)}"

    texts = {by: read_text(Desk(played_site, by).get(path)) for by in ("plasterco", "outsider")}

    assert "The board has adopted it" in texts["plasterco"]
    assert "Decided by R-2025-01" in texts["outsider"]


def test_shares_lead_to_their_derivation_and_others_are_not_found(played_site: LiveSite) -> None:
    allocation, mine = find_first(played_site), played_site.network.id("plasterco")
    path = f"/why/shares/{allocation}/{mine}"

    own, others = Desk(played_site, "plasterco").get(path), Desk(played_site, "outsider").get(path)

    assert "Why €975.07?" in read_text(own)
    assert "-10,367.595 EUR (exact share)" in read_text(own)
    assert others.status_code == 404


def test_the_export_is_the_views_rows(played_site: LiveSite) -> None:
    rows = read_workbook(Desk(played_site, "powerco").get("/allocations?format=xlsx"))

    with played_site.network.connect() as connection:
        found = allocations.list_allocations(look(played_site.network, connection, "powerco", Role.BOARD), period=None, after=-1, limit=100)
    shared = rows[0].index("Shared")
    assert [Decimal(str(row[shared])) for row in rows[1:]] == [Decimal(one.total or 0) / 100 for one in reversed(found)]
