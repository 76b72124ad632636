"""Every page of the demo, whoever it is for: accessible in both themes, no wider than any screen, and all of it reached by keyboard."""

import os
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page

from tests.conftest import IS_CI
from tests.site.demo.conftest import ServedDemo
from tests.site.demo.walking import VISITORS, list_places, open_eyes
from tests.site.live_site import listen

pytestmark = pytest.mark.slow

#: What is checked in which theme: the dark one changes nothing but colours.
THEMES: dict[Literal["light", "dark"], dict[str, Any]] = {"light": {}, "dark": {"runOnly": ["color-contrast"]}}
WIDTHS = (320, 768, 1440, 1920)
#: Addresses that are there only on the way through something; the journeys look at them.
ON_THE_WAY = {
    "/login/factor",
    "/keep-factor",
    "/n/<network:network>/admitted/<organisation:organisation>",
    "/n/<network:network>/proposals/<organisation:organisation>",
    "/n/<network:network>/requests/<index:number>",
    "/n/<network:network>/agreements/<name:agreement>/counter",
    "/n/<network:network>/deliveries/<name:delivery>/approve/<hash:proposal>",
    "/n/<network:network>/deliveries/<name:delivery>/resolve/<hash:proposal>",
    "/n/<network:network>/entries",  # leads to the ledger
    "/n/<network:network>/rulebook/adopt/<name:number>",
}
#: Runs the rules whose faults are serious or critical; the others would take a fifth of the time.
RUN = """(options) => {
  const lesser = axe._audit.rules.filter(({ impact }) => ['minor', 'moderate'].includes(impact)).map(({ id }) => [id, { enabled: false }]);
  return axe.run(document, { resultTypes: ['violations'], rules: Object.fromEntries(lesser), ...options });
}"""
#: Presses of Tab between two looks at where they led.
STRIDE = 20
#: Before the walk with Tab: remembers all that gets the focus, and whether it came back to where it was before.
BEGIN = """() => {
  document.activeElement?.blur();
  Object.assign(window, { __reached: new Set(), __last: null, __again: false });
  document.addEventListener('focusin', ({ target }) => {
    window.__again ||= target !== window.__last && window.__reached.has(target); // a date has several stops in one field
    window.__last = target;
    window.__reached.add(target);
  });
  return document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]').length;
}"""
#: What the walk with Tab never reached.
UNREACHED = """() => {
  const seen = window.__reached;
  const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')];
  return all
    .filter((one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility({ visibilityProperty: true }) && !seen.has(one))
    .filter((one) => one.type !== 'radio' || one.checked)
    .map((one) => one.outerHTML.slice(0, 120));
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    """The checker's script, which `npm install axe-core` brings."""
    path = Path(os.environ.get("AXE_CORE", "node_modules/axe-core/axe.min.js"))
    if not path.is_file():
        if IS_CI:
            pytest.fail("AXE_CORE names no axe.min.js")
        pytest.skip("axe-core is missing: npm install axe-core, and name its axe.min.js in AXE_CORE")
    return path.read_text("utf-8")


def test_every_page_is_accessible_narrow_and_reached_by_keyboard(demo: ServedDemo, axe: str) -> None:
    places = {place.rule: place for place in list_places(demo.app, demo.runtime, demo.stage)}
    looked: set[str] = set()
    wrong: list[str] = []
    for visitor in VISITORS:
        context = open_eyes(demo, demo.browser, visitor)
        client = demo.app.test_client()  # asks first: most visitors are refused most pages, and no page is drawn for that
        for cookie in context.cookies():
            client.set_cookie(cookie["name"], cookie["value"])
        page = context.new_page()
        faults = listen(page)
        for place in [one for one in places.values() if one.rule not in looked]:
            answer = client.get(place.path, base_url=demo.address)
            if answer.status_code != 200:
                continue
            looked.add(place.rule)
            if answer.mimetype != "text/html":
                continue  # what a script asks for
            drawn = page.goto(place.path)
            assert drawn is not None, place.path
            assert drawn.status == 200, place.path
            wrong += [f"{place.path} ({visitor or 'stranger'}): {fault}" for fault in look_at(page, axe)]
        wrong += faults
        context.close()

    print(f"{len(looked)} pages of {len(places)} were looked at")
    assert not wrong, "\n".join(wrong)
    assert set(places) - looked <= ON_THE_WAY


def look_at(page: Page, axe: str) -> list[str]:
    """Look at one page: in both themes, at all widths, and by keyboard."""
    found: list[str] = []
    page.evaluate(axe)
    for scheme, rules in THEMES.items():
        page.emulate_media(color_scheme=scheme)
        result: dict[str, Any] = page.evaluate(RUN, rules)
        for one in result["violations"]:
            if one["impact"] in ("serious", "critical"):
                found += [f"{scheme}: {one['id']}: {node['html'][:160]}" for node in one["nodes"][:3]]
    page.emulate_media(color_scheme="light")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("() => document.documentElement.scrollWidth")
        if wide > width:
            found.append(f"{wide} px wide on a screen of {width}")
    return found + list_unreached(page)


def list_unreached(page: Page) -> list[str]:
    """Walk through a page with the Tab key and list what it never reaches."""
    count = page.evaluate(BEGIN)
    for number in range(min(count + 60, 700)):
        page.keyboard.down("Tab")  # and held down: the focus goes on with each repetition
        if number % STRIDE == STRIDE - 1 and page.evaluate("() => window.__again"):
            break
    page.keyboard.up("Tab")
    return [f"not reached by keyboard: {one}" for one in page.evaluate(UNREACHED)] if count < 590 else []
