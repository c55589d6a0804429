"""What a conversation leaves in the database, and that every intent is answered."""

from __future__ import annotations

import pytest
from rasa.core.agent import Agent
from rasa.shared.core.training_data.structures import RuleStep

from bot.chat import turns as conversation
from bot.nlu.importer import KnowledgeImporter
from bot.presentation import markdown
from bot.settings import ROOT, settings
from bot.storage import requests as storage


async def say(agent: Agent, sender: str, *texts: str) -> str:
    """Says texts one after the other; returns the last answer."""
    answer = ""
    for text in texts:
        answers = await conversation.answer(agent, text, sender, "test")
        answer = "\n".join(markdown.render(a).text for a in answers)
    return answer


def stored(sender: str) -> list[storage.StoredRequest]:
    return [s for s in storage.intake_store(settings().intake_db).all() if s.request.conversation == sender]


async def test_a_competitor_check_is_stored_with_what_is_known(agent: Agent) -> None:
    await say(
        agent, "check", "we krijgen genoeg bezoekers, maar niemand bestelt", "concurrentiecheck van www.rivaal.nl"
    )
    answer = await say(agent, "check", "jan@zaak.nl", "ja", "ja")
    (found,) = stored("check")
    assert found.request.kind == "competitor_check"
    assert found.request.fields == {"competitor_url": "https://www.rivaal.nl", "email": "jan@zaak.nl"}
    assert (found.request.language, found.request.phase) == ("nl", "do")
    assert found.request.consent_text
    assert f"nummer is {found.number}" in answer


async def test_saying_yes_again_stores_nothing_more(agent: Agent) -> None:
    await say(
        agent, "twice", "concurrentiecheck van www.rivaal.nl", "jan@zaak.nl", "ja", "ja", "ja", "ja verstuur maar"
    )
    assert len(stored("twice")) == 1


async def test_an_english_appointment_is_stored(agent: Agent) -> None:
    await say(agent, "appointment", "I'd like to make an appointment", "Karin de Boer", "06 12345678")
    await say(agent, "appointment", "Tuesday morning", "yes")
    (found,) = stored("appointment")
    fields = {"name": "Karin de Boer", "contact": "+31 6 12345678", "moment": "Tuesday morning"}
    assert found.request.fields == fields
    assert found.request.language == "en"


@pytest.mark.parametrize("last", ["laat maar", "nee"])
async def test_nothing_is_stored_before_the_confirmation(agent: Agent, last: str) -> None:
    await say(agent, f"left {last}", "concurrentiecheck van www.rivaal.nl", "jan@zaak.nl", "ja", last)
    assert stored(f"left {last}") == []


async def test_nothing_is_stored_without_consent(agent: Agent) -> None:
    answer = await say(agent, "no consent", "concurrentiecheck van www.rivaal.nl", "jan@zaak.nl", "nee")
    assert "geen aanvraag vastgelegd" in answer
    assert stored("no consent") == []


async def test_a_database_that_fails_is_admitted_and_the_answers_wait_for_the_next_try(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = settings().intake_db
    monkeypatch.setattr(settings(), "intake_db", "sqlite:////proc/nowhere/intake.db")
    broken = await say(agent, "broken", "concurrentiecheck van www.rivaal.nl", "jan@zaak.nl", "ja", "ja")
    assert "nog niet verstuurd" in broken
    monkeypatch.setattr(settings(), "intake_db", good)
    assert "jan@zaak.nl" in await say(agent, "broken", "concurrentiecheck")
    assert "is verstuurd" in await say(agent, "broken", "ja")
    assert len(stored("broken")) == 1


async def test_a_failing_action_apologises_in_the_visitors_language(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("bot.advice.glossary.faq", fail)
    assert "Something went wrong" in await say(agent, "fails", "hello", "what is retargeting?")


@pytest.mark.parametrize("text", ["", "🙂🙂🙂", "?!", "\x00\x00"])
async def test_a_message_without_words_is_answered(agent: Agent, text: str) -> None:
    assert "geen woorden" in await say(agent, f"empty {text!r}", text)


async def test_a_very_long_message_is_answered_and_kept(agent: Agent) -> None:
    text = "nobody buys anything in our shop and we do not know why " * 100
    assert "too long" in await say(agent, "long", text)
    tracker = await agent.tracker_store.retrieve("long")
    assert tracker is not None
    assert tracker.latest_message is not None
    assert tracker.latest_message.metadata["typed"] == text.strip()


async def test_a_typed_restart_keeps_the_conversation(agent: Agent) -> None:
    await say(agent, "restart", "we krijgen genoeg bezoekers, maar niemand bestelt", "/restart")
    tracker = await agent.tracker_store.retrieve("restart")
    assert tracker is not None
    assert not any(event.as_dict()["event"] == "restart" for event in tracker.events)


async def test_a_payload_that_was_not_issued_sets_nothing(agent: Agent) -> None:
    await say(agent, "forged", '/ask_channels{"phase": "care"}')
    tracker = await agent.tracker_store.retrieve("forged")
    assert tracker is not None
    assert tracker.get_slot("phase") is None


def test_every_intent_is_answered_by_a_rule_also_in_the_middle_of_a_form() -> None:
    importer = KnowledgeImporter(str(ROOT / "config.yml"), str(ROOT / "domain.yml"), [str(ROOT / "data")])
    intents = set(importer.get_domain().intents) - {"session_start", "back", "restart"}
    rules = [step for step in importer.get_stories().story_steps if isinstance(step, RuleStep)]
    free, in_form = set(), set()
    for rule in rules:
        events = [e for event in rule.events for e in (event if isinstance(event, list) else [event])]
        named = {e.intent_name for e in events if getattr(e, "intent_name", None)}
        looped = any(type(e).__name__ == "ActiveLoop" for e in events[:1])
        (in_form if looped else free).update(named)
    assert intents - free == set()
    # a form takes these itself, or they open it
    assert intents - in_form <= {"inform", "affirm", "deny"}
