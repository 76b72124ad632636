"""Key files in the browser's own code: what the command writes opens, and nothing else does."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page

from ledger.authority import prove_possession
from ledger.keyfile import KeyFile, open_key, seal_key
from tests.network import LOG, make_key
from tests.site.live_site import PASSPHRASE

#: Calls a function of keys.js with JSON arguments.
CALL = """async ([name, ...given]) => {
  const keys = await import("/keys.js");
  const bytes = given.map((one) => (one?.text ? new TextEncoder().encode(one.text) : one));
  const made = await keys[name](...bytes).catch((error) => ({ code: error.code ?? error.name }));
  return made?.file ? { ...made, file: new TextDecoder().decode(made.file) } : made;
}"""


def call(page: Page, name: str, *given: object) -> Any:
    """Call a function of keys.js in a page."""
    return page.evaluate(CALL, [name, *given])


def test_passphrases_in_two_spellings_of_unicode_are_one(modules: Page) -> None:
    owner = {"log": LOG, "organisation": "o-plasterco", "holder": "h-plast0001"}
    made = call(modules, "makeKeyFile", owner, "Gru\u0308ße an alle")

    assert open_key(made["file"].encode(), "Grüße an alle").key.multikey == made["key"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"holder": "h-somebody"}, "wrong-passphrase"),
        ({"rounds": 599_999}, "no-key-file"),
        ({"rounds": "600000"}, "no-key-file"),
        ({"format": "symbiosis-ledger/key-file/v2"}, "no-key-file"),
        ({"kdf": "scrypt"}, "no-key-file"),
        ({"more": 1}, "no-key-file"),
        ({"sealed": "00" * 48}, "wrong-passphrase"),
        ({"sealed": "zz" * 48}, "wrong-passphrase"),
        ({"sealed": 7}, "TypeError"),
    ],
)
def test_a_changed_key_file_does_not_open(modules: Page, change: dict[str, Any], code: str | None) -> None:
    value = json.loads(seal_key(KeyFile(make_key("x"), LOG, "o-plasterco", "h-plast0001"), PASSPHRASE)) | change
    answer = call(modules, "openKeyFile", {"text": json.dumps(value, indent=1)}, PASSPHRASE)

    assert answer.get("code") == code


def test_a_file_that_names_another_key_than_it_holds_does_not_open(modules: Page) -> None:
    class Liar:
        """A key that calls itself by another's name."""

        multikey = make_key("another").multikey

        def reveal_seed(self) -> bytes:
            return make_key("x").reveal_seed()

    forged = seal_key(KeyFile(Liar(), LOG, "o-plasterco", "h-plast0001"), PASSPHRASE)  # type: ignore[arg-type]  # a liar is no key
    answer = call(modules, "openKeyFile", {"text": forged.decode()}, PASSPHRASE)

    assert answer == {"code": "no-key-file"}


@pytest.mark.parametrize("passphrase", ["short", "☂" * 11])
def test_a_short_passphrase_makes_no_key(modules: Page, passphrase: str) -> None:
    answer = call(modules, "makeKeyFile", {"log": LOG, "organisation": "o-plasterco", "holder": "h-plast0001"}, passphrase)

    assert answer == {"code": "short-passphrase"}


def test_a_proof_of_possession_sorts_its_roles(modules: Page) -> None:
    key = make_key("x")
    sealed = seal_key(KeyFile(key, LOG, "o-plasterco", "h-plast0001"), PASSPHRASE).decode()
    prove = """async ([file, passphrase, roles]) => {
      const { openKeyFile, provePossession } = await import("/keys.js");
      return provePossession(await openKeyFile(new TextEncoder().encode(file), passphrase), roles);
    }"""

    proof = modules.evaluate(prove, [sealed, PASSPHRASE, ["signatory", "finance", "operator"]])

    assert proof == prove_possession(LOG, "o-plasterco", key.multikey, "h-plast0001", ["finance", "operator", "signatory"], key.sign)
