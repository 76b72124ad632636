"""Invitations by people who mean ill: addresses with odd marks, names that would be headers or pages, and the mails that come of them."""

import re
from datetime import timedelta

import pytest

from tests.network import OPERATOR
from tests.site.hostile import HOSTILE, PLANTED, PRINTABLE, find_wrongs
from tests.site.hostile_entry import ODD_ADDRESSES
from tests.site.people.people import Town, Visitor
from tests.webui.website import NETWORK
from webui.people.persons import Person
from webui.people.tables import invitations, people

HERE = f"/n/{NETWORK}"
#: What would begin another header, another recipient or the body of a mail.
BREAKS = ("a\r\nBcc: eve@evil.example", "a\nSubject: x", "a\rb", "a\x0bb", "a\x85b", "a\u2028b", "a\r\n\r\n<html>")
#: None, two, or one that a mail server reads in its own way.
NO_ADDRESSES = (
    *(
        "a b@works.example",
        '"a b"@works.example',
        "a@works.example,eve@evil.example",
        "a@[127.0.0.1]",
        "é@works.example",
        "a@works.example>",
    ),
    *("<a@works.example>", "a@works", ".a@works.example", "a@-works.example", "x" * 65 + "@works.example"),
)


@pytest.fixture
def operator(town: Town) -> Person:
    """The facilitator's person, by a hostile name."""
    person = town.person(OPERATOR)
    with town.runtime.writing() as connection:
        connection.execute(people.update().where(people.c.id == person.id).values(name=PRINTABLE))
    return town.find(person.id)


def log_in(town: Town, operator: Person) -> Visitor:
    """Open a session of the facilitator, with the second factor that the role wants."""
    visitor = Visitor(town)
    town.set_up(operator)
    town.network.clock.advance(timedelta(seconds=60))
    visitor.log_in(operator.email)
    visitor.post("/login/factor", {"code": town.show_code(operator)}, page="/login/factor")
    return visitor


@pytest.mark.parametrize("address", ODD_ADDRESSES)
def test_an_odd_and_legal_address_gets_its_mail_and_no_other_header(town: Town, operator: Person, address: str) -> None:
    town.invite(operator, address)

    town.send()

    mail = town.sink.mails[0]
    assert [str(to) for to in mail.get_all("To", [])] == [address]
    assert sorted(mail.keys()) == sorted(set(mail.keys())), "no header twice"
    assert mail["Bcc"] is None


def test_a_hostile_name_stands_in_a_mail_as_plain_text(town: Town, operator: Person) -> None:
    town.invite(operator, "anna@cement.example", proposal={"name": PRINTABLE, "kind": "partner", "roles": []})

    town.send()

    mail = town.sink.mails[0]
    assert (mail.get_content_type(), mail.is_multipart()) == ("text/plain", False)
    assert PRINTABLE in mail.get_content()
    assert PLANTED[0] not in "".join(str(value) for value in mail.values())


@pytest.mark.parametrize("field", ["email", "name"])
def test_a_line_break_in_an_invitation_is_refused_beside_its_field_and_nothing_is_kept(town: Town, operator: Person, field: str) -> None:
    visitor = log_in(town, operator)
    fields = {"organisation": "new", "email": "anna@cement.example", "name": "Cement", "kind": "partner", "roles": "signatory"}

    for words in BREAKS:
        typed = f"{words}@cement.example" if field == "email" else words
        answer = visitor.post(f"{HERE}/people/invite", {**fields, field: typed}, page=f"{HERE}/people")

        assert (answer.status_code, count_invitations(town)) == (422, 0), typed
        assert re.search(rf'href="#[^"]*{field}"', answer.text), f"the summary leads to the field: {typed}"
        assert not find_wrongs(f"invite {typed}", answer)
    assert [mail["To"] for mail in town.sink.mails if "evil" in str(mail)] == []


def test_an_address_that_is_none_or_two_is_refused_and_what_was_typed_stays(town: Town, operator: Person) -> None:
    visitor = log_in(town, operator)
    fields = {"organisation": "new", "name": PRINTABLE, "kind": "partner", "roles": "signatory"}

    for address in NO_ADDRESSES:
        answer = visitor.post(f"{HERE}/people/invite", {**fields, "email": address}, page=f"{HERE}/people")

        assert (answer.status_code, count_invitations(town)) == (422, 0), address
        assert "&lt;script&gt;document" in answer.text, f"the other fields stay as they were typed: {address}"
        assert not find_wrongs(f"invite {address}", answer)


def test_hostile_words_of_who_joins_are_shown_and_do_nothing(town: Town, operator: Person) -> None:
    """What controls a terminal or turns the direction of reading is no name; all else is shown as it was written."""
    town.invite(operator, "anna@cement.example")
    town.send()
    joiner = Visitor(town)
    fields = {"code": town.sink.find_code("anna@cement.example"), "way": "password", "password": "a long password of anna"}

    refused = joiner.post("/join", {**fields, "name": HOSTILE}, page="/join")
    taken = joiner.post("/join", {**fields, "name": PRINTABLE}, page="/join")

    assert (refused.status_code, taken.status_code) == (422, 303)
    wrong = find_wrongs("refused", refused)
    for path in ("/join", "/account", "/account/factor"):
        wrong += find_wrongs(path, joiner.get(path))
    assert not wrong


def count_invitations(town: Town) -> int:
    """Count the invitations that are kept."""
    with town.runtime.reading() as connection:
        return len(connection.execute(invitations.select()).all())
