"""Looks at pages: each is opened once, and all that must hold on it is seen in that visit."""

from dataclasses import dataclass
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Page

from tests.browser.phone import Phone

BARRIER_RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag2aaa"]

_SMALL_TARGETS = """(least) => [...document.querySelectorAll("a, button, input, select, textarea, summary")]
  .filter((e) => e.checkVisibility({ opacityProperty: true }) && e.type !== "hidden")
  .filter((e) => !e.closest(".plan-map, .toasts"))
  .filter((e) => getComputedStyle(e).display !== "inline")
  .map((e) => [e.closest("label") ?? e, e])
  .map(([hit, e]) => [hit.getBoundingClientRect(), e])
  .filter(([box]) => box.width > 1 && box.height > 0 && box.height < least - 0.5)
  .map(([box, e]) => `${e.outerHTML.slice(0, 120)} is ${box.height} px high`)"""
_OUR_CHINESE = """() => {
  const texts = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const words = walk.currentNode.textContent.trim();
    const typedByPeople = walk.currentNode.parentElement.closest("[data-own-words], .told-note, textarea");
    if (/[\\u4e00-\\u9fff]/.test(words) && !typedByPeople) texts.push(words);
  }
  return texts;
}"""
_VIOLATIONS = """(rules) => axe.run({
  runOnly: rules,
  resultTypes: ["violations"],
  rules: { "color-contrast": { enabled: false } },
}).then((found) => found.violations)"""
"""A text with the contrast of ``color-contrast-enhanced`` has that of ``color-contrast`` too; asking for both costs
twice, and half of all the time that axe takes is in either."""
_COLOURS_REST = "() => document.getAnimations().forEach((one) => one.finish())"
"""To wait for them instead needs a frame to be drawn, which a page that nothing else changes may never be."""


@dataclass(frozen=True)
class Seen:
    """What was seen on one page."""

    barriers: list[str]
    """Targets too small for a thumb, and what keeps a screen reader or weak eyes out."""
    chinese: set[str]
    """Its Chinese words that no person typed."""
    complaints: list[str]
    """What the browser's console said."""


async def look(phone: Phone, path: str) -> None:
    """Open ``path``, which must answer and fit the phone's width."""
    answer = await phone.page.goto(phone.base + path)
    assert answer is not None and answer.status == 200, path
    await phone.comes_to_rest()
    width = await phone.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360, f"{path} is {width} px wide"


async def small_targets(page: Page, least: int) -> list[str]:
    """What can be hit and is lower than ``least`` px."""
    found: list[str] = await page.evaluate(_SMALL_TARGETS, least)
    return found


async def violations(page: Page, rules: list[str]) -> list[str]:
    """What axe-core finds against ``rules``; colours that are still changing are taken as they will be."""
    await page.evaluate(_COLOURS_REST)
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE_SCRIPT)
    found: list[dict[str, Any]] = await page.evaluate(_VIOLATIONS, rules)
    return [
        f"{one['id']} {node['html'][:160]} {node['failureSummary'][:200]}" for one in found for node in one["nodes"]
    ]


async def look_over(phone: Phone, path: str) -> Seen:
    """Open the page in the phone's own language and theme, and look.

    Each page is opened by two phones (``test_pages``, ``test_pages_in_english``): structure and words are of the
    language, colours of the theme, so that between them both languages and both themes are seen.
    """
    phone.complaints.clear()
    await look(phone, path)
    chinese = set(await phone.page.evaluate(_OUR_CHINESE))
    barriers = [*await small_targets(phone.page, 48), *await violations(phone.page, BARRIER_RULES)]
    return Seen(barriers, chinese, list(phone.complaints))
