"""Who multiplies on the curve when a signature is verified: `cryptography` always can, PyNaCl is faster where it is installed.

No backend decides what a good signature is: ledger/keys.py judges key, R and S before any of them is asked, and a backend that would take a
signature which holds only when multiplied by eight (libraries differ here, and from release to release) is not used at all.
"""

import os
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.util import find_spec
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.errors import Malformed

Verify: TypeAlias = Callable[[bytes, bytes, bytes], bool]  #: (public key, signature, message); the key was checked

VARIABLE = "SYMBIOSIS_ED25519"  #: names a backend in the environment, for tests and for who distrusts one
_MESSAGE = b"symbiosis-ledger/backend"
_PUBLIC = bytes.fromhex("3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29")
_HONEST = bytes.fromhex(
    "ef4f62f8479733ad879cfaced3c89a9c39dd4fc795ef2efa1c3eafe4d729a081e50dc8920c7562acf69b654300eb5b96e8af59a4241f836309100dbf00c9970f"
)
#: R plus a point of order eight: a verifier that multiplies by eight takes it
_MIXED = bytes.fromhex(
    "40a4cf5c611d737a2f1c6fcca84d9cabfed80987f186a5a6c57e629bff1af27f6502896a18167cfe480a812fd150af46c5a598cccf66f1d0a84de172aeb5d60a"
)


def verify_with_cryptography(public: bytes, signature: bytes, message: bytes) -> bool:
    """Ask OpenSSL, which computes R and compares its bytes."""
    try:
        _load_public(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=65536)
def _load_public(public: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public)


def _load_cryptography() -> Verify:
    return verify_with_cryptography


def _load_pynacl() -> Verify:
    from nacl.bindings import crypto_sign_open  # noqa: PLC0415 - loaded only where it is installed and wanted
    from nacl.exceptions import BadSignatureError  # noqa: PLC0415 - the same

    def verify_with_pynacl(public: bytes, signature: bytes, message: bytes) -> bool:
        try:
            crypto_sign_open(signature + message, public)
        except BadSignatureError:
            return False
        return True

    return verify_with_pynacl


#: In the order in which they are tried: package that must be there, and how the backend is loaded.
BACKENDS: Mapping[str, tuple[str, Callable[[], Verify]]] = {
    "pynacl": ("nacl", _load_pynacl),
    "cryptography": ("cryptography", _load_cryptography),
}


def list_backends() -> list[str]:
    """List the backends that are installed, fastest first."""
    return [name for name, (package, _) in BACKENDS.items() if find_spec(package) is not None]


def load_backend(name: str) -> Verify:
    """Load a backend by its name; raises Malformed for one that is unknown, missing or judges otherwise than FORMAT.md."""
    if name not in list_backends():
        raise Malformed(f"{VARIABLE}: {name!r} is not a backend for Ed25519 that is installed: {', '.join(list_backends())}")
    verify = BACKENDS[name][1]()
    if not judges_by_our_rule(verify):
        raise Malformed(f"{VARIABLE}: {name} takes signatures that FORMAT.md refuses, or refuses good ones")
    return verify


def judges_by_our_rule(verify: Verify) -> bool:
    """Tell whether a backend takes an honest signature, and none that is changed or holds only when multiplied by eight."""
    changed = _HONEST[:63] + bytes([_HONEST[63] ^ 1])
    return verify(_PUBLIC, _HONEST, _MESSAGE) and not any(verify(_PUBLIC, bad, _MESSAGE) for bad in (_MIXED, changed))


@lru_cache(maxsize=1)
def choose_backend() -> Verify:
    """Choose the backend: the one that the environment names, or the fastest that judges by our rule."""
    named = os.environ.get(VARIABLE)
    if named:
        return load_backend(named)
    for name in list_backends():
        try:
            return load_backend(name)
        except (Malformed, ImportError):
            continue
    return verify_with_cryptography
