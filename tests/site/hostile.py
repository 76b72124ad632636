"""A network whose every free text is hostile, what its pages consist of, and a walk along the links of all of them."""

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any, get_type_hints
from urllib.parse import urljoin, urlsplit

from flask import Flask
from sqlalchemy import update
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from contracts import own_facts
from contracts.agreements.facts import AgreementDeclined, AgreementSuspended, Party
from contracts.allocation.facts import AllocationProposed
from contracts.certificates.facts import CertificateIssued, CertificateSuspended
from contracts.fields import Line, Text
from contracts.governance.facts import ResolutionRecorded
from contracts.parties.facts import OrganisationSuspended
from contracts.savings.facts import PeriodClosed
from contracts.settlement.facts import AccountStated
from tests.contracts.agreements.building import an_offer, sign_by_all
from tests.contracts.certificates.building import WET, draft, some_results
from tests.contracts.deliveries.building import a_correction, a_dispatch, a_dispute, a_receipt, see_delivery
from tests.contracts.settlement.closing import hand_over
from tests.contracts.views.played import play_whole
from tests.network import OPERATOR, TestNetwork
from tests.webui.website import Caller, Website
from webui.headers import HEADERS
from webui.pages.endpoints import is_page
from webui.people.tables import people

BASE = "https://localhost"
#: Ends attributes and elements, runs as a script, is computed by a template, is an address that runs, turns the direction of reading.
HOSTILE = "\"'><script>document.title='x'</script><img src=x onerror=alert(1)> javascript:alert(1) k{{7*7}}k \u202etxt"
READERS = (OPERATOR, "powerco", "lab", "plasterco")
PRINTABLE = HOSTILE.partition(" javascript")[0]  #: contracts take no more
PLACES = ("supply_site", "delivery_site", "material_name")  #: parameters of a contract that are plain texts
#: Pages with forms that no link leads to as long as others must act, and items whose links lead to more.
FORM_PAGES = (
    *("agreements/a-open", "agreements/a-open/sign", "agreements/a-open/counter", "deliveries/d-e1/receive", "deliveries/d-e1/correct"),
    *("deliveries/d-e3/contest", "deliveries/d-e3/resolve", "deliveries/d-e2", "certificates/c-2/suspend", "deliveries/d-e4"),
)
PLANTED = ("<script>document", "<img src=x")
#: Attributes in which an address stands.
ADDRESSES = {"href", "src", "action", "formaction", "xlink:href", "poster", "data"}
#: Fields whose words the rules compute or compare: what is hostile in them comes from others.
COMPUTED = {"text", "capacity", "credential", "template", "parameter", "value", "method"}

#: Facts and rows whose words follow from other facts.
DERIVED = (type, Party, CertificateIssued, PeriodClosed, AllocationProposed, AccountStated, ResolutionRecorded)


def poison(fact: Any) -> Any:
    """Put hostile words before each free text of a fact, and of the rows in it."""
    if isinstance(fact, tuple):
        return tuple(poison(one) for one in fact)
    if not dataclasses.is_dataclass(fact) or isinstance(fact, DERIVED):
        return fact
    if type(fact).__module__ == own_facts.__name__:  # keys and proofs, and no words of people
        return fact
    hints = get_type_hints(type(fact), include_extras=True)
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(fact):
        value = getattr(fact, field.name)
        if isinstance(value, str) and field.name not in COMPUTED and is_free(hints[field.name]):
            changes[field.name] = f"{HOSTILE} {value}"
        elif isinstance(value, tuple):
            changes[field.name] = poison(value)
    return dataclasses.replace(fact, **changes)


def is_free(hint: Any) -> bool:
    """Tell whether a field's type is a line or a text, be it personal or optional."""
    forms = (str(Line.__metadata__[0]), str(Text.__metadata__[0]))  # type: ignore[attr-defined]  # annotated types
    return any(form in str(hint) for form in forms)


def play_hostile(network: TestNetwork) -> None:
    """Play two months and what ends badly, with hostile words wherever members may write."""
    honest = network.sign
    network.sign = lambda fact, **options: honest(poison(fact), **options)  # type: ignore[method-assign]  # poisons what is signed
    play_whole(network)
    parameters = {**WET, **dict.fromkeys(PLACES, PRINTABLE)}
    offer_late(network, "a-evil", parameters)
    sign_by_all(network, "a-evil")
    hand_over(network, "d-e1", "a-evil", "10.00")
    hand_over(network, "d-e2", "a-evil", "11.00")
    at = network.clock.now()
    network.accept(a_dispatch(delivery="d-e3", agreement="a-evil", ticket="T-e3", dispatched_at=at), by="powerco")
    network.accept(a_receipt(delivery="d-e3", received_at=network.clock.now()), by="plasterco")
    network.accept(a_dispute(delivery="d-e3"), by="powerco")
    network.accept(a_dispatch(delivery="d-e4", agreement="a-evil", ticket="T-e4", dispatched_at=at), by="powerco")
    if see_delivery(network, "d-e2").state == "settled":
        network.accept(a_correction(delivery="d-e2", replacement="d-e2b"), by="plasterco")
    network.accept(draft(network, "c-evil", some_results(), deliveries=("d-e1",), agreement="a-evil", number=f"{PRINTABLE} 1"), by="lab")
    network.accept(CertificateSuspended("c-evil", "doubted"), by="lab")
    for name in ("a-open", "a-dead"):
        offer_late(network, name, parameters)
    network.accept(AgreementDeclined("a-dead", "no"), by="plasterco")
    network.accept(AgreementSuspended("a-evil", "unpaid"), by="plasterco")
    network.accept(OrganisationSuspended("o-outsider", "unpaid"), by=OPERATOR)


