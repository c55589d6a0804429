"""Page object of the chat: the widget in its frame on a page, or the window at /chat."""

from __future__ import annotations

from typing import Any

from playwright.async_api import FrameLocator, Locator, Page, expect

from bot.chat.website.sessions import Sessions
from bot.knowledge import Language, load_knowledge
from bot.settings import settings
from bot.storage.messages import MessageStore
from tests.support.server import Server

SECRET = "of these tests"
"""What Server signs sessions with."""

SESSIONS = Sessions(SECRET, days=1)
"""Reads and issues tokens as the server does."""


def text(key: str, language: Language = "nl", **values: object) -> str:
    """A text of widget.yml, or else of phrases.yml."""
    knowledge = load_knowledge(settings().knowledge)
    return (knowledge.widget.get(key) or knowledge.phrases[key]).localized(language).format(**values)


class Chat:
    """What a visitor does with the chat and sees of it."""

    def __init__(self, page: Page, language: Language = "nl", *, framed: bool = True) -> None:
        self.page = page
        self.language = language
        self.framed = framed
        self.scope: Page | FrameLocator = page.frame_locator("#klantkompas iframe") if framed else page
        self.launcher = page.locator("#klantkompas .launcher")
        self.badge = page.locator("#klantkompas .badge")
        self.dialog = page.locator("#klantkompas dialog")
        self.log = self.scope.locator("#log")
        self.messages = self.scope.locator(".messages > .message")
        self.visitors = self.scope.locator(".messages > .visitor")
        self.advisors = self.scope.locator(".messages > .advisor")
        self.failed = self.scope.locator(".messages > .failed")
        self.newest = self.messages.last
        self.announcer = self.scope.locator("#announcer")
        self.input = self.scope.locator("vaadin-message-input textarea")
        self.choices = self.scope.locator(".choice")

    def text(self, key: str, **values: object) -> str:
        """A text in the language of the chat."""
        return text(key, self.language, **values)

    async def evaluate(self, function: str, argument: object = None) -> Any:
        """Runs a JavaScript function of the chat's root element and the argument."""
        return await self.scope.locator("html").evaluate(function, argument)

    async def keeps_focus(self) -> bool:
        """Whether some element has the focus, not the document as a whole."""
        return bool(await self.evaluate("() => document.activeElement !== document.body"))

    async def scrolled(self) -> None:
        """Waits until the log has stood still for some frames: on a busy machine a frame may take long."""
        await self.log.evaluate(
            """async (log) => {
                for (let still = 0, last = -1; still < 15; still = last === log.scrollTop ? still + 1 : 0) {
                    last = log.scrollTop;
                    await new Promise(requestAnimationFrame);
                }
            }"""
        )

    async def open(self) -> None:
        """Opens the widget with the mouse, unless it stayed open; waits for the earlier messages."""
        if await self.launcher.get_attribute("aria-expanded") == "false":
            await self.launcher.click()
        await self.ready()

    async def ready(self) -> None:
        """Waits until all earlier messages are there."""
        await expect(self.scope.locator(".messages[aria-busy]")).to_have_count(0)
        await expect(self.messages).not_to_have_count(0)

    async def close(self) -> None:
        """Closes the widget by its cross."""
        await self.scope.get_by_role("button", name=self.text("close")).click()
        await expect(self.dialog).to_be_hidden()

    async def type(self, message: str) -> None:
        """Types a message and sends it; waits until it is in the log."""
        before = await self.visitors.count()
        await self.input.fill(message)
        await self.input.press("Enter")
        await expect(self.visitors).to_have_count(before + 1)

    async def say(self, message: str) -> Locator:
        """Types a message; returns the advisor's answer."""
        await self.type(message)
        return await self.answer()

    async def press(self, reply: str) -> Locator:
        """Presses one of the buttons under the last answer; returns the advisor's next answer."""
        before = await self.visitors.count()
        await self.choices.filter(has_text=reply).click()
        await expect(self.visitors).to_have_count(before + 1)
        return await self.answer()

    async def answer(self) -> Locator:
        """Waits for the advisor's answer to the last message; returns it."""
        last = self.scope.locator(".messages > .advisor:last-child")
        await expect(last).to_have_count(1)
        await expect(self.scope.locator(".typing")).to_have_count(0)
        return self.advisors.last

    async def tab(self, title: str) -> Locator:
        """Opens a tab of the newest card; returns its panel."""
        await self.scope.get_by_role("tab", name=title, exact=True).last.click()
        panel = self.scope.locator(".card").last.get_by_role("tabpanel")
        await expect(panel).to_be_visible()
        return panel

    def thumb(self, helpful: bool) -> Locator:
        """A thumb under the newest answer that has them."""
        return self.scope.get_by_role("button", name=self.text("helpful" if helpful else "not_helpful")).last

    async def open_menu(self) -> None:
        """Opens the menu."""
        await self.scope.get_by_role("button", name=self.text("menu")).click()
        await expect(self.scope.locator("#menu")).to_be_visible()

    async def choose(self, entry: str) -> None:
        """Opens the menu and chooses an entry, by the key of its text."""
        await self.open_menu()
        await self.scope.get_by_role("button", name=self.text(entry)).click()

    async def start_new_conversation(self) -> None:
        """Starts a new conversation by the menu."""
        await self.choose("new_conversation")
        await self.scope.get_by_role("button", name=self.text("yes_new")).click()

    async def said(self) -> list[str]:
        """The texts of all messages in order."""
        return await self.messages.locator(".bubble").all_inner_texts()

    async def fits_sideways(self) -> bool:
        """Whether nothing has to be scrolled sideways."""
        return bool(await self.evaluate("root => root.scrollWidth <= root.clientWidth"))


async def animations_finished(root: Locator) -> None:
    """Waits for the animations of a document and its shadow roots, except endless ones."""
    await root.evaluate(
        """(root) => {
            const shadows = [...root.querySelectorAll("*")].flatMap((element) => element.shadowRoot ?? []);
            const running = [document, ...shadows].flatMap((tree) => tree.getAnimations());
            const finite = running.filter((one) => one.effect.getComputedTiming().endTime < Infinity);
            return Promise.all(finite.map((one) => one.finished.catch(() => {})));
        }"""
    )


async def stored_token(page: Page) -> str:
    """The token of the visitor's session, which the loader keeps for its page."""
    return str(
        await page.evaluate("() => Object.entries(localStorage).find(([key]) => key.startsWith('klantkompas '))[1]")
    )


async def conversation_of(chat: Chat) -> str:
    """Name of the conversation."""
    return SESSIONS.read(await stored_token(chat.page)).conversation


def store_of(server: Server) -> MessageStore:
    """The message store of a server."""
    return MessageStore(server.messages_db)


def texts_of(server: Server, conversation: str) -> list[str | None]:
    """What the visitor said, in the order of arrival; None for each answer."""
    return [message.text for message in store_of(server).after(conversation, 0)]
