"""Reading text: NUL and halves of surrogate pairs are none; a query or form that holds them is refused by the name of its field."""

import pytest

from tests.webui.website import NETWORK, Website
from webui.access import CSRF_FIELD, CSRF_HEADER
from webui.reading_text import is_text


@pytest.mark.parametrize(("text", "wanted"), [("", True), ("a\nb\t\u202e", True), ("🙂", True), ("a\0", False), ("\ud800", False)])
def test_what_is_text(text: str, wanted: bool) -> None:  # noqa: FBT001 - of a table
    assert is_text(text) is wanted


def test_a_form_that_is_no_text_is_refused_by_the_names_of_its_fields_and_nothing_is_kept(shared_website: Website) -> None:
    caller, size = shared_website.session("powerco"), shared_website.count()
    fields = {CSRF_FIELD: caller.headers[CSRF_HEADER], "reason": "a\0b", "grant": "\0", "scope": "all"}

    answer = caller.client.post(f"/n/{NETWORK}/grants/give", data=fields, base_url="https://localhost")

    assert (answer.status_code, answer.mimetype, shared_website.count()) == (422, "text/html", size)
    assert "<strong>reason</strong>" in answer.text
    assert "<strong>grant</strong>" in answer.text
    assert "<strong>scope</strong>" not in answer.text
