"""Take the pages' screenshots: ``python docs/images/take_screenshots.py report.html`` (needs chromium and Pillow)."""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
COLOURS = 160


def main(report: str) -> None:
    """Write report-desktop.png, -dark.png, -phone.png, two sections and the pictures of the instruments."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for name, scheme, size in (
            ("desktop", "light", DESKTOP),
            ("dark", "dark", DESKTOP),
            ("phone", "light", PHONE),
        ):
            page = browser.new_page(viewport=size, color_scheme=scheme)
            page.goto(Path(report).resolve().as_uri())
            keep(page.screenshot(), f"report-{name}.png")
            if name == "desktop":
                section(page, "shadow_map", "report-shadow-map.png")
                pictures(page)
            if name == "dark":
                section(page, "safety_brake", "report-safety-brake-dark.png")
        browser.close()


def section(page: Page, instrument: str, name: str) -> None:
    """An instrument's section alone."""
    article = page.locator(f"article#{instrument}")
    # What was never in view has no layout yet, and the picture would be of another place.
    article.scroll_into_view_if_needed()
    keep(article.screenshot(), name)


def pictures(page: Page) -> None:
    """The first picture of each instrument, for the page that explains them."""
    for article in page.locator("article[id]").all():
        picture = article.locator("svg").first
        if picture.count():
            keep(picture.screenshot(), f"instrument-{(article.get_attribute('id') or '').replace('_', '-')}.png")


def keep(png: bytes, name: str) -> None:
    """Save a picture with few colours, so that it stays small."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(HERE / name, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1])
