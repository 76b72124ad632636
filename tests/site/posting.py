"""Forms as pages show them, filled in by somebody who means ill, and a record of what the server keeps of them."""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

from flask import Flask
from sqlalchemy import Connection, Engine, delete, event
from sqlalchemy.sql.dml import UpdateBase
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.site.hostile import BASE, Seen, leave_out_fragment, read_page
from tests.webui.test_access import fill
from tests.webui.website import Caller, Website
from webui.access import CSRF_FIELD, CSRF_HEADER
from webui.pages.endpoints import is_page
from webui.people.tables import login_attempts

#: Kinds of inputs whose value the page gives and nobody types.
GIVEN = ("hidden", "radio", "checkbox")
#: What is kept of a request that is refused: that somebody tried, what the log answered the service, and the secret that a page offers an
#: authenticator until it is confirmed.
KEPT = {"login_attempts", "ledger_outcomes", "totp_secrets"}
#: What takes away the session, or the membership, that the other requests need; tried apart.
ENDING = {"/logout", "/account/sessions", "/account/password", "/n/<network:network>/people/<index:person>/leave"}


@dataclass(frozen=True, slots=True)
class PostedForm:
    """A form that is posted."""

    address: str  #: path and query
    kept: tuple[tuple[str, str], ...] = ()  #: what the page gives: hidden fields, choices, what is typed in beforehand
    given: frozenset[str] = frozenset()  #: names among the kept that nobody types
    empty: tuple[str, ...] = ()  #: fields to be typed in
    files: tuple[str, ...] = ()  #: fields for files
    buttons: tuple[tuple[str, str], ...] = ()  #: with names: one of them is sent along
    rule: str = ""

    @property
    def names(self) -> list[str]:
        """All names but the token's, once each."""
        found = (*(name for name, _ in self.kept), *self.empty, *self.files, *(name for name, _ in self.buttons))
        return [name for name in dict.fromkeys(found) if name != CSRF_FIELD]

    def fill_all(self, value: str) -> MultiDict[str, object]:
        """Put a value into every field, hidden ones and choices too."""
        return MultiDict([(name, value) for name in self.names if name not in self.files])

    def fill_typed(self, value: str, button: int = 0) -> MultiDict[str, object]:
        """Put a value into every field that people type in; what the page gives stays."""
        names = dict.fromkeys([*(name for name, _ in self.kept if name not in self.given), *self.empty])
        return MultiDict(
            [*((name, text) for name, text in self.kept if name in self.given), *((name, value) for name in names), *self._press(button)]
        )

    def fill_empty(self, value: str, button: int = 0) -> MultiDict[str, object]:
        """Put a value into every field that is empty on the page."""
        return MultiDict([*self.kept, *((name, value) for name in self.empty), *self._press(button)])

    def fill_hostile(self, value: str) -> Iterator[MultiDict[str, object]]:
        """Fill the form in each of these ways, with each of its buttons."""
        yield self.fill_all(value)
        for button in range(max(1, len(self.buttons))):
            yield self.fill_typed(value, button)
            yield self.fill_empty(value, button)

    def _press(self, button: int) -> Sequence[tuple[str, str]]:
        return self.buttons[button : button + 1]


class FormReader(HTMLParser):
    """Reads the forms of a page that are posted."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.forms: list[PostedForm] = []
        self._open = False
        self._choice: tuple[str, list[str]] | None = None  #: name of the list that is open, and the values to choose of

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a form, or a field of the one that is open."""
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = has.get("method", "").lower() == "post"
            if self._open:
                target = urlsplit(urljoin(BASE + self.path, has.get("action", "")))
                self.forms.append(PostedForm(target.path + (f"?{target.query}" if target.query else "")))
        elif self._open and tag == "option" and self._choice:
            self._choice[1].insert(0 if "selected" in has else len(self._choice[1]), has.get("value", ""))
        elif self._open and has.get("name"):
            self._take(tag, has)

    def handle_endtag(self, tag: str) -> None:
        """Close a form or a list of choices."""
        if tag == "form":
            self._open = False
        if tag == "select" and self._choice and self._open:
            name, values = self._choice
            self._choice = None
            form = self.forms[-1]
            chosen = next((value for value in values if value), "")
            self.forms[-1] = replace(form, kept=(*form.kept, (name, chosen)), given=form.given | {name})

    def _take(self, tag: str, has: dict[str, str]) -> None:
        form, name, kind = self.forms[-1], has["name"], has.get("type", "text" if tag == "input" else "")
        if tag == "select":
            self._choice = (name, [])
        elif tag == "button" or kind == "submit":
            self.forms[-1] = replace(form, buttons=(*form.buttons, (name, has.get("value", ""))))
        elif kind == "file":
            self.forms[-1] = replace(form, files=(*form.files, name))
        elif kind in GIVEN:
            self.forms[-1] = replace(form, kept=(*form.kept, (name, has.get("value", "on"))), given=form.given | {name})
        elif has.get("value"):
            self.forms[-1] = replace(form, kept=(*form.kept, (name, has["value"])))
        elif tag in ("input", "textarea"):
            self.forms[-1] = replace(form, empty=(*form.empty, name))


