"""The pictures that README shows; `SCREENSHOTS=write` takes them anew, otherwise each must be there and its page to be taken still."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.architecture import ROOT
from tests.site.demo.conftest import ServedDemo, become

pytestmark = pytest.mark.slow

FOLDER = ROOT / "tests" / "site" / "screenshots"
SIZE: ViewportSize = {"width": 1120, "height": 760}


def show_signing(page: Page) -> None:
    """A vote, just before it is signed."""
    become(page, "gyproc-scale")
    page.goto("/n/kalundborg/deliveries/gypsum.2025-40/correct")
    page.locator('[name="reason"]').fill("Scale drifted after the frost; calibrated again on the same day.")
    page.locator('[name="quantity"]').fill("1749")
    page.get_by_role("button", name="Check and go on to sign").click()
    expect(page.locator("#sign-button")).to_be_visible()


def show_allocation(page: Page) -> None:
    """An allocation with other rules beside it."""
    become(page, "gyproc-board")
    page.goto("/n/kalundborg/allocations?period=2025-06")
    page.locator("tbody a").first.click()
    expect(page.locator("figure svg").first).to_be_visible()


def show_flows(page: Page) -> None:
    """What flowed in a quarter."""
    become(page, "facilitator")
    page.goto("/n/kalundborg/flows")
    expect(page.locator("figure svg").first).to_be_visible()


def show_tampering(page: Page) -> None:
    """A forged copy, found."""
    page.goto("/demo/tamper")
    page.get_by_role("button", name="Do it, and verify the copy").click()
    expect(page.locator("#why-figure")).to_be_visible(timeout=60_000)
    page.locator("#verdict-title").scroll_into_view_if_needed()


PICTURES = {"sign": show_signing, "allocation": show_allocation, "flows": show_flows, "tamper": show_tampering}


@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_of_readme_can_be_taken(demo: ServedDemo, name: str, tmp_path: Path) -> None:
    page = demo.open()
    page.set_viewport_size(SIZE)

    PICTURES[name](page)
    path = (FOLDER if os.environ.get("SCREENSHOTS") == "write" else tmp_path) / f"{name}.png"
    page.screenshot(path=path)

    assert path.stat().st_size > 10_000
    assert f"tests/site/screenshots/{name}.png" in (ROOT / "README.md").read_text("utf-8")
    assert (FOLDER / f"{name}.png").is_file()
    assert not demo.faults
