"""One-time passwords by time: RFC 6238 with HMAC-SHA-1, six digits, thirty seconds, which every authenticator knows."""

import hmac
import secrets
from base64 import b32encode
from datetime import datetime
from urllib.parse import quote, urlencode

STEP = 30  #: seconds
DIGITS = 6
SECRET = 20  #: bytes, RFC 4226 section 4
AROUND = 1  #: steps before and after the present one that are taken: clocks differ, people type slowly


def make_secret() -> bytes:
    """Make a secret to be shared with an authenticator."""
    return secrets.token_bytes(SECRET)


def count_step(now: datetime) -> int:
    """Count the steps since 1970."""
    return int(now.timestamp()) // STEP


def make_password(secret: bytes, step: int) -> str:
    """Make the password of a step (RFC 4226 section 5.3)."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = mac[-1] & 15
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def find_step(secret: bytes, typed: str, now: datetime, after: int) -> int | None:
    """Find the step whose password was typed, later than step `after`; None if there is none. Takes as long either way."""
    plain = typed.replace(" ", "").encode("utf-8", "replace")
    present, found = count_step(now), None
    for step in range(present - AROUND, present + AROUND + 1):
        if hmac.compare_digest(make_password(secret, step).encode(), plain) and step > after:
            found = step
    return found


def write_secret(secret: bytes) -> str:
    """Write a secret for typing into an authenticator, in groups of four."""
    text = b32encode(secret).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def write_address(secret: bytes, issuer: str, account: str) -> str:
    """Write the otpauth address that an authenticator reads from a QR code."""
    values = {"secret": b32encode(secret).decode(), "issuer": issuer, "algorithm": "SHA1", "digits": DIGITS, "period": STEP}
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?{urlencode(values, quote_via=quote)}"
