"""Passkeys: WebAuthn credentials that browsers keep and find by themselves. One stands for two factors: the device, and its PIN or finger.

A challenge carries its purpose, its time and our MAC, so that none is stored until it is answered; then it is, and never counts again.
"""

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from contracts.clock import format_instant
from contracts.errors import Conflict, Finding, Invalid, NotFound
from webui.people.addresses import check_line
from webui.people.attempts import begin_attempt, forgive_attempt
from webui.people.factors import drop_idle_codes, read_factors, renew_recovery_codes
from webui.people.letters import write_factor_changed
from webui.people.mail import queue_mail
from webui.people.persons import Person, find_person
from webui.people.sealing import derive_handle, derive_key
from webui.people.tables import challenges, passkeys
from webui.problems import NoLogin
from webui.runtime import Runtime

MINUTES = 5  #: for which a challenge may be answered
MOST_PASSKEYS = 20  #: of one person
LOGIN = "login"
_RANDOM, _TIME, _MAC = 16, 8, 16  #: bytes of a challenge
_REFUSAL = "this passkey opens nothing here"


@dataclass(frozen=True, slots=True)
class Site:
    """For which site passkeys are made."""

    domain: str
    origin: str


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey, as its person sees it."""

    id: int
    name: str
    created_at: str  #: instant
    used_at: str | None  #: instant


def find_site(public_url: str, host_url: str) -> Site | None:
    """Find the site that passkeys belong to: its public address, or localhost; None elsewhere, because a Host header proves nothing."""
    parts = urlsplit(public_url or host_url)
    name = parts.hostname or ""
    return Site(name, f"{parts.scheme}://{parts.netloc}") if public_url or name == "localhost" else None


def begin_registration(runtime: Runtime, site: Site, person: Person) -> dict[str, Any]:
    """Give what a browser needs to make a passkey, as JSON; raises Conflict if the person has too many."""
    with runtime.reading() as connection:
        known = connection.execute(select(passkeys.c.credential).where(passkeys.c.person == person.id)).scalars().all()
    if len(known) >= MOST_PASSKEYS:
        raise Conflict(f"you have {MOST_PASSKEYS} passkeys: remove one first")
    options = generate_registration_options(
        rp_id=site.domain,
        rp_name="Symbiosis Ledger",
        user_id=derive_handle(runtime.settings.secret_key, person.id),
        user_name=person.email,
        user_display_name=person.name,
        challenge=make_challenge(runtime, f"add:{person.id}"),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,  # else nobody could log in without naming themselves
            require_resident_key=True,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
    )
    return dict(json.loads(options_to_json(options)))


def finish_registration(runtime: Runtime, site: Site, person: Person, credential: Mapping[str, Any], name: str) -> list[str]:
    """Keep the passkey that a browser made; gives recovery codes if the person has none, shown this once. Raises Invalid or Conflict."""
    now, label = runtime.clock.now(), check_line(name, "name", 60)
    try:
        verified = verify_registration_response(
            credential=dict(credential),
            expected_challenge=read_challenge(runtime, credential, f"add:{person.id}"),
            expected_rp_id=site.domain,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, NoLogin, ValueError, KeyError, TypeError, RecursionError) as error:
        message = "the browser's answer does not hold: try again"
        raise Invalid(message, [Finding("credential", "bad-credential", message)]) from error
    values = {
        "person": person.id,
        "credential": verified.credential_id,
        "public_key": verified.credential_public_key,
        "sign_count": verified.sign_count,
        "name": label,
        "created_at": format_instant(now),
    }
    with runtime.writing() as connection:
        spend_challenge(connection, credential, now)
        try:
            with connection.begin_nested():
                connection.execute(insert(passkeys).values(**values))
        except IntegrityError:
            raise Conflict("this passkey is kept already") from None
        queue_mail(connection, runtime.settings, write_factor_changed(person), now)
        return renew_recovery_codes(connection, person.id) if read_factors(connection, person.id).recovery_codes == 0 else []


def begin_passkey_login(runtime: Runtime, site: Site) -> dict[str, Any]:
    """Give what a browser needs to find a passkey of ours, whosever it is, as JSON."""
    options = generate_authentication_options(
        rp_id=site.domain, challenge=make_challenge(runtime, LOGIN), user_verification=UserVerificationRequirement.REQUIRED
    )
    return dict(json.loads(options_to_json(options)))


def finish_passkey_login(runtime: Runtime, site: Site, credential: Mapping[str, Any], address: str) -> Person:
    """Find the person behind a browser's answer; raises NoLogin or TooMany."""
    now = runtime.clock.now()
    with runtime.writing() as connection:
        attempt = begin_attempt(connection, f"passkey {str(credential.get('id'))[:200]}", address, now)
    try:
        identity = base64url_to_bytes(str(credential["id"]))
        with runtime.reading() as connection:
            row = connection.execute(select(passkeys).where(passkeys.c.credential == identity)).first()
            person = None if row is None else find_person(connection, row.person)
        if row is None or person is None or not person.active:
            raise NoLogin(_REFUSAL)
        verified = verify_authentication_response(
            credential=dict(credential),
            expected_challenge=read_challenge(runtime, credential, LOGIN),
            expected_rp_id=site.domain,
            expected_origin=site.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError, RecursionError) as error:
        raise NoLogin(_REFUSAL) from error
    with runtime.writing() as connection:
        spend_challenge(connection, credential, now)
        values = {"sign_count": verified.new_sign_count, "used_at": format_instant(now)}
        connection.execute(update(passkeys).where(passkeys.c.id == row.id).values(**values))
        forgive_attempt(connection, attempt)
    return person


