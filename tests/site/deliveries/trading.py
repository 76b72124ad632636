"""Two firms that trade on a live site: their contract, what happened before, and what their people do on the pages."""

import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from tests.contracts.agreements.building import agree
from tests.contracts.certificates.building import WET
from tests.contracts.deliveries.building import a_dispatch, a_receipt
from tests.site.live_site import LiveSite
from tests.site.signing.acting import bring_key
from tests.webui.website import NETWORK, PASSWORD, Answer

CONTRACT = "a-1"
HOST = "http://localhost"


def say(site: LiveSite, fact: object, *, by: str) -> None:
    """Say a fact beside the browser; keys that signed in one count on from there."""
    name, _mark, label = by.partition("/")
    person = site.network.members[name].people[label or "main"]
    person.signed = site.network.log.read_last_seq(person.key.multikey)
    site.network.accept(fact, by=by)


def begin_trade(site: LiveSite) -> None:
    """Bring a supply of gypsum from powerco to plasterco into force, with the laboratory as referee."""
    agree(site.network, CONTRACT, "material-supply@1", **{**WET, "referee_lab": site.network.id("lab")})


def dispatch(site: LiveSite, delivery: str, **changes: Any) -> None:
    """Hand a load over, beside the browser."""
    moment = site.network.clock.now() - timedelta(minutes=20)
    say(site, a_dispatch(**{"delivery": delivery, "ticket": f"T-{delivery}", "dispatched_at": moment, **changes}), by="powerco")


def deliver(site: LiveSite, delivery: str, **changes: Any) -> None:
    """Hand a load over and receive it, beside the browser."""
    dispatch(site, delivery)
    moment = site.network.clock.now() - timedelta(minutes=1)
    say(site, a_receipt(**{"delivery": delivery, "received_at": moment, **changes}), by="plasterco")


def arrive(site: LiveSite, page: Page, by: str) -> None:
    """Bring a person's key into the browser, whose clock is the network's."""
    page.clock.install(time=site.network.clock.now())
    bring_key(site, page, by)


def go_on_to_sign(page: Page) -> None:
    """Send a form, and see what is to be signed."""
    page.get_by_role("button", name="Check and go on to sign").click()
    expect(page.locator("#sign-state")).to_contain_text("Nothing is signed until")


def sign(page: Page, then: str) -> None:
    """Sign what the page shows, and come to the page after it."""
    page.get_by_role("button", name="Sign and enter").click()
    page.wait_for_url(re.compile(rf"{re.escape(then)}.*entry=\d+"))


class Reader:
    """A person who reads and sends forms without a browser."""

    ZONE = ZoneInfo("Europe/Copenhagen")  #: of the network

    def __init__(self, site: LiveSite, by: str) -> None:
        self.client = site.website.app.test_client()
        login = self.client.post("/api/v1/session", json={"email": site.add_login(by), "password": PASSWORD}, base_url=HOST)
        assert login.status_code == 200, login.text
        self.token = login.get_json()["csrf_token"]

    def get(self, path: str) -> Answer:
        """Read a page of the network."""
        return Answer(self.client.get(f"/n/{NETWORK}{path}", base_url=HOST))

    def send(self, path: str, fields: dict[str, Any]) -> Answer:
        """Send a form of the network."""
        return Answer(self.client.post(f"/n/{NETWORK}{path}", data={"csrf_token": self.token, **fields}, base_url=HOST))

    def upload(self, path: str, fields: dict[str, str], file: bytes, name: str = "file.csv") -> Answer:
        """Send a form with a file; the body is written here, so that no temporary file of the client is left."""
        parts = {f'name="{field}"': text.encode() for field, text in {"csrf_token": self.token, **fields}.items()}
        parts[f'name="file"; filename="{name}"\r\nContent-Type: text/csv'] = file
        head = b"--cut\r\nContent-Disposition: form-data; "
        body = b"".join(head + about.encode() + b"\r\n\r\n" + part + b"\r\n" for about, part in parts.items())
        kind = "multipart/form-data; boundary=cut"
        answer = self.client.post(f"/n/{NETWORK}{path}", data=body + b"--cut--\r\n", content_type=kind, base_url=HOST)
        return Answer(answer)


def find_faults(page: str) -> dict[str, str]:
    """Find the faults of a page beside their fields, by the field's name."""
    found = re.findall(r'<ul class="fault" id="fault-([^"]+)">(.*?)</ul>', page, re.DOTALL)
    return {name: re.sub(r"<[^>]+>", "", told) for name, told in found}
