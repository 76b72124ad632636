"""Settings: read once from the environment into a frozen dataclass; a fault names the variable and the mend, and never shows a secret."""

import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from contracts.errors import Invalid
from ledger.durable import place_file
from ledger.errors import Malformed
from ledger.ml_dsa import has_ml_dsa
from ledger.policy import Policy, read_policy
from ledger.timestamp import read_roots
from webui.mail_server import MailServer, read_mail_server
from webui.people.addresses import check_email

Read = TypeVar("Read")
MIN_SECRET = 32  #: characters of the secret that signs session cookies
SEQUENCER_CHOICES = ("auto", "on", "off")
FACTOR_CHOICES = ("by-role", "required", "optional")
TILE_CHOICES = ("folder", "off")  #: besides a bucket's address
BUCKET_ADDRESS = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}){0,8})/?", re.ASCII)


class SettingsError(Exception):
    """A setting is missing or wrong; the message names the variable and what to do."""


@dataclass(frozen=True, slots=True)
class PasswordCost:
    """What one argon2 hash costs."""

    time: int = 3  #: passes
    memory: int = 65_536  #: KiB; RFC 9106, second recommended option
    parallelism: int = 4  #: lanes


@dataclass(frozen=True, slots=True)
class TimestampAuthority:
    """Who stamps checkpoints."""

    url: str = field(repr=False)  #: may hold a password
    roots: bytes = field(repr=False)  #: PEM, the certificates by which its answers are believed


