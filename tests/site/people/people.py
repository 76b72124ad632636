"""People of a test network: members as the site knows them, authenticators, and the steps that tests take again and again."""

import re
import time
from typing import Any

from werkzeug.test import TestResponse

from tests.site.people.mail_sink import MailSink
from tests.webui.website import NETWORK, PASSWORD, Website
from webui.access import Member, read_members
from webui.people.factors import begin_totp, confirm_totp
from webui.people.invitations import InvitationOrder, Invited, invite_person
from webui.people.persons import Person, find_person
from webui.people.smtp import send_due
from webui.people.totp import count_step, make_password

HERE = "127.0.0.1"


class Town(Website):
    """A website whose people are handled below its pages."""

    sink: MailSink

    def person(self, by: str, email: str | None = None) -> Person:
        """Give the person behind a key, who may log in."""
        number = self.add_login(by, email or f"{by.replace('/', '.')}@example.org")
        return self.find(number)

    def find(self, number: int) -> Person:
        """Read a person."""
        with self.runtime.reading() as connection:
            found = find_person(connection, number)
        assert found is not None
        return found

    def member(self, person: Person) -> Member:
        """Give for whom a person reads."""
        return next(one for one in read_members(self.runtime, person) if one.network == NETWORK)

    def send(self) -> int:
        """Send what is due."""
        return send_due(self.runtime)

    def await_mails(self, count: int) -> list[str]:
        """Wait until some mails have arrived, which the request's own thread sends; gives their subjects."""
        for _try in range(100):
            if len(self.sink.mails) >= count:
                break
            time.sleep(0.1)
        return [str(mail["Subject"]) for mail in self.sink.mails]

    def show_code(self, person: Person) -> str:
        """Give what a person's authenticator shows now."""
        return make_password(self.secrets[person.id], count_step(self.runtime.clock.now()))

    def set_up(self, person: Person) -> list[str]:
        """Set up an authenticator for a person; gives the recovery codes."""
        now = self.runtime.clock.now()
        with self.runtime.writing() as connection:
            self.secrets[person.id] = begin_totp(connection, self.runtime.settings, person.id, now)
        return confirm_totp(self.runtime, person, self.show_code(person), HERE)

    @property
    def secrets(self) -> dict[int, bytes]:
        """What authenticators know, by person."""
        kept: dict[int, bytes] = self.__dict__.setdefault("_secrets", {})
        return kept

    def invite(self, inviter: Person, email: str, **changes: Any) -> Invited:
        """Invite somebody; a new organisation if nothing else is said."""
        proposal = {"name": "Cement Works", "kind": "partner", "roles": []}
        values = {"roles": ["signatory"], "organisation": None, "proposal": proposal} | changes
        if values["organisation"] is not None:
            values["proposal"] = {}
        return invite_person(self.runtime, self.member(inviter), inviter, InvitationOrder(email, **values))


class Visitor:
    """Somebody with a browser that runs no scripts: forms carry the token of the page that they stand on."""

    def __init__(self, town: Town) -> None:
        self.client = town.app.test_client()

    def get(self, path: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path, base_url="https://localhost", headers={"Accept": "text/html"})

    def post(self, path: str, data: dict[str, Any], *, page: str = "/login") -> TestResponse:
        """Send a form; `page` is the one that it stands on."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page).text)
        assert found, page
        return self.client.post(path, data={"csrf_token": found[1], **data}, base_url="https://localhost")

    def log_in(self, email: str, password: str = PASSWORD, **more: str) -> TestResponse:
        """Send address and password."""
        return self.post("/login", {"email": email, "password": password, **more})

    @property
    def cookie(self) -> str:
        """The session's cookie."""
        found = self.client.get_cookie("symbiosis_session")
        return found.value if found else ""
