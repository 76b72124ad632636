"""A copy of the played year, served with the demo's own pages to a real browser."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.site.live_site import Serving, listen
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
        self._serving = Serving(self.app, self._publish)
        self.address = self._serving.address

    def _publish(self) -> None:
        self.runtime.log(self.stage.network).publish_checkpoint(self.runtime.now_text())

    def open(self) -> Page:
        """Open a browser of its own."""
        page = self.browser.new_context(base_url=self.address, locale="en-GB").new_page()
        self.faults = listen(page)
        return page

    def close(self) -> None:
        """Stop what runs."""
        self._serving.close()
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
