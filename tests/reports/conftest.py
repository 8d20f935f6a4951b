"""A real headless Chromium whose pages note everything they say, ask for and throw."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Opened:
    """A page in a file, and what happened on it besides being read."""

    page: object
    path: Path
    incidents: list[str] = field(default_factory=list)

    def show(self, text: str, fragment: str = "") -> None:
        self.path.write_text(text, encoding="utf-8")
        self.page.goto(f"{self.path.as_uri()}{fragment}")

    def listen(self) -> None:
        note = self.incidents.append
        self.page.on("console", lambda message: note(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: note(f"error: {error}"))
        self.page.on("dialog", lambda dialog: (note(f"dialog: {dialog.message}"), dialog.dismiss()))
        self.page.on("request", lambda request: self._note_request(request.url.partition("#")[0]))

    def _note_request(self, url: str) -> None:
        if url != self.path.as_uri():
            self.incidents.append(f"request: {url}")


@pytest.fixture(scope="module")
def chromium():
    where = shutil.which("chromium")
    if where is None:
        pytest.skip("needs chromium")
    driver = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=where, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, tmp_path):
    """Opens a page's text as a file, with the settings of a browser context."""
    contexts = []

    def opened(text: str, fragment: str = "", **settings: object) -> Opened:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **settings})
        contexts.append(context)
        seen = Opened(context.new_page(), tmp_path / f"page{len(contexts)}.html")
        seen.listen()
        seen.show(text, fragment)
        return seen

    yield opened
    for context in contexts:
        context.close()