@lru_cache(maxsize=2048)
def read_forms(html: str, path: str) -> tuple[PostedForm, ...]:
    """Read the forms of a page that are posted; the same page is read once, whoever asks."""
    reader = FormReader(path)
    reader.feed(html)
    reader.close()
    return tuple(reader.forms)


def open_pages(app: Flask, caller: Caller, by: str, paths: Iterable[str]) -> Iterator[Seen]:
    """Open pages by their addresses."""
    adapter = app.url_map.bind("localhost", url_scheme="https")
    for path in paths:
        rule = adapter.match(urlsplit(path).path, "GET", return_rule=True)[0].rule
        answer = caller.client.get(path, base_url=BASE)
        yield Seen(by, path, rule, answer.status_code, dict(answer.headers), answer.text if answer.mimetype == "text/html" else "")


def open_forms(app: Flask, callers: dict[str, Caller], seen: Sequence[Seen], most: int = 2) -> Iterator[Seen]:
    """Open pages with forms that links led to and a walk left out, at most so many of each rule and member."""
    posted = {rule.rule for rule in app.url_map.iter_rules() if is_page(rule.endpoint) and "POST" in (rule.methods or ())}
    adapter, count = app.url_map.bind("localhost", url_scheme="https"), Counter[tuple[str, str]]()
    known = {(one.by, one.path) for one in seen}
    for one in seen:
        for path in (leave_out_fragment(one.path, link) for link in read_page(one.html).links):
            if (one.by, path) in known or not path.startswith("/") or not adapter.test(urlsplit(path).path, "GET"):
                continue
            rule = adapter.match(urlsplit(path).path, "GET", return_rule=True)[0].rule
            known.add((one.by, path))
            if rule in posted and count[one.by, rule] < most:
                count[one.by, rule] += 1
                yield from open_pages(app, callers[one.by], one.by, [path])


def list_forms(app: Flask, seen: Iterable[Seen], most: int = 2) -> dict[str, list[PostedForm]]:
    """List by member the forms that pages showed, at most so many of each rule; where none was seen, one by the rule's filled address."""
    adapter = app.url_map.bind("localhost", url_scheme="https")
    found: dict[str, list[PostedForm]] = {}
    count, known = Counter[tuple[str, str]](), set[tuple[str, PostedForm]]()
    for one in seen:
        mine = found.setdefault(one.by, [])
        for form in read_forms(one.html, one.path):
            rule = adapter.match(urlsplit(form.address).path, "POST", return_rule=True)[0].rule
            named = replace(form, rule=rule)
            bare = replace(named, address="" if most == 1 else form.address, kept=tuple((name, "") for name, _ in form.kept))
            if count[one.by, rule] < most and (one.by, bare) not in known:
                known.add((one.by, bare))
                count[one.by, rule] += 1
                mine.append(named)
    met = {rule for _, rule in count}
    for other in app.url_map.iter_rules():
        if is_page(other.endpoint) and "POST" in (other.methods or ()) and other.rule not in met:
            guessed = PostedForm(fill(other), empty=guess_names(found), rule=other.rule)
            for mine in found.values():
                mine.append(guessed)
    return found


