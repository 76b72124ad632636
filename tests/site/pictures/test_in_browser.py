"""Pictures in a real browser, under the site's own policy: nothing is clipped or runs, and letters can be read in both themes."""

from collections.abc import Iterator
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader
from playwright.sync_api import Browser, Page, Route

from tests.architecture import ROOT
from tests.site.pictures.figures import draw_all
from webui.headers import HEADERS

ORIGIN = "http://pictures.localhost"
PAGE = """{% from "pictures/figure.html" import figure %}<!doctype html>
<html lang="en" data-theme="{{ theme }}"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pictures</title><link rel="stylesheet" href="/site.css"><link rel="stylesheet" href="/pictures.css">
<main>{% for one in pictures %}<div class="card">{{ figure(one) }}</div>{% endfor %}</main></html>"""
#: texts outside their drawing, or in one another; half a pixel is rounding
FIND_FAULTS = """() => {
  const faults = [];
  for (const svg of document.querySelectorAll("svg")) {
    if (svg.checkVisibility() === false) continue;
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")].map(one => [one.textContent, one.getBoundingClientRect()]);
    texts.forEach(([words, box], at) => {
      const beside = box.left < frame.left - 1 || box.right > frame.right + 1;
      if (beside || box.top < frame.top - 3 || box.bottom > frame.bottom + 3) faults.push("clipped: " + words);
      for (const [others, other] of texts.slice(at + 1)) {
        const wide = Math.min(box.right, other.right) - Math.max(box.left, other.left);
        const high = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top);
        if (wide > 1 && high > 0.4 * Math.min(box.height, other.height)) faults.push("meet: " + words + " | " + others);
      }
    });
  }
  return faults;
}"""
#: least contrast of letters, and of marks and lines, with the card that they stand on
MEASURE_CONTRAST = """() => {
  const parse = text => text.match(/[0-9.]+/g).slice(0, 3).map(Number);
  const linear = value => value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
  const light = rgb => 0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2]);
  const ratio = (one, other) => {
    const [high, low] = [light(one), light(other)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  const ground = parse(getComputedStyle(document.querySelector(".card")).backgroundColor);
  const on = (selector, property) => [...document.querySelectorAll("svg " + selector)].map(one => getComputedStyle(one)[property])
    .filter(value => value.startsWith("rgb")).map(value => ratio(parse(value), ground));
  return { letters: Math.min(...on("text:not(.pic-on-own)", "fill")),
           marks: Math.min(...on(".pic-node, .pic-rise, .pic-sum, .pic-one, .pic-flag, .pic-event, .pic-recorded, .pic-tip", "fill"),
                           ...on(".pic-link, .pic-site, .pic-alone, .pic-axis, .pic-edge-fall, .pic-edge-two, .pic-edge-four", "stroke")) };
}"""


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page that keeps what the browser complains of."""
    page = chromium.new_page()
    yield page
    page.close()


def open_pictures(page: Page, width: int, theme: str, name: str | None = None) -> list[str]:
    """Open all pictures under the site's headers; gives the list to which complaints are added."""
    templates = Environment(loader=FileSystemLoader(ROOT / "webui/templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    templates.globals["_"] = lambda words: words
    html = templates.from_string(PAGE).render(pictures=draw_all(name).values(), theme=theme)

    def answer(route: Route) -> None:
        file = route.request.url.removeprefix(f"{ORIGIN}/")
        if file:
            route.fulfill(path=ROOT / "webui/static" / file, headers=HEADERS, content_type="text/css")
        else:
            route.fulfill(body=html, headers=HEADERS, content_type="text/html; charset=utf-8")

    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
    page.route(f"{ORIGIN}/**", answer)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{ORIGIN}/")
    return complaints


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 700, 1920])
def test_no_label_is_clipped_or_runs_into_another_at_any_width(page: Page, width: int, theme: str) -> None:
    complaints = open_pictures(page, width, theme)

    assert page.evaluate(FIND_FAULTS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []


@pytest.mark.parametrize("name", ['<script>alert("1")</script>', '"><img src=x onerror=alert(1)>', "W" * 300, "\ufdfd" * 40, "漢字" * 60])
def test_hostile_names_stay_in_their_place(page: Page, name: str) -> None:
    complaints = open_pictures(page, 320, "light", name)

    assert page.evaluate(FIND_FAULTS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.locator("img, script").count() == 0
    assert complaints == []


@pytest.mark.parametrize(("width", "form"), [(320, "narrow"), (1280, "wide")])
def test_just_the_drawing_that_fits_is_shown_to_everybody(page: Page, width: int, form: str) -> None:
    open_pictures(page, width, "light")

    shown: list[Any] = page.evaluate(
        "[...document.querySelectorAll('svg')].filter(one => one.checkVisibility()).map(one => one.classList[1])"
    )
    assert shown == [f"pic-{form}"] * 7
    assert page.get_by_role("img", name="Shares by rule, 2025-03").count() == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_letters_and_marks_stand_out_from_the_ground(page: Page, theme: str) -> None:
    open_pictures(page, 1280, theme)

    contrast = page.evaluate(MEASURE_CONTRAST)

    assert contrast["letters"] >= 4.5
    assert contrast["marks"] >= 3


def test_letters_on_a_phone_are_large_enough_to_read(page: Page) -> None:
    open_pictures(page, 320, "light")

    sizes: list[float] = page.evaluate(
        """[...document.querySelectorAll("svg.pic-narrow")].flatMap(svg => [...svg.querySelectorAll("text")].map(
        one => Number(one.getAttribute("font-size")) * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width))"""
    )
    assert min(sizes) >= 8.5


def test_on_paper_the_table_stands_beside_the_picture_in_ink_on_white(page: Page) -> None:
    open_pictures(page, 1280, "dark")
    page.emulate_media(media="print")

    assert page.locator("#waterfall table").is_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('#waterfall svg .pic-sum')).fill") == "rgb(43, 63, 74)"
