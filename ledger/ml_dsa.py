"""ML-DSA-44 (FIPS 204), safe against quantum computers, where the installed `cryptography` has it: keys, signatures, and what they sign.

Notes carry it as C2SP tlog-cosignature has it (type 0x06): a cosigner's timed word on a checkpoint, which names the cosigner. A log can
cosign its own checkpoints so, beside the line of its Ed25519 key; whoever does not know the type passes the line over.
"""

from functools import lru_cache
from importlib import import_module
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from ledger.checkpoint import Checkpoint
from ledger.errors import Malformed
from ledger.merkle import HASH_BYTES

SEED_BYTES, PUBLIC_BYTES, SIGNED_BYTES = 32, 1312, 2420  #: of the private key's seed, the public key and a signature; FIPS 204, table 2
MAX_NAME_BYTES = 255  #: of a cosigner's and a log's name; their length has one byte
_MODULE = "cryptography.hazmat.primitives.asymmetric.mldsa"
_LABEL = b"subtree/v1\n\x00"
_MISSING = "the installed cryptography has no ML-DSA-44: a newer release, or one built on a newer OpenSSL, has"


class MlDsaKey:
    """A private key from its seed of 32 bytes; raises Malformed for another length, and where the installed library has no ML-DSA-44."""

    def __init__(self, seed: bytes) -> None:
        library = _load(_MODULE)
        if len(seed) != SEED_BYTES:
            raise Malformed(f"a private key of ML-DSA-44 is made from a seed of {SEED_BYTES} bytes")
        self._key = library.MLDSA44PrivateKey.from_seed_bytes(seed)
        self.public: bytes = self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Sign a message; 2,420 bytes, others each time."""
        signature: bytes = self._key.sign(message)
        return signature


def has_ml_dsa() -> bool:
    """Tell whether the installed library has ML-DSA-44."""
    try:
        _load(_MODULE)
    except Malformed:
        return False
    return True


def check_ml_dsa_key(public: bytes) -> None:
    """Check the form of a public key; raises Malformed, also where the library has no ML-DSA-44."""
    _read_public(public)


def verify_ml_dsa(public: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether a signature holds; raises Malformed for what is no public key, and where the library has no ML-DSA-44."""
    try:
        _read_public(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def write_cosigned_message(cosigner: str, time: int, checkpoint: Checkpoint) -> bytes:
    """Write what a cosigner signs of a checkpoint (tlog-cosignature, "ML-DSA-44 signed message"); its extension lines are not in it.

    cosigner: name of its key. time: seconds since 1970, 0 where it gives none. Raises Malformed for names and roots that have no place.
    """
    if len(checkpoint.root) != HASH_BYTES:
        raise Malformed(f"a checkpoint's root has {HASH_BYTES} bytes")
    parts = [_LABEL, _write_opaque(cosigner), time.to_bytes(8, "big"), _write_opaque(checkpoint.origin)]
    start = 0  # a checkpoint is the subtree from the first leaf on
    return b"".join([*parts, start.to_bytes(8, "big"), checkpoint.size.to_bytes(8, "big"), checkpoint.root])


def _write_opaque(text: str) -> bytes:
    data = text.encode()
    if not 1 <= len(data) <= MAX_NAME_BYTES:
        raise Malformed(f"a name under ML-DSA-44 has 1 to {MAX_NAME_BYTES} bytes")
    return bytes([len(data)]) + data


def _read_public(public: bytes) -> Any:  # noqa: ANN401 - a class that older releases do not have
    library = _load(_MODULE)
    if len(public) != PUBLIC_BYTES:
        raise Malformed(f"a public key of ML-DSA-44 has {PUBLIC_BYTES} bytes")
    return library.MLDSA44PublicKey.from_public_bytes(public)


@lru_cache(maxsize=1)
def _load(name: str) -> Any:  # noqa: ANN401 - a module that older releases do not have
    """Load the library's module and try it; raises Malformed where it is missing, or there and without a backend."""
    try:
        module = import_module(name)
        module.MLDSA44PrivateKey.from_seed_bytes(bytes(SEED_BYTES))
    except (ImportError, AttributeError, UnsupportedAlgorithm):
        raise Malformed(_MISSING) from None
    return module
