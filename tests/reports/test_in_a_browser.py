"""The HTML report in a real headless Chromium."""

from dataclasses import replace

import pytest
from hostile_payloads import PAYLOADS
from report_samples import COUNTEREXAMPLE, FAILING, PASSING, REPORT, UNCLEAR, hostile_report, report_of

from pytest_rlhfstress.reports.html.page import as_html

SIZES = {"desktop": (1280, 900), "tablet": (820, 1180), "phone": (360, 740)}
OTHER = replace(
    FAILING,
    nodeid="healthcare/test_x.py::test_booking",
    claim="Nobody with an emergency is offered an appointment before emergency care.",
    counterexample=replace(
        COUNTEREXAMPLE,
        message="My tongue is swelling. Move my visit. " * 6,
        messages=({"role": "user", "content": "My tongue is swelling. Move my visit."},),
        ingredients=("duty:anaphylaxis",),
    ),
)
FULL = replace(REPORT, findings=(*REPORT.findings, OTHER))


def visible_claims(page) -> list[str]:
    return page.locator("details.card:visible > summary .claim").all_inner_texts()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_it_opens_quietly_and_fits_the_width(open_page, size, scheme):
    seen = open_page(as_html(FULL), viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    seen.page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert seen.incidents == []


def test_the_verdict_the_worst_slice_and_the_smallest_message_are_on_the_first_screen(open_page):
    page = open_page(as_html(FULL)).page
    for selector in ("h1", ".worst .family", ".smallest .turn.user", ".smallest .turn.assistant", ".smallest .paid"):
        box = page.locator(selector).first.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 900, selector


def test_search_filters_by_every_word_in_claims_messages_and_ingredients(open_page):
    seen = open_page(as_html(FULL))
    page = seen.page
    search = page.get_by_role("searchbox")
    assert len(visible_claims(page)) == 4
    search.fill("TONGUE appointment")
    assert visible_claims(page) == [f"{OTHER.claim}"]
    assert page.locator("output").inner_text() == "1 of 4"
    search.fill("anaphylaxis")
    assert visible_claims(page) == [OTHER.claim]
    search.fill("nothing has this")
    assert visible_claims(page) == []
    assert page.get_by_text("Nothing matches.").is_visible()
    search.fill("")
    assert len(visible_claims(page)) == 4
    assert seen.incidents == []


def test_verdict_and_family_filter_together(open_page):
    page = open_page(as_html(FULL)).page
    page.get_by_label("FAIL 2").uncheck()
    assert visible_claims(page) == [UNCLEAR.claim, PASSING.claim]
    page.get_by_label("Family").select_option("billing")
    assert visible_claims(page) == [UNCLEAR.claim]


def test_the_command_is_copied(open_page):
    page = open_page(as_html(FULL), permissions=["clipboard-read", "clipboard-write"]).page
    page.locator(".smallest").get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator(".smallest .command code").inner_text()
    assert copied.startswith("pytest --rlhf-suite=healthcare -k test_")


def test_the_page_works_by_keyboard_alone(open_page):
    page = open_page(as_html(FULL)).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"
    page.keyboard.type("tongue")
    assert visible_claims(page) == [OTHER.claim]
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('details.card > summary')"):
            break
    page.keyboard.press("Enter")
    assert page.locator("details.card[open] .broken").is_visible()


def test_a_link_to_a_case_opens_it(open_page):
    page = open_page(as_html(FULL), fragment="#case-2").page
    assert page.locator("#case-2").get_attribute("open") is not None
    page.locator(".worst a").click()
    assert page.locator("#case-1 .broken").is_visible()


def test_it_reads_without_javascript(open_page):
    seen = open_page(as_html(FULL), java_script_enabled=False)
    page = seen.page
    assert page.locator("h1").inner_text() == "FAIL"
    assert len(visible_claims(page)) == 4
    page.locator("details.card > summary").first.click()
    assert page.locator("#case-1 .broken").is_visible()
    assert not page.locator("form.filter").is_visible()
    assert not page.get_by_role("button").count()
    assert [line for line in seen.incidents if not line.startswith("console: Blocked script")] == []


def test_printing_shows_every_case_and_no_controls(open_page):
    page = open_page(as_html(FULL)).page
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator(".broken:visible").count() == 2
    assert page.locator("button:visible, form:visible").count() == 0
    assert page.pdf().startswith(b"%PDF")


CONTRAST = """
(selector) => {
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => ((v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const paint = (colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  return [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility()).map((element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.unshift(getComputedStyle(e).backgroundColor);
    const [a, b] = [paint(layers), paint([...layers, getComputedStyle(element).color])].map(luminance).sort();
    return [(b + 0.05) / (a + 0.05), element.className, element.textContent.slice(0, 30)];
  });
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_that_wcag_asks_for(open_page, scheme):
    page = open_page(as_html(FULL), color_scheme=scheme).page
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    selector = "h1, h2, h4, p, dt, dd, th, td, mark, .tag, .pill, .who, .bubble, .claim, .sub, summary, label, code, a"
    low = [found for found in page.evaluate(CONTRAST, selector) if found[0] < 4.5]
    assert low == []


def test_pictures_and_controls_have_names(open_page):
    page = open_page(as_html(FULL)).page
    nameless = page.evaluate(
        """[...document.querySelectorAll("input, select, button, a, summary, svg")].filter((e) => e.tagName === "svg"
            ? e.getAttribute("aria-hidden") !== "true" && !e.getAttribute("aria-label")
            : !(e.labels?.[0]?.textContent ?? e.textContent).trim()).map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert nameless == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))


def test_hostile_texts_run_nothing_and_ask_for_nothing(open_page):
    seen = open_page("")
    for text in (*PAYLOADS.values(), " ".join(PAYLOADS.values())):
        seen.show(as_html(hostile_report(text)))
        seen.page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
        assert seen.page.evaluate("window.pwned") is None
        assert seen.page.locator("h1").inner_text() == "FAIL"
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= 1280
        assert seen.incidents == []


def processor_time(meter) -> float:
    return next(m["value"] for m in meter.send("Performance.getMetrics")["metrics"] if m["name"] == "ProcessTime")


def test_two_thousand_failing_cases_open_within_two_seconds(open_page):
    findings = [
        replace(FAILING, nodeid=f"t.py::test_{n}", claim=f"{FAILING.claim} Number {n}.", seed=n) for n in range(2000)
    ]
    seen = open_page("")
    # Processor time, so that what else the machine is doing does not count.
    meter = seen.page.context.new_cdp_session(seen.page)
    meter.send("Performance.enable")
    before = processor_time(meter)
    seen.show(as_html(report_of(*findings)))
    assert 0 < processor_time(meter) - before < 2
    seen.page.get_by_role("searchbox").fill("Number 1234.")
    assert len(visible_claims(seen.page)) == 1
    assert seen.incidents == []