def keep_first(forms: Mapping[str, Sequence[PostedForm]]) -> dict[str, list[PostedForm]]:
    """Keep of each rule what the first member saw, and none that ends a session."""
    found: dict[str, list[PostedForm]] = {}
    known: set[str] = set(ENDING)
    for by, mine in forms.items():
        found[by] = [one for one in mine if one.rule not in known]
        known |= {one.rule for one in mine}
    return found


def guess_names(found: dict[str, list[PostedForm]]) -> tuple[str, ...]:
    """Give the names of all fields that pages showed: one of them may be what an address without a form wants."""
    names = {name for forms in found.values() for form in forms for name in form.names}
    return tuple(sorted({name for name in names if "." not in name} | {"credential", "loads", "next", "edit"}))


def list_questions(app: Flask, seen: Iterable[Seen]) -> dict[str, set[str]]:
    """List what pages may be asked for in a query, by rule: from their links and their forms that are not posted."""
    adapter = app.url_map.bind("localhost", url_scheme="https")
    found: dict[str, set[str]] = {"/login": {"next"}, "/login/factor": {"next"}, "/account/factor": {"next"}}
    for one in seen:
        parts = read_page(one.html)
        found.setdefault(one.rule, set()).update(parts.asked)
        for link in (leave_out_fragment(one.path, link) for link in parts.links):
            if link.startswith("/") and adapter.test(urlsplit(link).path, "GET"):
                rule = adapter.match(urlsplit(link).path, "GET", return_rule=True)[0].rule
                found.setdefault(rule, set()).update(name for name, _ in parse_qsl(urlsplit(link).query, keep_blank_values=True))
    return found


def send_form(caller: Caller, form: PostedForm, fields: MultiDict[str, object]) -> TestResponse:
    """Post a form with the session's token; without files, as a browser sends where none was chosen."""
    named = [(name, value) for name, value in fields.items(multi=True) if name != CSRF_FIELD]
    data = MultiDict([(CSRF_FIELD, caller.headers[CSRF_HEADER]), *named])
    kind = "multipart/form-data" if form.files else "application/x-www-form-urlencoded"
    return caller.client.post(form.address, data=data, content_type=kind, base_url=BASE, headers={"Accept": "text/html"})


def upload_file(caller: Caller, address: str, fields: Mapping[str, str], name: str, kind: str, data: bytes) -> TestResponse:
    """Post a form with a file in its field `file`, in the bytes that a browser sends."""
    parts = [f'name="{field}"\r\n\r\n{text}'.encode() for field, text in {CSRF_FIELD: caller.headers[CSRF_HEADER], **fields}.items()]
    parts.append(f'name="file"; filename="{escape_name(name)}"\r\nContent-Type: {kind}\r\n\r\n'.encode() + data)
    body = b"".join(b"--cut\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--cut--\r\n"
    return caller.client.post(address, data=body, content_type="multipart/form-data; boundary=cut", base_url=BASE)


def escape_name(name: str) -> str:
    """Write a file's name as browsers do (HTML standard, multipart/form-data encoding): quotes and line breaks cannot end it."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def forget_attempts(website: Website) -> None:
    """Forget who tried codes and passwords, so that the next one is not held back."""
    with website.runtime.writing() as connection:
        connection.execute(delete(login_attempts))


class Kept:
    """The tables that committed transactions of this thread wrote to, since it was asked last."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.open: dict[int, set[str]] = {}
        self.tables: set[str] = set()

    def take(self) -> set[str]:
        """Give the tables, and forget them."""
        found, self.tables = self.tables, set()
        return found


@contextmanager
def watch_writes(engine: Engine) -> Iterator[Kept]:
    """Watch what this thread commits through an engine: what a refused request leaves behind stands there."""
    kept = Kept()

    def write(connection: Connection, clause: object, *_rest: object) -> None:
        if isinstance(clause, UpdateBase) and threading.get_ident() == kept.thread:
            kept.open.setdefault(id(connection), set()).add(str(getattr(clause, "table", "")))

    def commit(connection: Connection) -> None:
        kept.tables |= kept.open.pop(id(connection), set())

    def forget(connection: Connection) -> None:
        kept.open.pop(id(connection), None)

    listeners = (("before_execute", write), ("commit", commit), ("rollback", forget))
    for name, listener in listeners:
        event.listen(engine, name, listener)
    try:
        yield kept
    finally:
        for name, listener in listeners:
            event.remove(engine, name, listener)
