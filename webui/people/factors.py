"""Second factors: one-time passwords and recovery codes; set up, confirmed, checked, taken away."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from contracts.clock import format_instant
from contracts.errors import Conflict, Finding, Invalid
from webui.people.attempts import ACCOUNT_FAILURES, begin_attempt, count_attempts, forgive_attempt
from webui.people.codes import SHORT, hash_code, make_code
from webui.people.letters import write_factor_changed, write_guessing
from webui.people.mail import queue_mail
from webui.people.persons import Person
from webui.people.sealing import open_secret, seal_secret
from webui.people.tables import passkeys, recovery_codes, totp_secrets
from webui.people.totp import DIGITS, find_step, make_secret
from webui.problems import NoSecondFactor
from webui.runtime import Runtime
from webui.settings import Settings

RECOVERY_CODES = 10


@dataclass(frozen=True, slots=True)
class Factors:
    """What a person can show beside the password."""

    totp: bool  #: an authenticator's one-time passwords, confirmed
    passkeys: int
    recovery_codes: int  #: left

    @property
    def any(self) -> bool:
        """Tell whether a second factor is set up; recovery codes alone are none."""
        return self.totp or self.passkeys > 0


def read_factors(connection: Connection, person: int) -> Factors:
    """Read what second factors a person has."""
    confirmed = select(totp_secrets.c.person).where(totp_secrets.c.person == person, totp_secrets.c.confirmed_at.is_not(None))
    keys = select(func.count()).select_from(passkeys).where(passkeys.c.person == person)
    left = select(func.count()).select_from(recovery_codes).where(recovery_codes.c.person == person, recovery_codes.c.used_at.is_(None))
    return Factors(
        connection.execute(confirmed).first() is not None, connection.execute(keys).scalar() or 0, connection.execute(left).scalar() or 0
    )


def begin_totp(connection: Connection, settings: Settings, person: int, now: datetime) -> bytes:
    """Give the secret that an authenticator is to learn: the same one until it is confirmed. Raises Conflict once it is."""
    row = connection.execute(select(totp_secrets).where(totp_secrets.c.person == person)).first()
    if row is not None and row.confirmed_at is not None:
        raise Conflict("an authenticator is set up already: remove it first")
    if row is not None:
        return open_secret(settings.secret_key, _name(person), row.secret)
    secret = make_secret()
    sealed = seal_secret(settings.secret_key, _name(person), secret)
    values = {"person": person, "secret": sealed, "created_at": format_instant(now), "confirmed_at": None, "last_step": 0}
    connection.execute(insert(totp_secrets).values(**values))
    return secret


def confirm_totp(runtime: Runtime, person: Person, typed: str, address: str) -> list[str]:
    """Confirm that the authenticator knows the secret; gives new recovery codes, shown this once. Raises Invalid, Conflict or TooMany."""
    now = runtime.clock.now()
    with runtime.writing() as connection:
        attempt = begin_attempt(connection, _account(person.id), address, now)
    with runtime.writing() as connection:
        secret = begin_totp(connection, runtime.settings, person.id, now)
        step = find_step(secret, typed, now, 0)
        if step is None:
            message = "this is not the code that the authenticator shows now; is its clock right?"
            raise Invalid("the code is at fault", [Finding("code", "wrong-code", message)])
        values = {"confirmed_at": format_instant(now), "last_step": step}
        connection.execute(update(totp_secrets).where(totp_secrets.c.person == person.id).values(**values))
        codes = renew_recovery_codes(connection, person.id)
        queue_mail(connection, runtime.settings, write_factor_changed(person), now)
        forgive_attempt(connection, attempt)
    return codes


def check_second_factor(runtime: Runtime, person: Person, typed: str, address: str) -> None:
    """Check a one-time password or a recovery code; raises NoSecondFactor or TooMany. Each counts once, even if sent twice at once."""
    now, account = runtime.clock.now(), _account(person.id)
    with runtime.writing() as connection:
        attempt = begin_attempt(connection, account, address, now)
    with runtime.writing() as connection:
        holds = _take_code(connection, runtime.settings, person.id, typed, now)
        if holds:
            forgive_attempt(connection, attempt)
        elif count_attempts(connection, account, now) == ACCOUNT_FAILURES:
            queue_mail(connection, runtime.settings, write_guessing(person), now)
    if not holds:
        raise NoSecondFactor("this is not a code that holds now: type the one that your authenticator shows, or a recovery code")


def renew_recovery_codes(connection: Connection, person: int) -> list[str]:
    """Make new recovery codes, which are shown this once; the old ones are void."""
    connection.execute(delete(recovery_codes).where(recovery_codes.c.person == person))
    codes = [make_code(SHORT) for _ in range(RECOVERY_CODES)]
    connection.execute(insert(recovery_codes), [{"person": person, "hash": hash_code(code), "used_at": None} for code in codes])
    return codes


def remove_totp(connection: Connection, person: int) -> None:
    """Take the authenticator away; with the last factor the recovery codes go too."""
    connection.execute(delete(totp_secrets).where(totp_secrets.c.person == person))
    drop_idle_codes(connection, person)


def drop_idle_codes(connection: Connection, person: int) -> None:
    """Drop recovery codes that stand in for nothing any more."""
    if not read_factors(connection, person).any:
        connection.execute(delete(recovery_codes).where(recovery_codes.c.person == person))


def drop_factors(connection: Connection, person: int) -> None:
    """Take all second factors away, passkeys too."""
    for table in (totp_secrets, recovery_codes, passkeys):
        connection.execute(delete(table).where(table.c.person == person))


def _take_code(connection: Connection, settings: Settings, person: int, typed: str, now: datetime) -> bool:
    if re.fullmatch(rf"[0-9]{{{DIGITS}}}", typed.replace(" ", ""), re.ASCII):
        return _take_totp(connection, settings, person, typed, now)
    mine = (recovery_codes.c.person == person, recovery_codes.c.hash == hash_code(typed), recovery_codes.c.used_at.is_(None))
    return connection.execute(update(recovery_codes).where(*mine).values(used_at=format_instant(now))).rowcount == 1


def _take_totp(connection: Connection, settings: Settings, person: int, typed: str, now: datetime) -> bool:
    row = connection.execute(
        select(totp_secrets).where(totp_secrets.c.person == person, totp_secrets.c.confirmed_at.is_not(None))
    ).first()  # fmt: skip
    if row is None:
        return False
    step = find_step(open_secret(settings.secret_key, _name(person), row.secret), typed, now, row.last_step)
    if step is None:
        return False
    newer = (totp_secrets.c.person == person, totp_secrets.c.last_step < step)
    return connection.execute(update(totp_secrets).where(*newer).values(last_step=step)).rowcount == 1


def _name(person: int) -> str:
    return f"totp:{person}"


def _account(person: int) -> str:
    return f"second factor of {person}"
