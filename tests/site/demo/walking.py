"""A walk through every page of a served demo: which addresses there are, and as whom each is looked at."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext
from werkzeug.routing import Rule

from contracts.facts import Role
from contracts.views import agreements, allocations, certificates, deliveries, governance, parties, settlement
from contracts.views.sight import Reader, find_sight
from tests.site.demo.conftest import ServedDemo, become
from webui.pages.endpoints import is_page

#: Whose eyes: the first one for whom a page is there looks at it; "" is a stranger.
VISITORS = ("", "facilitator", "firm", "gyproc-scale", "asnaes-scale", "laboratory", "board", "auditor")
#: What answers with a file, or only sends on: no page to be looked at.
NO_PAGES = {
    "/static/<string:version>/<path:name>",
    "/demo/copy.zip",
    "/demo/key",
}


@dataclass(frozen=True, slots=True)
class Place:
    """One page."""

    rule: str
    path: str


def list_places(demo: ServedDemo) -> Iterator[Place]:
    """List every page that is asked for with GET; KeyError where the walk does not know what a part of an address may be."""
    samples = find_samples(demo)
    for rule in sorted(demo.app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if is_page(rule.endpoint) and "GET" in (rule.methods or ()) and rule.rule not in NO_PAGES:
            yield Place(rule.rule, fill_in(rule, samples))


def fill_in(rule: Rule, samples: dict[str, str]) -> str:
    """Fill the parts of an address in, by their names."""
    return re.sub(r"<\w+:(\w+)>", lambda found: samples[found[1]], rule.rule)


def find_samples(demo: ServedDemo) -> dict[str, str]:
    """Find one thing of each kind in the played year, with the auditor's eyes."""
    log = demo.runtime.log(demo.stage.network)
    with demo.runtime.reading() as connection:
        record = next(one for one in log.read_authority().keys.values() if Role.AUDITOR in one.roles)
        reader = Reader(record.organisation, record.holder, frozenset(record.roles))
        sight = find_sight(connection, log.log_id, reader, demo.runtime.clock.now())
        own = parties.list_keys(sight, organisation="o-symbiosis", after="", limit=1)[0].key
        return {
            "network": demo.stage.network,
            "agreement": agreements.find_agreement(sight, "gypsum").agreement,
            "delivery": deliveries.list_deliveries(sight, agreement="gypsum", period=None, state=None, after=None, limit=1)[0].delivery,
            "certificate": certificates.list_certificates(sight, delivery=None, agreement=None, after=-1, limit=1)[0].certificate,
            "allocation": allocations.list_allocations(sight, period=None, after=-1, limit=1)[0].allocation,
            "review": governance.list_reviews(sight, after=-1, limit=1)[0].review,
            "resolution": governance.list_resolutions(sight, after=-1, limit=1)[0].review,
            "account": settlement.list_accounts(sight, period=None, after=-1, limit=1)[0].account,
            "period": "2025-03",
            "organisation": "o-gyproc",
            "template": "material-supply@1",
            "key": own,
            "index": "100",
            "number": "1",
            "person": "1",
        }


def open_eyes(demo: ServedDemo, browser: Browser, visitor: str) -> BrowserContext:
    """Open a browser of a visitor's own."""
    context = browser.new_context(base_url=demo.address, locale="en-GB", reduced_motion="reduce")
    if visitor:
        page = context.new_page()
        become(page, visitor)
        page.close()
    return context
