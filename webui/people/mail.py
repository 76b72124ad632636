"""The outbox: mails as rows, written in the transaction of what they tell about, and sent afterwards; each row knows how it fared.

States: queued → sent, or refused (the server will not have it), or given up (too many tries). A try that fails for now goes back to
queued with a later time. `unsent` rows wait for nothing: no mail server is set, and whoever wrote hands the words over in another way.
Once nothing more is tried the words are dropped, because they may hold a code; resending writes a new mail with a new code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from contracts.clock import format_instant
from contracts.errors import Conflict
from webui.people.addresses import check_email, check_line
from webui.people.sealing import open_secret, seal_secret
from webui.people.tables import mails
from webui.settings import Settings

#: Seconds until the next try, by the number of tries so far; after the last one a mail is given up, two days after it was written.
BACK_OFF = (60, 300, 900, 3600, 4 * 3600, 12 * 3600, 30 * 3600)
CLAIM = timedelta(minutes=5)  #: for which one process has a mail to itself; longer than any try
NOBODY = ""  #: recipient of a mail that only pretends, so that asking for an unknown address costs the same
KEPT = timedelta(days=180)  #: how long the status of a mail is kept
MOST_WORDS = 500  #: characters kept of a server's answer


class MailState(StrEnum):
    """How a mail fares."""

    QUEUED = "queued"
    SENT = "sent"  #: taken by the server; what becomes of it beyond is not known here
    REFUSED = "refused"  #: by the server, for good
    GIVEN_UP = "given-up"  #: the server did not take it in any of the tries
    UNSENT = "unsent"  #: no mail server is set


@dataclass(frozen=True, slots=True)
class Letter:
    """What is written to one recipient."""

    purpose: str  #: such as invitation
    recipient: str
    subject: str
    text: str
    invitation: int | None = None
    person: int | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail's row, without its words."""

    id: int
    purpose: str
    recipient: str
    subject: str
    state: MailState
    answer: str | None  #: the server's words, or ours
    tries: int
    next_try_at: str | None  #: instant
    created_at: str  #: instant
    sent_at: str | None  #: instant
    invitation: int | None
    person: int | None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail that this process is about to hand over."""

    mail: Mail
    text: str


def queue_mail(connection: Connection, settings: Settings, letter: Letter, now: datetime) -> int:
    """Put a letter into the outbox; gives the mail's id. Raises Invalid for an address or subject that no header may hold."""
    pretends = letter.recipient == NOBODY
    recipient = NOBODY if pretends else check_email(letter.recipient)
    can_go = settings.mail_server is not None and not pretends
    values: dict[str, Any] = {
        "purpose": letter.purpose,
        "recipient": recipient,
        "subject": check_line(letter.subject, "subject", 200),
        "body": None,
        "state": (MailState.QUEUED if can_go else MailState.UNSENT).value,
        "answer": None if can_go else "not sent: no mail server is set",
        "tries": 0,
        "next_try_at": format_instant(now) if can_go else None,
        "created_at": format_instant(now),
        "invitation": letter.invitation,
        "person": letter.person,
    }
    key = connection.execute(insert(mails).values(**values)).inserted_primary_key
    mail = int(key[0]) if key is not None else 0
    body = seal_secret(settings.secret_key, f"mail:{mail}", letter.text.encode())
    connection.execute(update(mails).where(mails.c.id == mail).values(body=body if can_go else None))
    return mail


def claim_mails(connection: Connection, settings: Settings, now: datetime, limit: int = 10) -> list[Outgoing]:
    """Take mails that are due, so that no other process sends them at the same time; a crash gives them back when the claim ends."""
    at, columns = format_instant(now), mails.c
    unclaimed = or_(columns.claimed_until.is_(None), columns.claimed_until <= at)
    free = (columns.state == MailState.QUEUED.value, columns.next_try_at <= at, unclaimed)
    query = select(columns.id).where(*free).order_by(columns.next_try_at, columns.id).limit(limit)
    claimed = []
    for mail in connection.execute(query).scalars().all():
        taken = connection.execute(update(mails).where(columns.id == mail, *free).values(claimed_until=format_instant(now + CLAIM)))
        if taken.rowcount != 1:
            continue  # another process was first
        row = connection.execute(select(mails).where(columns.id == mail)).one()
        try:
            claimed.append(Outgoing(_read(row), open_secret(settings.secret_key, f"mail:{mail}", row.body).decode()))
        except Conflict as error:
            _close(connection, mail, MailState.GIVEN_UP, error.message)
    return claimed


def keep_sent(connection: Connection, mail: int, answer: str, now: datetime) -> None:
    """Keep that the server took a mail."""
    _close(connection, mail, MailState.SENT, answer, sent_at=format_instant(now))


def keep_refused(connection: Connection, mail: int, answer: str) -> None:
    """Keep that the server will never take a mail, in its words."""
    _close(connection, mail, MailState.REFUSED, answer)


def keep_failed(connection: Connection, mail: Mail, answer: str, now: datetime) -> None:
    """Keep that a try failed for now; the next one comes later each time, and after the last the mail is given up."""
    tries = mail.tries + 1
    if tries > len(BACK_OFF):
        _close(connection, mail.id, MailState.GIVEN_UP, answer, tries=tries)
        return
    due = format_instant(now + timedelta(seconds=BACK_OFF[tries - 1]))
    values = {"tries": tries, "next_try_at": due, "claimed_until": None, "answer": answer[:MOST_WORDS]}
    connection.execute(update(mails).where(mails.c.id == mail.id, mails.c.state == MailState.QUEUED.value).values(**values))


def drop_mails(connection: Connection, *, invitation: int | None = None, person: int | None = None, purpose: str = "") -> None:
    """Drop what has not been sent yet and is void by now."""
    owner = mails.c.invitation == invitation if invitation is not None else mails.c.person == person
    query = update(mails).where(owner, mails.c.state == MailState.QUEUED.value, *([mails.c.purpose == purpose] if purpose else []))
    connection.execute(
        query.values(state=MailState.GIVEN_UP.value, answer="replaced before it was sent", body=None, next_try_at=None, claimed_until=None)
    )


def list_mails(connection: Connection, invitations: Sequence[int]) -> dict[int, Mail]:
    """Give the newest mail of each invitation."""
    rows = connection.execute(select(mails).where(mails.c.invitation.in_(invitations)).order_by(mails.c.id))
    return {row.invitation: _read(row) for row in rows}


def find_mail(connection: Connection, mail: int) -> Mail | None:
    """Find a mail by its id."""
    row = connection.execute(select(mails).where(mails.c.id == mail)).first()
    return None if row is None else _read(row)


def forget_old_mails(connection: Connection, now: datetime) -> None:
    """Forget mails long past, and at once those that only pretended."""
    old = (mails.c.created_at < format_instant(now - KEPT)) & (mails.c.state != MailState.QUEUED.value)
    connection.execute(delete(mails).where(or_(old, mails.c.recipient == NOBODY)))


def _close(connection: Connection, mail: int, state: MailState, answer: str, **more: Any) -> None:  # noqa: ANN401 - columns
    values = {"state": state.value, "answer": answer[:MOST_WORDS], "body": None, "next_try_at": None, "claimed_until": None, **more}
    connection.execute(update(mails).where(mails.c.id == mail).values(**values))


def _read(row: Row[Any]) -> Mail:
    return Mail(
        row.id,
        row.purpose,
        row.recipient,
        row.subject,
        MailState(row.state),
        row.answer,
        row.tries,
        row.next_try_at,
        row.created_at,
        row.sent_at,
        row.invitation,
        row.person,
    )