def offer_late(network: TestNetwork, agreement: str, parameters: dict[str, Any]) -> None:
    """Offer an agreement after the play."""
    offer = an_offer(network, agreement, **{**parameters, "contract_no": f"C-{agreement}"})
    until = network.clock.now().date() + timedelta(days=20)
    network.accept(dataclasses.replace(offer, reply_by=until, message="please"), by="powerco")


def open_sessions(website: Website, names: tuple[str, ...]) -> dict[str, Caller]:
    """Log members' persons in, and call them all by a hostile name."""
    callers = {name: website.session(name) for name in names}
    with website.runtime.writing() as connection:
        connection.execute(update(people).values(name=HOSTILE))
    return callers


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """One page as it was answered."""

    by: str
    path: str
    rule: str
    status: int
    headers: dict[str, str]
    html: str


def walk_pages(app: Flask, callers: dict[str, Caller], starts: tuple[str, ...], most: int = 2) -> Iterator[Seen]:
    """Follow the links of pages as each member, to at most so many addresses of each rule."""
    adapter = app.url_map.bind("localhost", url_scheme="https")
    for by, caller in callers.items():
        waiting, known, count = list(starts), set(starts), Counter[str]()
        while waiting:
            path = waiting.pop(0)
            rule, _ = adapter.match(urlsplit(path).path, return_rule=True)
            if not is_page(rule.endpoint) or count[rule.rule] >= most or "/static/" in path:
                continue
            count[rule.rule] += 1
            answer = caller.client.get(path, base_url=BASE)
            html = answer.text if answer.mimetype == "text/html" else ""
            yield Seen(by, path, rule.rule, answer.status_code, dict(answer.headers), html)
            answer.close()
            following = [answer.headers["Location"]] if "Location" in answer.headers else read_page(html).links
            for one in [leave_out_fragment(path, link) for link in following]:
                if one not in known and one.startswith("/") and adapter.test(urlsplit(one).path, "GET"):
                    known.add(one)
                    waiting.append(one)


def list_rules(website: Website, method: str) -> list[Rule]:
    """List the rules of pages that answer a method."""
    return [rule for rule in website.app.url_map.iter_rules() if is_page(rule.endpoint) and method in (rule.methods or ())]


def find_wrongs(what: str, answer: TestResponse) -> list[str]:
    """Find what an answer should not be, or not hold."""
    html = answer.text if answer.mimetype == "text/html" else ""
    found = [f"{what}: {planted}" for planted in (*PLANTED, "k49k") if planted in html]
    found += [f"{what}: {fault}" for fault in (read_page(html).faults if html else ())]
    found += [f"{what}: {name}" for name, value in HEADERS.items() if answer.headers.get(name) != value]
    if answer.status_code >= 500:
        found.append(f"{what}: {answer.status_code}")
    if leads_away(answer.headers.get("Location", "/")):
        found.append(f"{what}: leads to {answer.headers['Location']}")
    return found


def leads_away(address: str) -> bool:
    """Tell whether a browser would leave this site for an address: backslashes count as slashes, line breaks and tabs for nothing."""
    plain = re.sub(r"[\t\r\n]", "", address).strip("".join(map(chr, range(33)))).replace("\\", "/")
    found = urlsplit(urljoin(BASE, plain))
    return found.scheme not in ("http", "https") or found.hostname != "localhost"


def leave_out_fragment(path: str, link: str) -> str:
    """Give the address on this site that a link of a page leads to; "" for another site."""
    found = urlsplit(urljoin(BASE + path, link))
    here = found.scheme == "https" and found.hostname == "localhost"
    return found.path + (f"?{found.query}" if found.query else "") if here else ""


class PageParts(HTMLParser):
    """What a browser would take from a page: its links, and whatever in it would run or style by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.asked: set[str] = set()  #: names of the fields of forms that are not posted
        self.faults: list[str] = []
        self._asks = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element's attributes."""
        given = {name: value or "" for name, value in attrs}
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.faults.append("script within the page")
        if tag == "style":
            self.faults.append("style within the page")
        self.faults += [f"{name} of {tag}" for name in given if name == "style" or name.startswith("on") or name == "srcdoc"]
        for name in ADDRESSES & given.keys():
            if re.match(r"[\s\x00-\x20]*(javascript|data|vbscript)\s*:", given[name], re.IGNORECASE):
                self.faults.append(f"{name} of {tag}: {given[name][:60]}")
        if tag == "form":
            self._asks = given.get("method", "").lower() != "post"
        elif self._asks and given.get("name"):
            self.asked.add(given["name"])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])


@lru_cache(maxsize=2048)
def read_page(html: str) -> PageParts:
    """Read a page as a browser would; the same page is read once, whoever asks."""
    parts = PageParts()
    parts.feed(html)
    parts.close()
    return parts
