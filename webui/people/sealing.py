"""Sealing: secrets that are needed again as text lie encrypted in the database, under a key derived from the deployment's secret.

AES-256-GCM with a random nonce; the name of what is sealed is authenticated along, so that no row's secret can be put into another.
"""

import secrets
from functools import cache
from hmac import digest

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from contracts.errors import Conflict

NONCE = 12  #: bytes, NIST SP 800-38D


def seal_secret(secret_key: str, name: str, secret: bytes) -> bytes:
    """Seal a secret; gives nonce and ciphertext."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(derive_key(secret_key, "seal")).encrypt(nonce, secret, name.encode())


def open_secret(secret_key: str, name: str, sealed: bytes) -> bytes:
    """Open what seal_secret sealed under this name; raises Conflict if the deployment's secret is another one by now."""
    try:
        return AESGCM(derive_key(secret_key, "seal")).decrypt(sealed[:NONCE], sealed[NONCE:], name.encode())
    except InvalidTag:
        raise Conflict("this was sealed under another SYMBIOSIS_SECRET_KEY and cannot be opened any more") from None


def derive_handle(secret_key: str, person: int) -> bytes:
    """Derive what an authenticator knows a person by: always the same 32 bytes, and nobody else can tell whose."""
    return digest(derive_key(secret_key, "handle"), str(person).encode(), "sha256")


@cache
def derive_key(secret_key: str, purpose: str) -> bytes:
    """Derive 32 bytes for one purpose (RFC 5869)."""
    return HKDF(SHA256(), 32, None, f"symbiosis-ledger/people/{purpose}/v1".encode()).derive(secret_key.encode())
