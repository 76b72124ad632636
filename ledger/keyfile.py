"""Key files: a private key under a passphrase, in a form that a browser's WebCrypto makes and reads too.

PBKDF2-HMAC-SHA-256 stretches the passphrase (NFC, UTF-8), AES-256-GCM encrypts the 32-byte seed; the header is authenticated with it,
so that neither the holder nor the number of rounds can be changed unseen. FORMAT.md, section "Key files".
"""

import secrets
import unicodedata
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from ledger.canonical import JSON, decode_json, encode_canonical
from ledger.errors import Malformed
from ledger.keys import SigningKey

ROUNDS = 600_000  #: OWASP password storage cheat sheet, 2023, for PBKDF2-HMAC-SHA-256
MAX_ROUNDS = 10_000_000  #: more would only tire the reader
MIN_PASSPHRASE = 12  #: characters
_FORMAT = "symbiosis-ledger/key-file/v1"
_NAMES = {"format", "key", "log", "organisation", "holder", "kdf", "rounds", "salt", "cipher", "nonce", "sealed"}


class WrongPassphrase(Malformed):
    """The passphrase does not open the key file, or the file was changed."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """An opened key file: the key, and for whom on which log it was made."""

    key: SigningKey
    log: str
    organisation: str
    holder: str  #: random pseudonym of the person


def seal_key(file: KeyFile, passphrase: str, rounds: int = ROUNDS) -> bytes:
    """Write a key file; raises Malformed for a passphrase under 12 characters or fewer than 600,000 rounds."""
    if len(passphrase) < MIN_PASSPHRASE:
        raise Malformed(f"passphrase: at least {MIN_PASSPHRASE} characters are wanted")
    if not ROUNDS <= rounds <= MAX_ROUNDS:
        raise Malformed(f"rounds: {ROUNDS} to {MAX_ROUNDS} are wanted")
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    header: dict[str, JSON] = {
        "format": _FORMAT,
        "key": file.key.multikey,
        "log": file.log,
        "organisation": file.organisation,
        "holder": file.holder,
        "kdf": "PBKDF2-HMAC-SHA-256",
        "rounds": rounds,
        "salt": salt.hex(),
        "cipher": "AES-256-GCM",
        "nonce": nonce.hex(),
    }
    sealed = AESGCM(_stretch(passphrase, salt, rounds)).encrypt(nonce, file.key.reveal_seed(), encode_canonical(header))
    return encode_canonical({**header, "sealed": sealed.hex()}) + b"\n"


def open_key(data: bytes, passphrase: str) -> KeyFile:
    """Open a key file; raises Malformed for its form, WrongPassphrase if it does not open."""
    value = decode_json(data, 10_000)
    if not isinstance(value, dict) or set(value) != _NAMES or value["format"] != _FORMAT:
        raise Malformed("not a key file of symbiosis-ledger/key-file/v1")
    rounds = value["rounds"]
    if not isinstance(rounds, int) or not ROUNDS <= rounds <= MAX_ROUNDS:
        raise Malformed(f"rounds: {ROUNDS} to {MAX_ROUNDS} are wanted")
    texts = {name: text for name, text in value.items() if isinstance(text, str)}
    if len(texts) != len(value) - 1 or texts["kdf"] != "PBKDF2-HMAC-SHA-256" or texts["cipher"] != "AES-256-GCM":
        raise Malformed("the key file names another way of encryption")
    try:
        salt, nonce, sealed = (bytes.fromhex(texts[name]) for name in ("salt", "nonce", "sealed"))
        header = encode_canonical({name: item for name, item in value.items() if name != "sealed"})
        seed = AESGCM(_stretch(passphrase, salt, rounds)).decrypt(nonce, sealed, header)
    except ValueError:
        raise Malformed("salt, nonce and sealed are hex digits") from None
    except InvalidTag:
        raise WrongPassphrase("the passphrase does not open this key file") from None
    key = SigningKey(seed)
    if key.multikey != texts["key"]:
        raise Malformed("the key file holds another key than it names")
    return KeyFile(key, texts["log"], texts["organisation"], texts["holder"])


def _stretch(passphrase: str, salt: bytes, rounds: int) -> bytes:
    kdf = PBKDF2HMAC(algorithm=SHA256(), length=32, salt=salt, iterations=rounds)
    return kdf.derive(unicodedata.normalize("NFC", passphrase).encode())
