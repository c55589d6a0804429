"""Quick replies: buttons with the natural next questions."""

from __future__ import annotations

from msgspec.structs import replace

from bot.advice.answer import QuickReply
from bot.advice.situation import Situation
from bot.knowledge import PHASES, TOPICS, PhaseId, TopicId

ASK_TOPIC = {"channels": "ask_channels", "message": "ask_message", "measurement": "ask_measurement"}
"""The intent that asks for a topic."""


def ask_topic(situation: Situation, phase: PhaseId, topic: TopicId) -> QuickReply:
    """The button that asks for a topic of a phase."""
    return QuickReply(situation.say(f"button_{topic}"), ASK_TOPIC[topic], {"phase": phase})


def other_topics(situation: Situation, phase: PhaseId, but: TopicId | None = None) -> tuple[QuickReply, ...]:
    """The buttons that ask for the topics of a phase, except `but`."""
    return tuple(ask_topic(situation, phase, topic) for topic in TOPICS if topic != but)


def in_card(*quick_replies: QuickReply) -> tuple[QuickReply, ...]:
    """The same buttons, left out where the answer's card is drawn (`QuickReply.in_card`)."""
    return tuple(replace(reply, in_card=True) for reply in quick_replies)


def first_steps(situation: Situation, phase: PhaseId) -> QuickReply:
    """The button that asks for the first steps."""
    return QuickReply(situation.say("button_first_steps"), "ask_first_steps", {"phase": phase})


def about_phase(situation: Situation, phase: PhaseId) -> QuickReply:
    """The button that asks for the overview of a phase."""
    name = situation.knowledge.phases[phase].name.localized(situation.language)
    return QuickReply(situation.say("button_about_phase", phase=name), "ask_phase", {"phase": phase})


def my_problem(situation: Situation) -> QuickReply:
    """The button that begins a diagnosis."""
    return QuickReply(situation.say("button_my_problem"), "struggle_unclear")


def not_right(situation: Situation) -> QuickReply:
    """The button that rejects a diagnosis."""
    return QuickReply(situation.say("button_not_right"), "deny")


def help_(situation: Situation) -> QuickReply:
    """The button that asks for help."""
    return QuickReply(situation.say("button_help"), "help")


def competitor_check(situation: Situation) -> QuickReply:
    """The button that requests the free competitor check."""
    return QuickReply(situation.say("button_competitor_check"), "request_competitor_check")


def appointment(situation: Situation) -> QuickReply:
    """The button that requests an appointment."""
    return QuickReply(situation.say("button_appointment"), "request_appointment")


def requests(situation: Situation, phase: PhaseId | None) -> tuple[QuickReply, ...]:
    """The buttons of what the agency can do about a problem: competitors do not explain why customers stay away."""
    talk = appointment(situation)
    return (talk,) if phase == "care" else (talk, competitor_check(situation))


def human(situation: Situation) -> QuickReply:
    """The button that asks for a person."""
    return QuickReply(situation.say("button_human"), "request_human")


def next_step(situation: Situation) -> QuickReply:
    """The button that asks for the next step against the present problem."""
    return QuickReply(situation.say("button_next_step"), "next_step")


def plan(situation: Situation) -> QuickReply:
    """The button that asks for a plan."""
    return QuickReply(situation.say("button_plan"), "ask_plan")


def quickscan(situation: Situation) -> QuickReply:
    """The button that begins the quickscan."""
    return QuickReply(situation.say("button_scan"), "start_quickscan")


def measure(situation: Situation) -> QuickReply:
    """The button that asks how to measure the present problem."""
    return QuickReply(situation.say("button_measurement"), "ask_measurement")


def explain_journey(situation: Situation) -> QuickReply:
    """The button that asks for the models of the journey."""
    return QuickReply(situation.say("button_journey"), "explain_journey")


def faq(situation: Situation, faq_id: str) -> QuickReply:
    """The button that asks a frequently asked question."""
    entry = situation.knowledge.faq[faq_id]
    return QuickReply(entry.name.localized(situation.language), entry.intent)


def phase_choices(situation: Situation, phases: tuple[PhaseId, ...] = PHASES) -> tuple[QuickReply, ...]:
    """One button for each phase, in the words of an owner: the choices of a separating question."""
    return tuple(
        QuickReply(situation.knowledge.phases[phase].owner_words.localized(situation.language), f"struggle_{phase}")
        for phase in phases
    )


def next_moves(situation: Situation) -> tuple[QuickReply, ...]:
    """The buttons of what usually comes next: in a problem the next step, in a phase its topics, else the problem."""
    if situation.symptom:
        return (next_step(situation), appointment(situation))
    if situation.phase is None:
        return (my_problem(situation),)
    return (first_steps(situation, situation.phase), *other_topics(situation, situation.phase))
