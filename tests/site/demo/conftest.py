"""A copy of the played year, served with the demo's own pages to a real browser."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from tests.site.live_site import listen
from tests.webui.demo.conftest import Performance, performance  # noqa: F401 - the same fixture, played once in a run
from webui.app import create_app
from webui.demo.performance import make_settings
from webui.demo.place import Place
from webui.demo.stage import read_stage
from webui.runtime import open_runtime


class ServedDemo:
    """A demo on a port of this machine."""

    def __init__(self, folder: Path, browser: Browser) -> None:
        self.place = Place(folder)
        stage = read_stage(self.place)
        assert stage is not None
        self.stage = stage
        settings = make_settings(self.place)
        self.runtime = open_runtime(settings, stage.clock)
        self.app = create_app(settings, self.runtime, stage)
        self.runtime.start()
        self.browser = browser
        self._server = make_server("localhost", 0, self.app, threaded=True)
        self.address = f"http://localhost:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self._stop = threading.Event()
        self._publisher = threading.Thread(target=self._publish, daemon=True)
        self._publisher.start()

    def _publish(self) -> None:
        while not self._stop.wait(0.3):
            self.runtime.log(self.stage.network).publish_checkpoint(self.runtime.now_text())

    def open(self) -> Page:
        """Open a browser of its own."""
        page = self.browser.new_context(base_url=self.address, locale="en-GB").new_page()
        self.faults = listen(page)
        return page

    def close(self) -> None:
        """Stop what runs."""
        self._stop.set()
        self._server.shutdown()
        self._thread.join(10)
        self._publisher.join(10)
        self._server.server_close()
        self.runtime.close()


@pytest.fixture(scope="module")
def demo(performance: Performance, tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[ServedDemo]:  # noqa: F811 - the fixture
    """Serve a copy, so that tests which play on do not change the one that others read."""
    assert performance.exit_code == 0, performance.output
    folder = tmp_path_factory.mktemp("demo") / "copy"
    shutil.copytree(performance.folder, folder)
    demo = ServedDemo(folder, chromium)
    yield demo
    demo.close()


def become(page: Page, visitor: str) -> None:
    """Become somebody of the play."""
    page.goto("/demo")
    page.locator(f'button[value="{visitor}"]').click()
    page.wait_for_url("**/tasks")