def list_passkeys(connection: Connection, person: int) -> list[Passkey]:
    """List a person's passkeys, oldest first."""
    columns = passkeys.c
    query = select(columns.id, columns.name, columns.created_at, columns.used_at).where(columns.person == person).order_by(columns.id)
    return [Passkey(*row) for row in connection.execute(query)]


def remove_passkey(connection: Connection, person: int, passkey: int) -> None:
    """Remove one of a person's passkeys; raises NotFound."""
    mine = (passkeys.c.person == person, passkeys.c.id == passkey)
    if connection.execute(delete(passkeys).where(*mine)).rowcount != 1:
        raise NotFound("you have no such passkey")
    drop_idle_codes(connection, person)


def make_challenge(runtime: Runtime, purpose: str) -> bytes:
    """Make a challenge for a purpose: random bytes, the time, and our MAC over both."""
    body = secrets.token_bytes(_RANDOM) + int(runtime.clock.now().timestamp()).to_bytes(_TIME, "big")
    return body + _authenticate(runtime, purpose, body)


def read_challenge(runtime: Runtime, credential: Mapping[str, Any], purpose: str) -> bytes:
    """Read the challenge that a browser says it answered; raises NoLogin unless it is one of ours, for this purpose, and still young."""
    challenge = _find_challenge(credential)
    body, mac = challenge[:-_MAC], challenge[-_MAC:]
    age = int(runtime.clock.now().timestamp()) - int.from_bytes(body[_RANDOM:], "big")
    if not hmac.compare_digest(mac, _authenticate(runtime, purpose, body)) or not 0 <= age <= MINUTES * 60:
        raise NoLogin(_REFUSAL)
    return challenge


def spend_challenge(connection: Connection, credential: Mapping[str, Any], now: datetime) -> None:
    """Keep that a challenge was answered; raises NoLogin the second time."""
    connection.execute(delete(challenges).where(challenges.c.expires_at < format_instant(now)))
    values = {"hash": sha256(_find_challenge(credential)).digest(), "expires_at": format_instant(now + timedelta(minutes=MINUTES))}
    try:
        with connection.begin_nested():
            connection.execute(insert(challenges).values(**values))
    except IntegrityError:
        raise NoLogin(_REFUSAL) from None


def _find_challenge(credential: Mapping[str, Any]) -> bytes:
    data = json.loads(base64url_to_bytes(str(credential["response"]["clientDataJSON"])))
    return base64url_to_bytes(str(data["challenge"]))


def _authenticate(runtime: Runtime, purpose: str, body: bytes) -> bytes:
    key = derive_key(runtime.settings.secret_key, "challenge")
    return hmac.digest(key, purpose.encode() + b"\n" + body, "sha256")[:_MAC]
