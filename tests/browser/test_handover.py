"""A person of the team takes over, as the visitor sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import expect

from tests.browser.accessibility import in_chat
from tests.browser.chat import Chat, stored_token
from tests.browser.conftest import Visits
from tests.slack.fake_slack import FakeSlack
from tests.slack.handed_over import GIVE_BACK, HandedOver
from tests.slack.team import Team
from tests.support.server import UNLIMITED, Server
from tests.support.visitor import Visitor


@pytest.fixture(scope="module")
async def office(model: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Team]:
    """An advisor whose team is always there."""
    async with FakeSlack(scopes=Team.scopes()) as fake:
        folder = tmp_path_factory.mktemp("handover")
        server = Server(folder, **Team.settings(fake), **UNLIMITED, handover="always", sites="")
        await asyncio.to_thread(server.start)
        await fake.socket_connected(10)
        yield Team(fake, server)
        assert await asyncio.to_thread(server.stop) == 0, server.log


@pytest.fixture
async def chat(office: Team, visit: Visits) -> Chat:
    """A visitor who asks for a person."""
    chat = await visit.chat(office.server)
    await chat.say("klanten kopen één keer en komen niet terug")
    await expect(await chat.say("ik wil iemand spreken")).to_contain_text("Binnen 3 minuten hoor je of het lukt")
    return chat


@pytest.fixture
async def handed(chat: Chat, office: Team) -> AsyncIterator[HandedOver]:
    """The team's side of it."""
    async with httpx.AsyncClient(timeout=30) as client:
        visitor = Visitor(client, office.server.address)
        visitor.token = await stored_token(chat.page)
        handed = HandedOver(office, visitor)
        await handed.posted()
        yield handed


async def test_the_visitor_talks_to_a_person_by_name_and_then_to_the_advisor_again(
    chat: Chat, handed: HandedOver
) -> None:
    subtitle = chat.scope.locator("header p")
    anna = await handed.take()
    await expect(chat.newest).to_contain_text("Je praat nu met Anna")
    await expect(subtitle).to_have_text("Je praat met Anna")

    event = await handed.write("Hoi! Verkoop je *online* of in een winkel?", anna)
    await expect(chat.newest.locator(".person")).to_have_text("Anna")
    await expect(chat.newest.locator("strong")).to_have_text("online")
    await expect(chat.announcer).to_contain_text("Anna: Hoi!")
    assert await in_chat(chat, "with a person") == []

    await chat.type("In een winkel, in Utrecht.")
    await handed.has_relayed("In een winkel, in Utrecht.")
    await handed.edit(event, "Hoi! Verkoop je online, in een winkel, of allebei?")
    await expect(chat.messages.filter(has_text="of allebei?")).to_have_count(1)
    await expect(chat.newest).to_contain_text("Utrecht")
    wrong = await handed.write("Dit was voor een ander.", anna)
    await expect(chat.newest).to_contain_text("voor een ander")
    await handed.delete(wrong)
    await expect(chat.newest).to_contain_text("Utrecht")

    said = await chat.said()
    await chat.page.reload()
    await expect(chat.newest).to_contain_text("Utrecht")
    assert await chat.said() == said
    await expect(subtitle).to_have_text("Je praat met Anna")

    await handed.press(GIVE_BACK, anna)
    await expect(chat.newest).to_contain_text("geeft het gesprek weer aan mij")
    await expect(subtitle).to_have_text(chat.text("subtitle"))
    await expect(await chat.say("wat is ctr?")).to_contain_text("CTR")
