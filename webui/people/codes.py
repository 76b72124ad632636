"""Codes that people are handed and bring back: invitations, resets, recovery. Random, easy to type, kept as their hash."""

import re
import secrets
from hashlib import sha256

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  #: Crockford's base 32: no I, L, O, U
GROUP = 5  #: characters between two dashes
LONG = 20  #: characters: 100 bits, for what alone lets somebody in
SHORT = 16  #: characters: 80 bits, for recovery, where a password stands before it
_ALIKE = str.maketrans("ILO", "110")


def make_code(length: int = LONG) -> str:
    """Make a code such as 7Q4M2-… of random characters."""
    text = "".join(secrets.choice(ALPHABET) for _ in range(length))
    return "-".join(text[start : start + GROUP] for start in range(0, length, GROUP))


def hash_code(code: str) -> bytes:
    """Hash a code as it was typed: case, spaces, dashes and look-alikes do not matter. Whatever was typed has a hash."""
    plain = re.sub(r"[\s-]", "", code[:200]).upper().translate(_ALIKE)
    return sha256(plain.encode("utf-8", "replace")).digest()
