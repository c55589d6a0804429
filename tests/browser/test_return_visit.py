"""A visitor who comes back after a while is reminded of where the conversation was."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from playwright.async_api import expect

from bot.storage.messages import messages
from tests.browser.accessibility import in_chat
from tests.browser.chat import Chat, conversation_of, store_of, text
from tests.browser.conftest import Visits
from tests.support.server import Server

PROBLEM = "we krijgen genoeg bezoekers, maar niemand bestelt"


def let_time_pass(server: Server, conversation: str, days: int) -> None:
    """Makes all that was said older."""
    with store_of(server).database.transaction() as connection:
        mine = messages.c.conversation == conversation
        for position, at in connection.execute(sa.select(messages.c.position, messages.c.at).where(mine)).all():
            older = (
                sa.update(messages).where(mine, messages.c.position == position).values(at=at - timedelta(days=days))
            )
            connection.execute(older)


async def test_whoever_comes_back_reads_where_it_was_left(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)
    welcome = chat.scope.locator(".welcome")
    await chat.say(PROBLEM)
    title = await chat.advisors.last.locator("h2").inner_text()
    await chat.page.reload()
    await chat.ready()
    await expect(welcome).to_have_count(0)
    let_time_pass(server, await conversation_of(chat), days=2)
    await chat.page.reload()
    await chat.ready()
    await expect(welcome).to_contain_text(title)
    await expect(welcome).to_contain_text(text("welcome_back", date="…", problem="…").partition(".")[0])
    await expect(welcome).to_be_in_viewport()
    assert await in_chat(chat, "back after two days") == []
    await chat.say("hoe dan?")
    await expect(welcome).to_have_count(0)


async def test_without_a_problem_there_is_nothing_to_remind_of(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)
    let_time_pass(server, await conversation_of(chat), days=2)
    await chat.page.reload()
    chat = Chat(chat.page)
    await chat.ready()
    await expect(chat.scope.locator(".welcome")).to_have_count(0)
