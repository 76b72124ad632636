"""What people do in a browser to offer and sign a contract, on the pages of contracts."""

from playwright.sync_api import Page

from tests.site.agreements.test_offering import an_order
from tests.site.signing.acting import press_sign

#: What a form of an offer does not know by itself.
TERMS = {name: value for name, value in an_order().items() if name.startswith("parameters.") and not name.endswith(("order", "joint"))}


def fill(page: Page, name: str, value: str) -> None:
    """Type into a field, or choose in it."""
    field = page.locator(f'[name="{name}"]')
    if field.evaluate("one => one.tagName") == "SELECT":
        field.select_option(value)
    else:
        field.fill(value)


def fill_in_offer(page: Page, **changes: str) -> None:
    """Go to the form of a contract for materials and fill it in."""
    page.get_by_role("link", name="Contracts", exact=True).click()
    page.get_by_role("link", name="Offer a contract").click()
    page.locator("section", has_text="by-product, residue or waste material").get_by_role("link", name="Fill it in").click()
    for name, value in {**TERMS, "reply_by": "2025-01-20", **changes}.items():
        fill(page, name, value)


def sign_here(page: Page, button: str = "Check and go on to sign") -> None:
    """Go on from a form, sign, and come to the contract's page."""
    page.get_by_role("button", name=button).click()
    press_sign(page)
    page.wait_for_url("**/agreements/*?entry=*")


def open_contract(page: Page, number: str) -> None:
    """Open a contract from the list."""
    page.get_by_role("link", name="Contracts", exact=True).click()
    page.get_by_role("link", name=number).click()


def give_signature(page: Page, office: str) -> None:
    """Read the contract, choose the office and sign."""
    page.get_by_role("link", name="Read and sign").click()
    page.get_by_label("You sign as").select_option(office)
    sign_here(page)