@dataclass(frozen=True, slots=True)
class Settings:
    """All that a deployment chooses."""

    database_url: str = field(repr=False)  #: SQLAlchemy URL; may hold a password
    data: Path  #: folder of the service's keys and guards; nobody but the service reads it
    secret_key: str = field(repr=False)  #: signs session cookies
    secure_cookies: bool = True  #: cookies travel over HTTPS only
    proxies: int = 0  #: trusted reverse proxies in front, whose X-Forwarded-* headers count
    answer_seconds: float = 10.0  #: how long a submitter waits for its receipt before it gets an acknowledgement
    sequencer: str = "auto"  #: whether `serve` sequences itself: auto means on SQLite only
    password_cost: PasswordCost = PasswordCost()
    mail_server: MailServer | None = field(default=None, repr=False)  #: None: no mail is sent, and codes are handed over by people
    mail_from: str = ""  #: address that mail comes from; empty without a mail server
    public_url: str = ""  #: where the site stands for its users, such as https://ledger.example; empty: unknown
    post_quantum: bool = False  #: checkpoints carry a line by ML-DSA-44 as well
    authority: TimestampAuthority | None = None  #: stamps a checkpoint after each close of a period; None: nobody does
    policy: Policy | None = field(default=None, repr=False)  #: the witnesses that are asked; None: no checkpoint is cosigned
    second_factor: str = "by-role"  #: who must have one: persons of weighty roles, everybody ("required"), nobody ("optional")
    tiles: str = "folder"  #: where each log's tiles are written: "folder" (tiles/ in the data folder), s3://bucket/prefix, or "off"
    public_logs: frozenset[str] = frozenset()  #: short names of the networks whose entries anybody may read, without contents

    @property
    def is_sqlite(self) -> bool:
        """Tell whether the database is SQLite."""
        return make_url(self.database_url).get_backend_name() == "sqlite"

    @property
    def serves_sequencer(self) -> bool:
        """Tell whether web processes carry the sequencers along, and no worker is needed."""
        return self.sequencer == "on" or (self.sequencer == "auto" and self.is_sqlite)


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment; raises SettingsError.

    SYMBIOSIS_DATA (folder, default ./symbiosis-data), SYMBIOSIS_DATABASE_URL (default: a SQLite file in that folder),
    SYMBIOSIS_SECRET_KEY or SYMBIOSIS_SECRET_KEY_FILE (default: a file in that folder, made at the first start),
    SYMBIOSIS_COOKIES (secure or plain), SYMBIOSIS_PROXIES (0 to 9), SYMBIOSIS_ANSWER_SECONDS, SYMBIOSIS_SEQUENCER (auto, on, off),
    SYMBIOSIS_SMTP_URL (smtp://user:password@host:port or smtps://…; then SYMBIOSIS_MAIL_FROM and SYMBIOSIS_PUBLIC_URL are wanted),
    SYMBIOSIS_PUBLIC_URL (https://host, for links in mail and for passkeys), SYMBIOSIS_SECOND_FACTOR (by-role, required, optional),
    SYMBIOSIS_TILES (folder, s3://bucket/prefix, off), SYMBIOSIS_PUBLIC_LOGS (names of networks, parted by commas),
    SYMBIOSIS_WITNESSES (a file with a policy, C2SP tlog-policy, in which the witnesses have addresses),
    SYMBIOSIS_POST_QUANTUM (off or on: checkpoints carry a line by ML-DSA-44, safe against quantum computers, as well),
    SYMBIOSIS_TIMESTAMP_URL and SYMBIOSIS_TIMESTAMP_ROOTS (an authority of RFC 3161, and a PEM file with the certificates of its chain).
    """
    found = os.environ if environ is None else environ
    data = Path(found.get("SYMBIOSIS_DATA", "symbiosis-data")).absolute()
    return Settings(
        database_url=_read_url(found.get("SYMBIOSIS_DATABASE_URL", f"sqlite:///{data / 'ledger.db'}")),
        data=data,
        secret_key=_read_secret(found, data),
        secure_cookies=_choose(found, "SYMBIOSIS_COOKIES", ("secure", "plain")) == "secure",
        proxies=int(_choose(found, "SYMBIOSIS_PROXIES", tuple("0123456789"))),
        answer_seconds=_read_seconds(found, "SYMBIOSIS_ANSWER_SECONDS", 10.0),
        sequencer=_choose(found, "SYMBIOSIS_SEQUENCER", SEQUENCER_CHOICES),
        second_factor=_choose(found, "SYMBIOSIS_SECOND_FACTOR", FACTOR_CHOICES),
        public_url=_read_public_url(found),
        post_quantum=_read_post_quantum(found),
        authority=_read_authority(found),
        policy=_read_policy(found),
        tiles=_read_tiles(found),
        public_logs=_read_public_logs(found),
        **_read_mail(found),
    )


def keep_secret_file(path: Path) -> str:
    """Read the secret in a file, or make one there that only this user reads; two processes that start at once agree on one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        place_file(path, f"{secrets.token_urlsafe(48)}\n".encode("ascii"))  # if another process was first, its secret is read
        return path.read_text("ascii").strip()
    except OSError as error:
        raise SettingsError(
            f"SYMBIOSIS_DATA: {path} cannot be read or made ({error.strerror}): give a folder that this user may write"
        ) from None


def _read_url(text: str) -> str:
    try:
        backend = make_url(text).get_backend_name()
    except ArgumentError:
        raise SettingsError(
            "SYMBIOSIS_DATABASE_URL: not a database URL: write sqlite:////path/ledger.db or postgresql+psycopg://user:password@host/name"
        ) from None
    if backend not in ("sqlite", "postgresql"):
        raise SettingsError(f"SYMBIOSIS_DATABASE_URL: {backend} is not supported: sqlite and postgresql+psycopg are")
    return text


def _read_secret(found: Mapping[str, str], data: Path) -> str:
    if "SYMBIOSIS_SECRET_KEY" in found:
        return _check_secret(found["SYMBIOSIS_SECRET_KEY"], "SYMBIOSIS_SECRET_KEY")
    if "SYMBIOSIS_SECRET_KEY_FILE" not in found:
        return _check_secret(keep_secret_file(data / "secret.key"), f"the file {data / 'secret.key'}")
    path = Path(found["SYMBIOSIS_SECRET_KEY_FILE"])
    try:
        return _check_secret(path.read_text("utf-8").strip(), "SYMBIOSIS_SECRET_KEY_FILE")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"SYMBIOSIS_SECRET_KEY_FILE: {path} cannot be read ({error}): name a text file") from None


def _check_secret(secret: str, name: str) -> str:
    if len(secret) < MIN_SECRET:
        command = 'python -c "import secrets; print(secrets.token_urlsafe(48))"'
        raise SettingsError(f"{name}: at least {MIN_SECRET} characters are wanted: make some with {command}")
    return secret


def _read_mail(found: Mapping[str, str]) -> dict[str, Any]:
    if "SYMBIOSIS_SMTP_URL" not in found:
        return {}
    try:
        server = read_mail_server(found["SYMBIOSIS_SMTP_URL"])
    except ValueError as error:
        raise SettingsError(f"SYMBIOSIS_SMTP_URL: {error}") from None
    try:
        sender = check_email(found.get("SYMBIOSIS_MAIL_FROM", ""))
    except Invalid:
        raise SettingsError("SYMBIOSIS_MAIL_FROM: an address that mail may come from is wanted, such as ledger@works.example") from None
    if not found.get("SYMBIOSIS_PUBLIC_URL"):
        raise SettingsError("SYMBIOSIS_PUBLIC_URL: mail carries links: give the site's address, such as https://ledger.example")
    return {"mail_server": server, "mail_from": sender}


def _read_post_quantum(found: Mapping[str, str]) -> bool:
    wanted = _choose(found, "SYMBIOSIS_POST_QUANTUM", ("off", "on")) == "on"
    if wanted and not has_ml_dsa():
        raise SettingsError("SYMBIOSIS_POST_QUANTUM: the installed cryptography has no ML-DSA-44: install a newer release, or turn it off")
    return wanted


def _read_authority(found: Mapping[str, str]) -> TimestampAuthority | None:
    url = found.get("SYMBIOSIS_TIMESTAMP_URL", "")
    if not url:
        return None
    if not re.fullmatch(r"https?://[\x21-\x7e]{1,500}", url, re.ASCII):
        raise SettingsError("SYMBIOSIS_TIMESTAMP_URL: the http(s) address of an authority of RFC 3161 is wanted")
    if not found.get("SYMBIOSIS_TIMESTAMP_ROOTS"):
        raise SettingsError(
            "SYMBIOSIS_TIMESTAMP_ROOTS: name a PEM file with the certificates of the authority's chain: it is not believed without"
        )
    return TimestampAuthority(url, _read_file(found, "SYMBIOSIS_TIMESTAMP_ROOTS", "a PEM file", _check_roots))


def _check_roots(data: bytes) -> bytes:
    read_roots(data)
    return data


def _read_policy(found: Mapping[str, str]) -> Policy | None:
    if not found.get("SYMBIOSIS_WITNESSES"):
        return None
    policy = _read_file(found, "SYMBIOSIS_WITNESSES", "a policy file", read_policy)
    if not policy.is_met({one.name for one in policy.witnesses if one.url}):
        raise SettingsError(
            f"SYMBIOSIS_WITNESSES: {found['SYMBIOSIS_WITNESSES']}: the quorum cannot be reached: give its witnesses their addresses"
        )
    return policy


def _read_file(found: Mapping[str, str], name: str, wanted: str, read: Callable[[bytes], Read]) -> Read:
    """Read the file that a setting names."""
    path = Path(found[name])
    try:
        return read(path.read_bytes())
    except OSError as error:
        raise SettingsError(f"{name}: {path} cannot be read ({error.strerror}): name {wanted}") from None
    except Malformed as error:
        raise SettingsError(f"{name}: {path}: {error}") from None


def _read_public_url(found: Mapping[str, str]) -> str:
    text = found.get("SYMBIOSIS_PUBLIC_URL", "").rstrip("/")
    if text and not re.fullmatch(r"https?://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?", text, re.ASCII):
        raise SettingsError("SYMBIOSIS_PUBLIC_URL: an address without a path is wanted, such as https://ledger.example")
    return text


def _read_tiles(found: Mapping[str, str]) -> str:
    text = found.get("SYMBIOSIS_TILES", "folder")
    if text not in TILE_CHOICES and not BUCKET_ADDRESS.fullmatch(text):
        raise SettingsError(f"SYMBIOSIS_TILES: {text[:80]!r} is neither folder, off, nor s3://bucket/prefix")
    return text.rstrip("/")


def _read_public_logs(found: Mapping[str, str]) -> frozenset[str]:
    names = [name.strip() for name in found.get("SYMBIOSIS_PUBLIC_LOGS", "").split(",")]
    if any(name and not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", name, re.ASCII) for name in names):
        raise SettingsError("SYMBIOSIS_PUBLIC_LOGS: short names of networks are wanted, parted by commas")
    return frozenset(filter(None, names))


def _choose(found: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    value = found.get(name, choices[0])
    if value not in choices:
        raise SettingsError(f"{name}: {value[:40]!r} is none of {', '.join(choices)}")
    return value


def _read_seconds(found: Mapping[str, str], name: str, default: float) -> float:
    try:
        seconds = float(found.get(name, default))
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 120:  # noqa: PLR2004 - two minutes: web servers give up before
        raise SettingsError(f"{name}: seconds from 0.1 to 120 are wanted")
    return seconds
