"""A site that a real browser visits: a test network, its web door on a loopback port, a ticking clock, published checkpoints."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from contracts.clock import FixedClock, format_instant
from ledger.keyfile import KeyFile, seal_key
from tests.network import LOG, START
from tests.webui.website import NETWORK, PASSWORD, Website

PASSPHRASE = "a passphrase for tests"
#: The shell is the same engine without the windows around it: it opens a page in a quarter of the processor time.
BROWSERS = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
LATELY = 5.0  #: seconds after an answer in which new checkpoints are published
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--renderer-process-limit=1",  # a tenth of the processor time of opening a page: contexts keep what they store apart all the same
    "--in-process-gpu",
]


class TickingClock(FixedClock):
    """A clock that was set and goes on from there with the machine's."""

    def __init__(self, instant: datetime) -> None:
        super().__init__(instant)
        self._began = time.monotonic()

    def now(self) -> datetime:
        """Return what was set, and the whole seconds since the start."""
        return super().now() + timedelta(seconds=int(time.monotonic() - self._began))

    def monotonic(self) -> float:
        """Return the seconds that passed, added ones too."""
        return super().monotonic() + int(time.monotonic() - self._began)


class Serving:
    """An app on a port of this machine, and what publishes its checkpoints."""

    def __init__(self, app: Flask, publish: Callable[[], object]) -> None:
        self._app = app
        self._publish = publish
        self._busy = 0
        self._asked = time.monotonic()
        self._idle = threading.Condition()
        self._stop = threading.Event()
        self._server = make_server("localhost", 0, self._answer, threaded=True)
        self.address = f"http://localhost:{self._server.server_port}"
        self._threads = [
            threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True),
            threading.Thread(target=self._publish_on, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        with self._idle:
            self._busy += 1
        try:
            with closing(self._app(environ, start_response)) as answer:  # type: ignore[type-var]  # Flask's answers close
                yield from answer
        finally:
            with self._idle:
                self._busy -= 1
                self._asked = time.monotonic()
                self._idle.notify()

    def _publish_on(self) -> None:
        while not self._stop.wait(0.3):
            if time.monotonic() < self._asked + LATELY:  # where nobody asks, nobody waits for a checkpoint
                self._publish()

    def close(self) -> None:
        """Stop, once what was asked is answered: a browser that has gone leaves requests behind, and they use the database."""
        self._stop.set()
        self._server.shutdown()
        for thread in self._threads:
            thread.join(10)
        with self._idle:
            self._idle.wait_for(lambda: not self._busy, 10)
        self._server.server_close()


class LiveSite:
    """A website on a port of this machine; `network` is the test network, whose members may also act beside the browser."""

    def __init__(self, url: str, folder: Path, browser: Browser, **changes: Any) -> None:
        self.website = Website(url, folder / "data", clock=TickingClock(START), secure_cookies=False, **changes)
        self.network = self.website.network
        self.browser = browser
        self.folder = folder
        self.logins: set[str] = set()
        self._serving = Serving(self.website.app, self._publish)
        self.address = self._serving.address

    def _publish(self) -> None:
        self.website.runtime.log(NETWORK).publish_checkpoint(format_instant(self.network.clock.now()))

    def path(self, rest: str = "") -> str:
        """Give an address in the test network."""
        return f"{self.address}/n/{NETWORK}{rest}"

    def add_login(self, by: str) -> str:
        """Let the person behind a key log in with PASSWORD; gives the e-mail address."""
        email = f"{by.replace('/', '.')}@example.org"
        if by not in self.logins:
            self.website.add_login(by, email)
            self.logins.add(by)
        return email

    @contextmanager
    def visit(self, by: str | None = None, **options: Any) -> Iterator[Page]:
        """Open a page in a browser of its own, logged in as the person behind a key; faults of scripts or policy fail the test."""
        context = self.browser.new_context(**{"base_url": self.address, "locale": "en-GB", "timezone_id": "Europe/Copenhagen", **options})
        try:
            if by is not None:
                self.log_in(context, by)
            page = context.new_page()
            faults = listen(page)
            yield page
            assert not faults, "\n".join(faults)
        finally:
            for one in context.pages:
                one.unroute_all(behavior="ignoreErrors")  # what a late request of this test does must not fail the next one
            context.close()

    def log_in(self, context: BrowserContext, by: str) -> None:
        """Open a session in a browser without its pages: what tests of the login itself do not use."""
        client = self.website.app.test_client()
        answer = client.post("/api/v1/session", json={"email": self.add_login(by), "password": PASSWORD}, base_url=self.address)
        assert answer.status_code == 200, answer.text
        cookie = client.get_cookie("symbiosis_session")
        assert cookie is not None
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": self.address, "httpOnly": True, "sameSite": "Lax"}])

    def write_key_file(self, by: str) -> Path:
        """Write the key file of a test person, as the command would have made it; opened by PASSPHRASE."""
        person = self.network.key(by)
        organisation = self.network.id(by.partition("/")[0])
        path = self.folder / f"{by.replace('/', '-')}.key"
        path.write_bytes(seal_key(KeyFile(person, LOG, organisation, self.network.holder(by)), PASSPHRASE))
        return path

    def close(self) -> None:
        """Stop what runs."""
        self._serving.close()
        self.website.close()


def listen(page: Page) -> list[str]:
    """Collect what breaks in a page: uncaught errors, and what the content security policy kept out."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))

    def hear(message: Any) -> None:
        if message.type == "error" and ("Content Security Policy" in message.text or "TrustedHTML" in message.text):
            faults.append(f"{page.url}: {message.text}")

    page.on("console", hear)
    return faults
