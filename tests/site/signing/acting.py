"""What people do on the pages of keys and of signing."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Page, expect

from ledger.canonical import JSON
from tests.network import LOG, OPERATOR
from tests.site.live_site import PASSPHRASE, LiveSite
from webui.pages.static_files import make_address

#: Keeps a key that was not in a file: stretching a passphrase takes a second on each side.
KEEP = """async ({ keys, owner, key, seed }) => {
  const { keepKey } = await import(keys);
  const pkcs8 = Uint8Array.from(`302e020100300506032b657004220420${seed}`.match(/../g), (pair) => parseInt(pair, 16));
  await keepKey({ ...owner, key, private: await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]) }, owner);
}"""


def a_grant(site: LiveSite, grant: str, **changes: JSON) -> dict[str, JSON]:
    """Write a draft that the facilitator may sign at any time."""
    fields: dict[str, JSON] = {
        "organisation": site.network.id("auditco"),
        "scope": "network",
        "agreement": None,
        "sealed": False,
        "valid_until": "2025-06-30",
        "reason": "Yearly audit <b>of all</b>",
    }
    return {"kind": "grant.given", "about": f"grant:{grant}", "fields": {**fields, **changes}}


def make_key(page: Page, folder: Path, passphrase: str) -> Path:
    """Make a key on the key page, where the reader is; gives the saved backup."""
    page.get_by_label("New passphrase").fill(passphrase)
    with page.expect_download() as download:
        page.get_by_role("button", name="Make a key and save its backup").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def open_key(page: Page, path: Path, passphrase: str = PASSPHRASE) -> None:
    """Open a key file on the key page, where the reader is."""
    page.get_by_label("Key file").set_input_files(path)
    page.get_by_label("Its passphrase").fill(passphrase)
    page.get_by_role("button", name="Open it and keep the key").click()


def bring_key(site: LiveSite, page: Page, by: str = OPERATOR) -> None:
    """Leave a test person's key in the browser as opening its file does, for tests of what comes after; leads to the page of keys."""
    key = site.network.key(by)
    owner = {"log": LOG, "organisation": site.network.id(by.partition("/")[0]), "holder": site.network.holder(by)}
    page.goto(site.path("/keys"))
    page.evaluate(KEEP, {"keys": make_address("keys.js"), "owner": owner, "key": key.multikey, "seed": key.reveal_seed().hex()})


def go_to_trial(site: LiveSite, page: Page, draft: Mapping[str, JSON] | list[Any]) -> None:
    """Go to the page on which a draft is signed."""
    page.goto(site.path("/trial?draft=" + quote(json.dumps(draft))))
    expect(page.locator("#sign-state")).not_to_be_empty()


def press_sign(page: Page) -> None:
    """Press the button."""
    page.get_by_role("button", name="Sign and enter").click()


def expect_entered(page: Page) -> int:
    """Expect to come to the page after signing; gives the index of the entry."""
    page.wait_for_url("**/keys?entry=*")
    return int(page.url.rpartition("=")[2])
