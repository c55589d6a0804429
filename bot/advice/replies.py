"""Quick replies: the next natural questions as buttons."""

from __future__ import annotations

from msgspec.structs import replace

from bot.advice.answer import QuickReply
from bot.advice.situation import Situation
from bot.knowledge import PHASES, TOPICS, PhaseId, TopicId

ASK_TOPIC = {"channels": "ask_channels", "message": "ask_message", "measurement": "ask_measurement"}
"""The intent that asks for a topic."""


def ask_topic(situation: Situation, phase: PhaseId, topic: TopicId) -> QuickReply:
    """Asks for a topic of a phase."""
    return QuickReply(situation.say(f"button_{topic}"), ASK_TOPIC[topic], {"phase": phase})


def other_topics(situation: Situation, phase: PhaseId, but: TopicId | None = None) -> tuple[QuickReply, ...]:
    """Asks for the topics of a phase, without the one just given."""
    return tuple(ask_topic(situation, phase, topic) for topic in TOPICS if topic != but)


def in_card(*quick_replies: QuickReply) -> tuple[QuickReply, ...]:
    """Replies that the card of the same answer makes needless where it is drawn."""
    return tuple(replace(reply, in_card=True) for reply in quick_replies)


def first_steps(situation: Situation, phase: PhaseId) -> QuickReply:
    """Asks where to begin."""
    return QuickReply(situation.say("button_first_steps"), "ask_first_steps", {"phase": phase})


def competitor_check(situation: Situation) -> QuickReply:
    """Asks for the free competitor check."""
    return QuickReply(situation.say("button_competitor_check"), "request_competitor_check")


def appointment(situation: Situation) -> QuickReply:
    """Asks for an appointment."""
    return QuickReply(situation.say("button_appointment"), "request_appointment")


def human(situation: Situation) -> QuickReply:
    """Asks for a person."""
    return QuickReply(situation.say("button_human"), "request_human")


def explain_journey(situation: Situation) -> QuickReply:
    """Asks for the models."""
    return QuickReply(situation.say("button_journey"), "explain_journey")


def faq(situation: Situation, faq_id: str) -> QuickReply:
    """Asks a question of the FAQ."""
    entry = situation.knowledge.faq[faq_id]
    return QuickReply(entry.name.in_(situation.language), entry.intent)


def owner_words(situation: Situation, phases: tuple[PhaseId, ...] = PHASES) -> tuple[QuickReply, ...]:
    """The phases as an owner would say them: the choices of a separating question."""
    return tuple(
        QuickReply(situation.knowledge.phases[phase].owner_words.in_(situation.language), f"struggle_{phase}")
        for phase in phases
    )
