"""A real SMTP server on loopback: it takes mail, refuses addresses as a test wants, and can be shut and opened again on its port."""

import re
import socket
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope


class Keeper:
    """What aiosmtpd asks about each recipient and each mail."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answers: dict[str, list[str]] = {}  #: by recipient: what is said to the next tries; then it is taken
        self.after_data: list[str] = []  #: what is said to the next mails once their data came
        self.dying_at = ""  #: the recipient at whom the server goes down, in the middle of its connection
        self.die: Any = lambda: None  #: shuts the door to new connections

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a recipient, or not."""
        if address == self.dying_at:
            self.die()
            return "421 going down"
        if self.answers.get(address):
            return self.answers[address].pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep a mail."""
        if self.after_data:
            return self.after_data.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        return "250 taken"


class MailSink:
    """The server; `url` is what SYMBIOSIS_SMTP_URL names."""

    def __init__(self, **options: Any) -> None:
        self.keeper = Keeper()
        self.options = options
        self.user = ""
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self.controller = self._make()

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"smtp://{self.user}127.0.0.1:{self.port}"

    @property
    def mails(self) -> list[EmailMessage]:
        """What arrived."""
        return self.keeper.mails

    def find_code(self, recipient: str) -> str:
        """Find the code in the newest mail to somebody."""
        text = str(next(mail for mail in reversed(self.mails) if mail["To"] == recipient).get_content()).replace("\r\n", "\n")
        found = re.search(r"^([0-9A-Z]{5}(-[0-9A-Z]{5}){3})$", text, re.MULTILINE)
        assert found, text
        return found[1]

    def await_mail(self, recipient: str) -> EmailMessage:
        """Wait for a mail to somebody, which leaves a moment after the request; gives the newest."""
        for _try in range(100):
            for mail in reversed(self.mails):
                if mail["To"] == recipient:
                    return mail  # type: ignore[no-any-return]  # the header's type is unknown
            time.sleep(0.1)
        pytest.fail(f"no mail came to {recipient}")

    def shut(self) -> None:
        """Shut the server; nobody answers on its port."""
        self.controller.stop()

    def open_again(self) -> None:
        """Open it on the same port."""
        self.controller = self._make()

    def _make(self) -> Controller:
        controller = Controller(self.keeper, hostname="127.0.0.1", port=self.port, **self.options)
        controller.start()
        if controller.server is not None:
            self.keeper.die = controller.server.close
        return controller


def check_password(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    """Let in whoever knows the password."""
    return AuthResult(success=data.password == b"s3cret pass", handled=False)
