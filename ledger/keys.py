"""Ed25519 keys under one rule: RFC 8032, cofactorless, S < L, canonical R, public keys canonical and of prime order.

Libraries disagree at the edges (a low-order key verifies one fixed signature on every text); this rule stands before any of them,
whichever ledger/signature_backend.py chooses.
Public keys are written as Multikey text (`z6Mk…`, as in did:key) and signatures as 128 lower-case hex digits.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.errors import Malformed
from ledger.signature_backend import Verify, choose_backend

KEY_BYTES = 32
SIGNATURE_BYTES = 64
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ED25519_PREFIX = b"\xed\x01"  #: multicodec ed25519-pub, 0xed as varint
_P = 2**255 - 19  #: the field, RFC 8032 section 5.1
_L = 2**252 + 27742317777372353535851937790883648493  #: order of the base point, RFC 8032 section 5.1
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
_Y_BITS = 2**255 - 1  #: what of an encoded point is y; the bit above is the sign of x
_NEUTRAL = (b"\x01" + bytes(31), b"\x01" + bytes(30) + b"\x80")  #: the point (0, 1), and its spelling with a sign that x = 0 has not

Point: TypeAlias = tuple[int, int, int, int]  #: extended coordinates X, Y, Z, T of RFC 8032 section 5.1.4
Sign: TypeAlias = Callable[[bytes], bytes]  #: signs a message with a key that the caller holds


def base58_encode(data: bytes) -> str:
    """Write bytes in base58btc."""
    number = int.from_bytes(data, "big")
    text = ""
    while number:
        number, digit = divmod(number, 58)
        text = _ALPHABET[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\x00"))) + text


def base58_decode(text: str) -> bytes:
    """Read base58btc of at most 128 characters; raises Malformed."""
    if len(text) > 128:  # noqa: PLR2004 - a key has 48: longer text is no key and would cost quadratic time
        raise Malformed("base58 text is too long")
    number = 0
    for character in text:
        digit = _ALPHABET.find(character)
        if digit < 0:
            raise Malformed(f"{character!r} is not a base58 digit")
        number = number * 58 + digit
    zeros = len(text) - len(text.lstrip("1"))
    return b"\x00" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def encode_multikey(public: bytes) -> str:
    """Write a 32-byte public key as Multikey text."""
    return "z" + base58_encode(_ED25519_PREFIX + public)


@lru_cache(maxsize=65536)
def decode_multikey(text: str) -> bytes:
    """Read Multikey text into a checked 32-byte public key; raises Malformed."""
    if not text.startswith("z"):
        raise Malformed("a key is written as Multikey text that begins with z6Mk")
    data = base58_decode(text[1:])
    if data[:2] != _ED25519_PREFIX or len(data) != KEY_BYTES + 2 or encode_multikey(data[2:]) != text:
        raise Malformed("not the Multikey text of an Ed25519 key")
    check_public_key(data[2:])
    return data[2:]


@lru_cache(maxsize=65536)
def check_public_key(public: bytes) -> None:
    """Raise Malformed unless a public key is a canonical point of prime order."""
    point = _decode_point(public)
    if point is None:
        raise Malformed("the public key is not a canonical point of the curve")
    if _is_identity(point) or not _is_identity(_multiply(_L, point)):
        raise Malformed("the public key is not of prime order: one signature could fit every text")


def verify_signature(public: bytes, signature: bytes, message: bytes, verify: Verify | None = None) -> bool:
    """Tell whether a signature holds under this module's rule; raises Malformed for a key that the rule refuses.

    verify: the backend that multiplies on the curve; without one the chosen one.
    """
    check_public_key(public)
    return is_well_formed(signature) and (verify or choose_backend())(public, signature, message)


def is_well_formed(signature: bytes) -> bool:
    """Tell whether a signature has 64 bytes, S < L, an R whose y is below the field's prime, and an R that is not the neutral point.

    A signature whose R is the neutral point gives its key away (S is then the key times a public number), and backends disagree about it.
    """
    if len(signature) != SIGNATURE_BYTES or int.from_bytes(signature[32:], "little") >= _L:
        return False
    return int.from_bytes(signature[:32], "little") & _Y_BITS < _P and signature[:32] not in _NEUTRAL


class SigningKey:
    """An Ed25519 private key in memory, of a client or of the service itself."""

    __slots__ = ("_private", "multikey", "public")

    def __init__(self, seed: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._private.public_key().public_bytes_raw()  #: 32 bytes
        self.multikey = encode_multikey(self.public)  #: z6Mk…

    @classmethod
    def generate(cls) -> "SigningKey":
        """Make a new key from the system's randomness."""
        return cls(Ed25519PrivateKey.generate().private_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Sign a message; 64 bytes."""
        return self._private.sign(message)

    def reveal_seed(self) -> bytes:
        """Return the 32 secret bytes, for a key file and nothing else."""
        return self._private.private_bytes_raw()


def _decode_point(data: bytes) -> Point | None:
    """Decode a canonical point, RFC 8032 section 5.1.3; None if there is none."""
    if len(data) != KEY_BYTES:
        return None
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _add(one: Point, two: Point) -> Point:
    a = (one[1] - one[0]) * (two[1] - two[0]) % _P
    b = (one[1] + one[0]) * (two[1] + two[0]) % _P
    c = 2 * one[3] * two[3] * _D % _P
    d = 2 * one[2] * two[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _multiply(scalar: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _add(total, point)
        point, scalar = _add(point, point), scalar >> 1
    return total


def _is_identity(point: Point) -> bool:
    return point[0] % _P == 0 and (point[1] - point[2]) % _P == 0
