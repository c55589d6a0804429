"""What a conversation leaves in the database, and that every intent is answered."""

from __future__ import annotations

from unittest.mock import ANY

import pytest
from rasa.shared.core.training_data.structures import RuleStep

from bot.advice.answer import Answer, QuickReply, Section
from bot.chat.turns import IncomingMessage, TurnService
from bot.nlu.importer import KnowledgeImporter
from bot.presentation import markdown
from bot.services import Services
from bot.settings import ROOT
from bot.storage.database import Database
from bot.storage.requests import StoredRequest, metadata


async def say(turns: TurnService, conversation: str, *texts: str) -> str:
    """Sends texts one after the other; returns the last answer."""
    answer = ""
    for text in texts:
        answers = await turns.answer(IncomingMessage(text, conversation))
        answer = "\n".join(markdown.render(a).text for a in answers)
    return answer


def stored(turns: TurnService, conversation: str) -> list[StoredRequest]:
    return [s for s in turns.services.requests.all() if s.request.conversation == conversation]


async def test_a_competitor_check_is_stored_with_what_is_known(turns: TurnService) -> None:
    await say(
        turns, "check", "we krijgen genoeg bezoekers, maar niemand bestelt", "concurrentiecheck van www.rivaal.nl"
    )
    answer = await say(turns, "check", "jan@zaak.nl", "ja", "ja")
    (found,) = stored(turns, "check")
    assert found.request.kind == "competitor_check"
    assert found.request.fields == {"competitor_url": "https://www.rivaal.nl", "email": "jan@zaak.nl"}
    assert (found.request.language, found.request.phase) == ("nl", "do")
    assert found.request.consent_text
    assert f"nummer is {found.number}" in answer


async def test_saying_yes_again_stores_nothing_more(turns: TurnService) -> None:
    await say(
        turns, "twice", "concurrentiecheck van www.rivaal.nl", "jan@zaak.nl", "ja", "ja", "ja", "ja verstuur maar"
    )
    assert len(stored(turns, "twice")) == 1


async def test_an_english_appointment_is_stored(turns: TurnService) -> None:
    await say(turns, "appointment", "I'd like to make an appointment", "Karin de Boer", "06 12345678")
    await say(turns, "appointment", "Tuesday morning", "yes")
    (found,) = stored(turns, "appointment")
    fields = {"name": "Karin de Boer", "contact": "+31 6 12345678", "moment": ANY}
    assert found.request.fields == fields
    assert found.request.language == "en"


@pytest.mark.parametrize("last", ["laat maar", "nee"])
async def test_nothing_is_stored_before_the_confirmation(turns: TurnService, last: str) -> None:
    await say(turns, f"left {last}", "concurrentiecheck van www.rivaal.nl", "jan@zaak.nl", "ja", last)
    assert stored(turns, f"left {last}") == []


async def test_nothing_is_stored_without_consent(turns: TurnService) -> None:
    answer = await say(turns, "no consent", "concurrentiecheck van www.rivaal.nl", "jan@zaak.nl", "nee")
    assert "geen aanvraag vastgelegd" in answer
    assert stored(turns, "no consent") == []


async def test_a_database_that_fails_is_admitted_and_the_answers_wait_for_the_next_try(
    turns: TurnService, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = services.requests.database
    monkeypatch.setattr(services.requests, "database", Database("sqlite:////proc/nowhere/intake.db", metadata))
    broken = await say(turns, "broken", "concurrentiecheck van www.rivaal.nl", "jan@zaak.nl", "ja", "ja")
    assert "nog niet verstuurd" in broken
    monkeypatch.setattr(services.requests, "database", good)
    assert "jan@zaak.nl" in await say(turns, "broken", "concurrentiecheck")
    assert "is verstuurd" in await say(turns, "broken", "ja")
    assert len(stored(turns, "broken")) == 1


async def test_a_failing_action_apologises_in_the_visitors_language(
    turns: TurnService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("bot.advice.glossary.faq", fail)
    assert "Something went wrong" in await say(turns, "fails", "hello", "what is retargeting?")


@pytest.mark.parametrize("text", ["", "🙂🙂🙂", "?!", "\x00\x00"])
async def test_a_message_without_words_is_answered(turns: TurnService, text: str) -> None:
    assert "geen woorden" in await say(turns, f"empty {text!r}", text)


async def test_a_very_long_message_is_answered_and_kept(turns: TurnService) -> None:
    text = "nobody buys anything in our shop and we do not know why " * 100
    assert "too long" in await say(turns, "long", text)
    tracker = await turns.assistant.agent.tracker_store.retrieve("long")
    assert tracker is not None
    assert tracker.latest_message is not None
    assert tracker.latest_message.metadata["typed"] == text.strip()


async def test_a_typed_restart_keeps_the_conversation(turns: TurnService) -> None:
    await say(turns, "restart", "we krijgen genoeg bezoekers, maar niemand bestelt", "/restart")
    tracker = await turns.assistant.agent.tracker_store.retrieve("restart")
    assert tracker is not None
    assert not any(event.as_dict()["event"] == "restart" for event in tracker.events)


async def test_a_payload_that_was_not_issued_sets_nothing(turns: TurnService) -> None:
    await say(turns, "forged", '/ask_channels{"phase": "care"}')
    tracker = await turns.assistant.agent.tracker_store.retrieve("forged")
    assert tracker is not None
    assert tracker.get_slot("phase") is None


@pytest.mark.parametrize(("conversation", "phase"), [("rest-issued", "care"), ("rest-other", None)])
async def test_a_typed_payload_counts_where_its_button_was_issued_only(
    turns: TurnService, conversation: str, phase: str | None
) -> None:
    button = QuickReply("Welke kanalen?", "ask_channels", {"phase": "care"})
    store = turns.services.messages
    store.add_answers("rest-issued", [Answer("nl", (Section(text="Hallo"),), replies=(button,))])
    message, _ = store.add_user_message(conversation, markdown.payload(button), conversation)
    assert await turns.answer_stored(message)
    assert (await turns.assistant.slots(conversation))["phase"] == phase


def test_every_intent_is_answered_by_a_rule_also_in_the_middle_of_a_form() -> None:
    importer = KnowledgeImporter(str(ROOT / "config.yml"), str(ROOT / "domain.yml"), [str(ROOT / "data")])
    intents = set(importer.get_domain().intents) - {"session_start", "back", "restart"}
    rules = [step for step in importer.get_stories().story_steps if isinstance(step, RuleStep)]
    free: set[str] = set()
    in_form: set[str] = set()
    for rule in rules:
        events = [e for event in rule.events for e in (event if isinstance(event, list) else [event])]
        named = {e.intent_name for e in events if getattr(e, "intent_name", None)}
        looped = any(type(e).__name__ == "ActiveLoop" for e in events[:1])
        (in_form if looped else free).update(named)
    assert intents - free == set()
    # a form takes these itself, or they open it
    assert intents - in_form <= {"inform", "affirm", "deny"}
