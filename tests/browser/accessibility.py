"""Accessibility checks: axe, target sizes, clipping and contrast."""

from __future__ import annotations

from collections.abc import Sequence

from playwright.async_api import Locator, Page

from bot.settings import ROOT
from tests.browser.chat import Chat, animations_finished

AXE = (ROOT / "bot" / "widget" / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

RUN = """async (root, tags) => {
    const options = { runOnly: tags, iframes: false, resultTypes: ["violations"] };
    const { violations } = await axe.run(document, options);
    return violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.flat(9).join(" ")}: ${n.failureSummary}`));
}"""

CONTROLS = "button, a[href], [role=button], [role=tab], vaadin-message-input-button, textarea"

SMALL = """(root, controls) => {
    const found = [...root.querySelectorAll(controls)];
    const inText = (element) => element.matches("a") && element.closest("vaadin-markdown, p:not(.actions)");
    const small = found.filter((element) => {
        const { width, height } = element.getBoundingClientRect();
        return element.checkVisibility() && !inText(element) && (width < 24 || height < 24);
    });
    return small.map((element) => element.outerHTML.slice(0, 120));
}"""

CUT_OFF = """(root) => {
    const log = document.getElementById("log").getBoundingClientRect();
    const row = (part) => part.closest("[role=tablist], .choices ul");
    const inRow = (part) => row(part) && /auto|scroll/.test(getComputedStyle(row(part)).overflowX)
        && row(part).scrollWidth > row(part).clientWidth;
    const parts = [...document.querySelectorAll(
        "header .names, header button, .bubble, .phase, .stages span, [role=tab], table, td, th, "
        + ".choice, .problem, footer > *:not(.choices), vaadin-message-input-button"
    )].filter((part) => part.checkVisibility() && !inRow(part));
    const outside = parts.filter((part) => {
        const { left, right } = part.getBoundingClientRect();
        return left < log.left - 1 || right > log.right + 1;
    });
    const clipped = parts.filter((part) => part.clientWidth && part.scrollWidth > part.clientWidth + 1);
    const name = (part) => `${part.tagName}.${part.className}: ${part.textContent.trim().slice(0, 60)}`;
    return [...outside.map((part) => `outside ${name(part)}`), ...clipped.map((part) => `clipped ${name(part)}`)];
}"""

OUT_OF_SIGHT = """(root) => {
    const parts = [...root.querySelectorAll("header, header button, #log, footer, .counter, textarea, .attach, "
        + "vaadin-message-input-button")].filter((part) => part.checkVisibility() && !part.matches("textarea"));
    return parts.filter((part) => {
        const { top, bottom, height } = part.getBoundingClientRect();
        return top < -1 || bottom > innerHeight + 1 || height < 10;
    }).map((part) => `${part.localName}.${part.className}`);
}"""
"""Parts that have to be in sight, and are not."""


async def _axe(root: Locator, where: str) -> list[str]:
    await root.evaluate(f"() => {{ if (!window.axe) {{ {AXE} }} }}")
    return [f"{where}: {violation}" for violation in await root.evaluate(RUN, TAGS)]


async def in_chat(chat: Chat, state: str) -> list[str]:
    """What axe finds in the chat: rule, element, and what to do."""
    await animations_finished(chat.scope.locator("html"))
    return await _axe(chat.scope.locator("html"), f"{state}, in the chat")


async def in_page(page: Page, state: str) -> list[str]:
    """What axe finds in the page that shows the chat, the launcher included."""
    return await _axe(page.locator("html"), f"{state}, in the page")


def report(found: list[str]) -> str:
    """What axe found, each fault once, with the first state that it was seen in."""
    first: dict[str, str] = {}
    for fault in found:
        where, _, what = fault.partition(": ")
        first.setdefault(what, where)
    return "\n".join(f"{where}: {what}" for what, where in first.items())


async def small_targets(chat: Chat) -> list[str]:
    """Buttons and links of less than 24 x 24 CSS pixels, in the chat and around it."""
    found = list(await chat.evaluate(SMALL, CONTROLS))
    if chat.framed:
        found += await chat.page.locator("html").evaluate(SMALL, CONTROLS)
        found += await chat.page.locator("#klantkompas").evaluate(f"host => ({SMALL})(host.shadowRoot, '{CONTROLS}')")
    return found


async def cut_off(chat: Chat) -> list[str]:
    """Parts of the chat that overflow sideways or clip their text."""
    return list(await chat.evaluate(CUT_OFF))


MIXED = """(text, ground) => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const draw = (colour) => {
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    };
    const background = draw(getComputedStyle(ground ?? text).backgroundColor);
    return [draw(getComputedStyle(text).color), background];
}"""


async def colours(text: Locator, ground: Locator | None = None) -> tuple[list[int], list[int]]:
    """The colour of a text and the background of `ground` (or of itself): red, green and blue up to 255."""
    behind = await ground.element_handle() if ground else None
    colour, background = await text.evaluate(MIXED, behind)
    return colour, background


async def contrast(text: Locator, ground: Locator | None = None) -> float:
    """The contrast of a text with the background of `ground` (or of itself), as WCAG counts it."""
    return ratio(*await colours(text, ground))


def ratio(one: Sequence[int], other: Sequence[int]) -> float:
    """Contrast of two colours, each red, green and blue up to 255: 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: Sequence[int]) -> float:
    """Relative luminance as WCAG defines it: 0 (black) to 1 (white)."""
    shares = [part / 255 for part in colour]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
