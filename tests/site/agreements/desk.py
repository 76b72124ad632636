"""A desk: somebody who reads pages and sends their forms, through the app's test client, as a browser without JavaScript would."""

import json
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

from tests.site.live_site import LiveSite
from tests.webui.website import NETWORK, PASSWORD, Answer

BASE = "http://localhost"


class FormReader(HTMLParser):
    """Reads what a browser would send of the longest form of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self._fields: dict[str, str] = {}
        self._name = ""  #: of the select or textarea that is open
        self._in_text = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a field."""
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "form":
            self._fields = {}
            self.forms.append(self._fields)
        elif tag == "input" and name and (given.get("type") != "checkbox" or "checked" in given):
            self._fields[name] = value
        elif tag == "select" and name:
            self._name = name
        elif tag == "option" and self._name and (self._name not in self._fields or "selected" in given):
            self._fields[self._name] = value
        elif tag == "textarea" and name:
            self._name, self._in_text = name, True
            self._fields[name] = ""

    def handle_data(self, data: str) -> None:
        """Note what stands in a textarea."""
        if self._in_text:
            self._fields[self._name] += data

    def handle_endtag(self, tag: str) -> None:
        """Close a field."""
        if tag in ("select", "textarea"):
            self._name, self._in_text = "", False


class Desk:
    """Somebody who has logged in."""

    def __init__(self, site: LiveSite, by: str, language: str = "en") -> None:
        self.client = site.website.app.test_client()
        login = self.client.post("/api/v1/session", json={"email": site.add_login(by), "password": PASSWORD}, base_url=BASE)
        assert login.status_code == 200, login.text
        assert login.json is not None
        self.token = str(login.json["csrf_token"])
        self.headers = {"Accept": "text/html", "Accept-Language": language}

    def get(self, path: str) -> Answer:
        """Open a page of the network."""
        return Answer(self.client.get(f"/n/{NETWORK}{path}", headers=self.headers, base_url=BASE))

    def post(self, path: str, fields: Mapping[str, str]) -> Answer:
        """Send a form to a page of the network."""
        data = {**fields, "csrf_token": self.token}
        return Answer(self.client.post(f"/n/{NETWORK}{path}", data=data, headers=self.headers, base_url=BASE))


def read_form(answer: Answer) -> dict[str, str]:
    """Read the fields of a page's longest form as they would be sent unchanged."""
    reader = FormReader()
    reader.feed(answer.text)
    return max(reader.forms, key=len)


def read_faults(answer: Answer) -> set[str]:
    """List the fields beside which a fault stands."""
    return set(re.findall(r'id="fault-([^"]+)"', answer.text))


def read_signed(answer: Answer) -> dict[str, Any]:
    """Read what a signing page is about to have signed: its kind as `said`, about, refs, and the fields by name."""
    assert answer.status_code == 200, answer.text[:2000]
    found = re.search(r'id="sign-data">(.*?)</script>', answer.text, re.DOTALL)
    assert found is not None, answer.text[:2000]
    (draft,) = json.loads(found[1])["drafts"]
    return {"said": draft["kind"], "about": draft["about"], "refs": draft["refs"], **draft["public"]} | {
        field["name"]: field["value"] for field in draft["fields"]
    }
