"""Handing mail over: SMTP through the standard library, one recipient a mail, so that each has a status of its own."""

import logging
import smtplib
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from webui.mail_server import MailServer
from webui.people.mail import Outgoing, claim_mails, forget_old_mails, keep_failed, keep_refused, keep_sent
from webui.runtime import Runtime

SECONDS = 20  #: that one answer of the server may take
FOR_GOOD = 500  #: replies from here on will be the same next time (RFC 5321 section 4.2.1)
_log = logging.getLogger("symbiosis.mail")


class Unprotected(Exception):
    """The server offers no encryption, and a password would travel in clear."""


def send_due(runtime: Runtime) -> int:
    """Send the mails that are due; gives how many the server took. A mail that fails holds up no other."""
    server, now = runtime.settings.mail_server, runtime.clock.now()
    with runtime.writing() as connection:
        forget_old_mails(connection, now)
        due = claim_mails(connection, runtime.settings, now) if server else []
    if server is None or not due:
        return 0
    # A crash from here on: the claims end after some minutes, and what was not noted as sent is sent once more.
    try:
        with open_server(server) as connected:
            return sum(send_one(runtime, connected, one) for one in due)
    except (OSError, smtplib.SMTPException, Unprotected) as error:
        _log.warning("the mail server cannot be used: %s", describe_error(error))
        with runtime.writing() as connection:
            for one in due:
                keep_failed(connection, one.mail, describe_error(error), now)
        return 0


def send_one(runtime: Runtime, connected: smtplib.SMTP, outgoing: Outgoing) -> bool:
    """Hand one mail over and note what the server said."""
    mail, now = outgoing.mail, runtime.clock.now()
    message = compose_message(outgoing, runtime.settings.mail_from, now)
    try:
        connected.send_message(message, runtime.settings.mail_from, [mail.recipient])
    except (OSError, smtplib.SMTPException) as error:
        words = describe_error(error)
        with runtime.writing() as connection:
            if is_final(error):
                keep_refused(connection, mail.id, words)
            else:
                keep_failed(connection, mail, words, now)
        if isinstance(error, smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused):
            return False  # the connection still stands
        reconnect(runtime, connected)
        return False
    with runtime.writing() as connection:
        keep_sent(connection, mail.id, "taken by the mail server", now)
    return True


def reconnect(runtime: Runtime, connected: smtplib.SMTP) -> None:
    """Open a connection anew that broke in the middle of a mail; what cannot be reached fails with the next mail."""
    server = runtime.settings.mail_server
    connected.close()
    if server is not None:
        connected.connect(server.host, server.port)
        greet_server(connected, server)


def send_soon(runtime: Runtime) -> None:
    """Send what was just written, without letting whoever asked wait for the mail server; the worker sends what this misses."""
    if runtime.settings.mail_server is None:
        return

    def send() -> None:
        try:
            send_due(runtime)
        except Exception:  # noqa: BLE001 - a thread of its own has nobody else to tell
            _log.exception("mail was not sent and will be tried again")

    threading.Thread(target=send, name="mail", daemon=True).start()


@contextmanager
def open_server(server: MailServer) -> Iterator[smtplib.SMTP]:
    """Open a connection, encrypted where the server can, and log in."""
    kind = smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=ssl.create_default_context()) if server.tls else None
    with kind or smtplib.SMTP(server.host, server.port, timeout=SECONDS) as connected:
        greet_server(connected, server)
        yield connected


def greet_server(connected: smtplib.SMTP, server: MailServer) -> None:
    """Begin: encryption where the server offers it, then the login; never a password in clear over a network."""
    connected.ehlo()
    encrypted = server.tls
    if not encrypted and connected.has_extn("starttls"):
        connected.starttls(context=ssl.create_default_context())
        connected.ehlo()
        encrypted = True
    if server.user and server.password:
        if not (encrypted or server.is_here):
            raise Unprotected("the mail server offers no encryption, and the password is not sent in clear")
        connected.login(server.user, server.password)


def compose_message(outgoing: Outgoing, sender: str, now: datetime) -> EmailMessage:
    """Compose the message; EmailMessage refuses line breaks in headers, and ours were checked before."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = outgoing.mail.recipient
    message["Subject"] = outgoing.mail.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices, please
    message.set_content(outgoing.text)
    return message


def is_final(error: Exception) -> bool:
    """Tell whether trying again is useless: the server refused this recipient or this mail for good."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= FOR_GOOD for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return False  # the operator mends it, and the mail goes out
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= FOR_GOOD


def describe_error(error: Exception) -> str:
    """Say in the server's words what went wrong, on one line."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()), (0, b""))
        return _flatten(f"{code} {words.decode('utf-8', 'replace')}")
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return _flatten(f"{error.smtp_code} {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}")
    return _flatten(str(error) or type(error).__name__)


def _flatten(text: str) -> str:
    return " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())
