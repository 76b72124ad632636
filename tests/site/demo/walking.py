"""A walk through every page of a served demo: which addresses there are, and as whom each is looked at."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask
from playwright.sync_api import Browser, BrowserContext
from werkzeug.routing import Rule

from contracts.facts import Role
from contracts.views import agreements, allocations, certificates, deliveries, governance, parties, settlement
from contracts.views.sight import Reader, find_sight
from tests.site.demo.conftest import ServedDemo, become
from webui.demo.stage import Stage
from webui.pages.endpoints import is_page
from webui.runtime import Runtime

#: Whose eyes: the first one for whom a page is there looks at it; "" is a stranger.
VISITORS = ("", "facilitator", "firm", "asnaes", "gyproc-scale", "asnaes-scale", "laboratory", "board", "auditor")
#: What answers with a file, or only sends on: no page to be looked at.
NO_PAGES = {
    "/static/<string:version>/<path:name>",
    "/demo/copy.zip",
    "/demo/key",
}
#: What a page wants to be asked beyond its address.
QUERIES = {
    "/n/<network:network>/certificates/trend": "?agreement=gypsum",
    "/n/<network:network>/agreements/new": "?template=material-supply@1&like=gypsum",
    "/n/<network:network>/agreements/<name:agreement>/compare": "?old=1&new=2",
}
#: What else the parts of addresses may be.
SAMPLES = {
    "period": "2025-03",
    "organisation": "o-gyproc",
    "template": "material-supply@1",
    "proposal": "0" * 64,
    "filename": "certificate.json",
    "step": "suspend",
    "index": "100",
    "number": "1",
    "person": "1",
}


@dataclass(frozen=True, slots=True)
class Place:
    """One page."""

    rule: str
    path: str


def list_places(app: Flask, runtime: Runtime, stage: Stage) -> Iterator[Place]:
    """List every page that is asked for with GET; KeyError where the walk does not know what a part of an address may be."""
    samples = find_samples(runtime, stage.network)
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if is_page(rule.endpoint) and "GET" in (rule.methods or ()) and rule.rule not in NO_PAGES:
            yield Place(rule.rule, fill_in(rule, samples) + QUERIES.get(rule.rule, ""))


def list_paths(app: Flask, runtime: Runtime, stage: Stage) -> list[str]:
    """List the addresses of all pages."""
    return [place.path for place in list_places(app, runtime, stage)]


def fill_in(rule: Rule, samples: dict[str, str]) -> str:
    """Fill the parts of an address in, by their names; a name that several things share says which by its kind."""
    return re.sub(r"<(\w+):(\w+)>", lambda found: samples.get(f"{found[1]}:{found[2]}") or samples[found[2]], rule.rule)


def find_samples(runtime: Runtime, network: str) -> dict[str, str]:
    """Find one thing of each kind in the played year, with the auditor's eyes."""
    log = runtime.log(network)
    with runtime.reading() as connection:
        record = next(one for one in log.read_authority().keys.values() if Role.AUDITOR in one.roles)
        reader = Reader(record.organisation, record.holder, frozenset(record.roles))
        sight = find_sight(connection, log.log_id, reader, runtime.clock.now())
        allocation = allocations.list_allocations(sight, period=None, after=-1, limit=1)[0]
        accounts = settlement.list_accounts(sight, period=None, after=-1, limit=50)
        account = next(one for one in accounts if one.organisation == "o-asnaes" and any(paid.amount > 0 for paid in one.payments))
        named = {
            "agreement": agreements.find_agreement(sight, "gypsum").agreement,
            "delivery": deliveries.list_deliveries(sight, agreement="gypsum", period=None, state=None, after=None, limit=1)[0].delivery,
            "certificate": certificates.list_certificates(sight, delivery=None, agreement=None, after=-1, limit=1)[0].certificate,
            "allocation": allocation.allocation,
            "index:entry": str(allocation.entry),
            "review": governance.list_reviews(sight, after=-1, limit=1)[0].review,
            "name:number": governance.list_resolutions(sight, after=-1, limit=1)[0].number,
            "account": account.account,
            "payer": next(paid.counterparty for paid in account.payments if paid.amount > 0),
            "counterparty": account.payments[0].counterparty,
            "grant": parties.list_grants(sight)[0].grant,
            "key": parties.list_keys(sight, organisation="o-symbiosis", after="", limit=1)[0].key,
        }
    return named | SAMPLES | {"network": network}


def open_eyes(demo: ServedDemo, browser: Browser, visitor: str) -> BrowserContext:
    """Open a browser of a visitor's own."""
    context = browser.new_context(base_url=demo.address, locale="en-GB", reduced_motion="reduce")
    if visitor:
        page = context.new_page()
        become(page, visitor)
        page.close()
    return context
