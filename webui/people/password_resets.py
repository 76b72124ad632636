"""New passwords by mail: whether an address has an account cannot be told from the answer, nor from the work that is done for it."""

from datetime import timedelta

from sqlalchemy import Connection, delete, insert, select, update

from contracts.clock import format_instant
from contracts.errors import NotFound
from webui.people.attempts import begin_attempt, forgive_attempt
from webui.people.codes import hash_code, make_code
from webui.people.letters import write_password_changed, write_password_reset
from webui.people.mail import NOBODY, Letter, drop_mails, queue_mail
from webui.people.persons import Person, find_by_email, find_person, hash_password, set_password
from webui.people.tables import password_resets
from webui.runtime import Runtime

MINUTES = 60  #: that a code holds
KEPT = timedelta(days=30)  #: how long used and expired ones are kept
_NOWHERE = -1  #: a person that nobody is


def request_password_reset(runtime: Runtime, email: str, address: str) -> None:
    """Write a mail with a code, if the address is somebody's; raises TooMany. Known and unknown addresses take the same steps.

    Call smtp.send_soon afterwards: the mail itself leaves in a thread of its own, so that it lengthens no answer.
    """
    now, account, code = runtime.clock.now(), email.strip().lower(), make_code()
    with runtime.writing() as connection:
        begin_attempt(connection, f"password reset {account}", address, now)  # never forgiven: asking often is what is held back
        connection.execute(delete(password_resets).where(password_resets.c.created_at < format_instant(now - KEPT)))
        found = find_by_email(connection, account)
        person = found if found is not None and found.active else None
        values = {
            "hash": hash_code(code),
            "person": person.id if person else None,
            "created_at": format_instant(now),
            "expires_at": format_instant(now + timedelta(minutes=MINUTES)),
        }
        drop_mails(connection, person=person.id if person else _NOWHERE, purpose="password-reset")
        connection.execute(insert(password_resets).values(**values))
        nobody = Letter("password-reset", NOBODY, "-", "-" * 400)
        queue_mail(connection, runtime.settings, write_password_reset(runtime.settings, person, code, MINUTES) if person else nobody, now)


def reset_password(runtime: Runtime, code: str, password: str, address: str) -> Person:
    """Set a new password by a code; ends all sessions. Raises Invalid for a password, NotFound for a code, or TooMany.

    The second factor stays, and is asked for at the next login.
    """
    now, hashed = runtime.clock.now(), hash_code(code)
    with runtime.writing() as connection:
        attempt = begin_attempt(connection, f"password reset code {hashed.hex()}", address, now)
    fresh = hash_password(password, runtime.settings.password_cost)
    with runtime.writing() as connection:
        person = _spend(connection, hashed, format_instant(now))
        set_password(connection, person.id, fresh)
        queue_mail(connection, runtime.settings, write_password_changed(person), now)
        forgive_attempt(connection, attempt)
    return person


def change_password(runtime: Runtime, person: Person, password: str) -> None:
    """Set a new password from within the account; ends all sessions, so the caller opens a new one. Raises Invalid."""
    fresh = hash_password(password, runtime.settings.password_cost)
    with runtime.writing() as connection:
        set_password(connection, person.id, fresh)
        queue_mail(connection, runtime.settings, write_password_changed(person), runtime.clock.now())


def _spend(connection: Connection, hashed: bytes, now: str) -> Person:
    """Use a code, once; all others of the same person are void with it."""
    columns = password_resets.c
    row = connection.execute(select(columns.id, columns.person).where(columns.hash == hashed)).first()
    person = find_person(connection, row.person) if row is not None and row.person is not None else None
    if row is None or person is None or not person.active:
        raise NotFound("this code is unknown, used or has expired: ask for a new one")
    open_one = (columns.id == row.id, columns.used_at.is_(None), columns.expires_at > now)
    if connection.execute(update(password_resets).where(*open_one).values(used_at=now)).rowcount != 1:
        raise NotFound("this code is unknown, used or has expired: ask for a new one")
    connection.execute(update(password_resets).where(columns.person == row.person, columns.used_at.is_(None)).values(used_at=now))
    return person
