"""Signed notes of C2SP signed-note: a text, a blank line, and signature lines that anybody may add to.

https://c2sp.org/signed-note. Ed25519 signatures (type 0x01) are made and verified here; lines by unknown keys are ignored, as the
specification demands. Witnesses' lines (type 0x04) have their own rule in ledger/cosignature.py.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from ledger.errors import BadSignature, Malformed
from ledger.keys import KEY_BYTES, Sign, check_public_key, verify_signature

ED25519 = 0x01  #: signature type of signed-note
MAX_NOTE_BYTES = 1_000_000
MAX_SIGNATURES = 100  #: the specification asks for 16 at least
_KEY_NAME = re.compile(r"[^\s+]+")
_DASH = "— "  # an em dash and a space begin each signature line


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A named public key of a note's signer, written `name+hash+base64(type ‖ key)`."""

    name: str
    type: int
    public: bytes

    @property
    def id(self) -> bytes:
        """Give the 4-byte key id: SHA-256(name ‖ LF ‖ type ‖ key)[:4]."""
        return sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.public).digest()[:4]

    def to_text(self) -> str:
        """Write the key in one line."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.type]) + self.public).decode()}"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line."""

    name: str
    id: bytes  #: 4 bytes
    signature: bytes

    def to_text(self) -> str:
        """Write the line, with its line feed."""
        return f"{_DASH}{self.name} {base64.b64encode(self.id + self.signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text with the signature lines found under it; none of them verified yet."""

    text: str  #: ends with a line feed
    signatures: tuple[Signature, ...]


def read_verifier_key(text: str) -> VerifierKey:
    """Read an Ed25519 verifier key in its one-line form; raises Malformed."""
    return read_key_of_type(text, ED25519)


def read_key_of_type(text: str, wanted: int) -> VerifierKey:
    """Read a verifier key over Ed25519 of one signature type in its one-line form; raises Malformed, for keys of other types too."""
    key = split_verifier_key(text)
    if len(key.public) != KEY_BYTES or key.type != wanted:
        words = "an Ed25519 verifier key" if wanted == ED25519 else f"a verifier key of type {wanted:#04x}"
        raise Malformed(f"not {words} of the form name+hash+base64")
    check_public_key(key.public)
    return key


def split_verifier_key(text: str) -> VerifierKey:
    """Split a verifier key of any type from its one-line form, its hash compared, its bytes not judged; raises Malformed."""
    name, _, rest = text.strip().partition("+")
    hash_text, _, encoded = rest.partition("+")
    data = decode_base64(encoded, "the verifier key")
    if not _KEY_NAME.fullmatch(name) or len(data) < 2:  # noqa: PLR2004 - a type and a key
        raise Malformed("not a verifier key of the form name+hash+base64")
    key = VerifierKey(name, data[0], data[1:])
    if hash_text != key.id.hex():
        raise Malformed("the verifier key's hash does not fit its name and bytes")
    return key


def sign_note(text: str, key: VerifierKey, sign: Sign) -> str:
    """Sign a text as a note with one signature line; raises Malformed for a text that no note can hold."""
    _check_text(text)
    return f"{text}\n{write_signature_line(key, sign(text.encode()))}"


def write_signature_line(key: VerifierKey, signature: bytes) -> str:
    """Write a key's signature line, with its line feed."""
    return Signature(key.name, key.id, signature).to_text()


def countersign_note(note: str, key: VerifierKey, sign: Sign) -> str:
    """Add a signature line by one more key to a note; raises Malformed if that is no note."""
    signature = base64.b64encode(key.id + sign(parse_note(note).text.encode())).decode()
    return f"{note}{_DASH}{key.name} {signature}\n"


def parse_note(data: str | bytes) -> Note:
    """Parse a note strictly; raises Malformed."""
    if len(data) > MAX_NOTE_BYTES:
        raise Malformed("the note is too long")
    if isinstance(data, bytes):
        try:
            data = data.decode("utf-8")
        except UnicodeDecodeError:
            raise Malformed("the note is not UTF-8") from None
    place = data.rfind("\n\n")
    if place < 0:
        raise Malformed("the note has no blank line before its signatures")
    text, lines = data[: place + 1], data[place + 2 :]
    _check_text(text)
    if not lines.endswith("\n"):
        raise Malformed("the note's last signature line has no line feed")
    found = [parse_signature_line(line) for line in lines[:-1].split("\n")]
    if len(found) > MAX_SIGNATURES:
        raise Malformed(f"the note has more than {MAX_SIGNATURES} signature lines")
    return Note(text, tuple(found))


def verify_note(data: str | bytes, keys: Sequence[VerifierKey]) -> tuple[Note, tuple[VerifierKey, ...]]:
    """Verify a note; returns it with the known keys that signed it.

    Raises Malformed for its form, BadSignature if a known key's line does not hold or no known key signed.
    """
    note = parse_note(data)
    signed: list[VerifierKey] = []
    for line in note.signatures:
        for key in keys:
            if (line.name, line.id) == (key.name, key.id) and key not in signed:
                if not verify_signature(key.public, line.signature, note.text.encode()):
                    raise BadSignature(f"the note's signature by {key.name} does not hold")
                signed.append(key)
    if not signed:
        raise BadSignature("the note is signed by none of the keys that were asked for")
    return note, tuple(signed)


def parse_signature_line(line: str) -> Signature:
    """Parse a signature line without its line feed; raises Malformed."""
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not _KEY_NAME.fullmatch(name):
        raise Malformed("a signature line of the note is not of the form '— name base64'")
    data = decode_base64(encoded, "a signature line")
    if len(data) <= 4:  # noqa: PLR2004 - the key id alone
        raise Malformed("a signature line of the note is too short")
    return Signature(name, data[:4], data[4:])


def _check_text(text: str) -> None:
    if not text.endswith("\n"):
        raise Malformed("the note's text does not end with a line feed")
    if any(ord(character) < 0x20 and character != "\n" for character in text):  # noqa: PLR2004 - the space
        raise Malformed("the note holds a control character")


def decode_base64(text: str, where: str) -> bytes:
    """Read base64 in its one canonical form, with padding; raises Malformed."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(f"{where} is not base64") from None
    if base64.b64encode(data).decode() != text:
        raise Malformed(f"{where} is not base64 in its one canonical form")
    return data
