"""People of a test network: members as the site knows them, authenticators, and the steps that tests take again and again."""

from typing import Any

from tests.site.people.mail_sink import MailSink
from tests.webui.website import NETWORK, Website
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
