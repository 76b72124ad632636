"""What a query string asks for and a list cannot show: said in the reader's words, with a way back to the list."""

import re
from pathlib import Path

import pytest

from contracts.views import reminders
from tests.site.deliveries.trading import Reader
from tests.site.live_site import LiveSite
from tests.webui.website import NETWORK
from webui.pages.home import TASKS
from webui.pages.languages import read_month


@pytest.mark.parametrize("text", ["2025-03", "2025-3", "3/2025", "03.2025", "2025/03"])
def test_a_month_is_read_as_it_is_written_where_a_browser_has_no_picker(text: str) -> None:
    assert read_month(text) == "2025-03"


@pytest.mark.parametrize("text", ["", "March", "2025", "25-03"])
def test_what_is_no_month_is_left_to_be_refused(text: str) -> None:
    assert read_month(text) == text


def test_a_filter_that_fits_nothing_leads_back_to_the_list(shared_site: LiveSite) -> None:
    reader = Reader(shared_site, "plasterco")

    refused = reader.get("/deliveries?period=M%C3%A4rz")
    taken = reader.get("/deliveries?period=3/2025")

    assert (refused.status_code, taken.status_code) == (422, 200)
    assert "Period</strong>: “März” is no value of this filter" in refused.text
    assert f'href="/n/{NETWORK}/deliveries"' in refused.text
    assert 'value="2025-03"' in taken.text


def test_what_waits_in_a_network_has_words_for_its_facilitator() -> None:
    source = Path(reminders.__file__).read_text("utf-8")

    kinds = set(re.findall(r'"((?:offer|delivery|review)-[a-z-]+)"', source))

    assert len(kinds) == 4
    assert kinds <= set(TASKS)
