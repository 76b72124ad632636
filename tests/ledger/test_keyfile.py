"""Key files: opened by the passphrase alone, and readable by any tool that knows PBKDF2 and AES-GCM."""

import hashlib
import json

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.errors import Malformed
from ledger.keyfile import KeyFile, WrongPassphrase, open_key, seal_key
from ledger.keys import SigningKey

PASSPHRASE = "correct horse battery staple"


@pytest.fixture(scope="module")
def sealed() -> tuple[KeyFile, bytes]:
    file = KeyFile(SigningKey.generate(), "ledger.example/main", "o-firm00", "h-1c9b2e")
    return file, seal_key(file, PASSPHRASE)


def test_a_key_comes_back_with_what_it_was_made_for(sealed: tuple[KeyFile, bytes]) -> None:
    file, data = sealed

    opened = open_key(data, PASSPHRASE)

    assert opened.key.reveal_seed() == file.key.reveal_seed()
    assert (opened.log, opened.organisation, opened.holder) == ("ledger.example/main", "o-firm00", "h-1c9b2e")


def test_a_stranger_s_tool_opens_it_by_the_format_page(sealed: tuple[KeyFile, bytes]) -> None:
    file, data = sealed
    document = json.loads(data)
    head = {name: value for name, value in document.items() if name != "sealed"}

    stretched = hashlib.pbkdf2_hmac("sha256", PASSPHRASE.encode(), bytes.fromhex(document["salt"]), document["rounds"])
    authenticated = json.dumps(head, sort_keys=True, separators=(",", ":")).encode()
    seed = AESGCM(stretched).decrypt(bytes.fromhex(document["nonce"]), bytes.fromhex(document["sealed"]), authenticated)

    assert seed == file.key.reveal_seed()
    assert document["rounds"] >= 600_000


def test_another_passphrase_does_not_open_it(sealed: tuple[KeyFile, bytes]) -> None:
    with pytest.raises(WrongPassphrase):
        open_key(sealed[1], PASSPHRASE + "r")


@pytest.mark.parametrize("name", ["organisation", "holder", "log", "key"])
def test_a_changed_header_does_not_open(sealed: tuple[KeyFile, bytes], name: str) -> None:
    document = json.loads(sealed[1])
    document[name] = document[name][:-1] + ("a" if document[name][-1] != "a" else "b")

    with pytest.raises(Malformed):
        open_key(json.dumps(document).encode(), PASSPHRASE)


@pytest.mark.parametrize("rounds", [1, 599_999, 10_000_001, True, "600000", None])
def test_too_few_and_absurd_rounds_are_refused(sealed: tuple[KeyFile, bytes], rounds: object) -> None:
    document = json.loads(sealed[1]) | {"rounds": rounds}

    with pytest.raises(Malformed, match="rounds"):
        open_key(json.dumps(document).encode(), PASSPHRASE)


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(Malformed, match="passphrase"):
        seal_key(KeyFile(SigningKey.generate(), "ledger.example/main", "o-firm00", "h-1c9b2e"), "short")


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\x00", b'{"format":"symbiosis-ledger/key-file/v2"}', b"x" * 20_000])
def test_what_is_no_key_file_is_said_so(data: bytes) -> None:
    with pytest.raises(Malformed):
        open_key(data, PASSPHRASE)
