"""The answers around the advice: greetings, help, contact, errors, and messages that are not understood."""

from __future__ import annotations

from msgspec.structs import replace

from bot.advice import replies
from bot.advice.answer import Answer, QuickReply, Section
from bot.advice.case import Advised
from bot.advice.situation import Situation
from bot.knowledge import Language

ERASED = "erased"
"""`Answer.about` of the answer after which the conversation is deleted."""

MISSES_BEFORE_DEFERRING = 2
"""Messages in a row that were not understood, after which the advisor defers to a person."""


def greet(situation: Situation) -> Answer:
    """Greets, introduces the advisor, and asks the opening question."""
    opening = _opening(situation, "greet", "greet_question")
    return replace(opening, replies=(*opening.replies, replies.human(situation)))


def welcome(situation: Situation) -> Answer:
    """Opens a conversation where the page around it introduces the advisor: the opening question alone."""
    opening = _opening(situation, "welcome")
    return replace(opening, replies=(*opening.replies, replies.human(situation)))


def agency_name(situation: Situation) -> str:
    """The name of the agency that runs this advisor."""
    return situation.knowledge.agency.name.localized(situation.language)


def goodbye(situation: Situation) -> Answer:
    """Says goodbye."""
    return _plain(situation, "goodbye")


def thank(situation: Situation) -> Answer:
    """Says "you're welcome", with a next step that fits."""
    if situation.symptom:
        next_step = replies.next_step(situation)
    elif situation.phase:
        next_step = replies.first_steps(situation, situation.phase)
    else:
        next_step = replies.explain_journey(situation)
    return replace(_plain(situation, "thank", next_step, replies.competitor_check(situation)), awaiting="more")


def bot_challenge(situation: Situation) -> Answer:
    """Confirms that the visitor chats with a computer program."""
    return _plain(situation, "bot_challenge", replies.human(situation), agency=agency_name(situation))


def help_(situation: Situation) -> Answer:
    """Lists what the visitor can ask."""
    return Answer(
        language=situation.language,
        sections=(
            Section(text=situation.say("help_intro")),
            Section(
                items=tuple(situation.say(f"help_{n}") for n in ("problem", "advice", "terms", "journey", "requests"))
            ),
        ),
        replies=(
            replies.my_problem(situation),
            replies.explain_journey(situation),
            replies.competitor_check(situation),
            replies.appointment(situation),
        ),
    )


def start_over(situation: Situation) -> Answer:
    """Asks the opening question again."""
    return _opening(situation, "start_over")


def unknown(situation: Situation) -> Advised:
    """Says that a question is out of scope, and offers what is in scope; never twice in the same words."""
    if situation.case.misses >= MISSES_BEFORE_DEFERRING:
        return not_understood(situation)
    key = "unknown_again" if situation.case.misses else "unknown"
    buttons = (replies.my_problem(situation), replies.help_(situation), replies.human(situation))
    return _miss(situation, _plain(situation, key, *buttons))


def not_understood(situation: Situation) -> Advised:
    """Says that a message was not understood: first asks for other words, then offers choices, then a person."""
    misses, symptom = situation.case.misses, situation.symptom
    if misses >= MISSES_BEFORE_DEFERRING:
        buttons = (replies.human(situation), replies.appointment(situation), replies.my_problem(situation))
        return _miss(situation, _plain(situation, "not_understood_defer", *buttons))
    if misses:
        question = replace(_opening(situation, "not_understood_again"), phase=situation.phase)
        return _miss(situation, replace(question, replies=(*question.replies, replies.human(situation))))
    if symptom:
        more = replies.next_step(situation)
        problem = situation.text(symptom.name)
        answer = _plain(situation, "not_understood_in_problem", more, replies.human(situation), problem=problem)
        return _miss(situation, answer)
    topics = (
        replies.other_topics(situation, situation.phase)
        if situation.phase
        else (replies.my_problem(situation), replies.help_(situation))
    )
    return _miss(situation, _plain(situation, "not_understood", *topics, replies.human(situation)))


def _miss(situation: Situation, answer: Answer) -> Advised:
    return Advised(answer, replace(situation.case, misses=situation.case.misses + 1))


def ask_erasure(situation: Situation) -> Answer:
    """Asks whether the conversation and its requests are to be deleted."""
    buttons = (
        QuickReply(situation.say("button_erase"), "affirm"),
        QuickReply(situation.say("button_keep"), "deny"),
    )
    return replace(_plain(situation, "ask_erasure", *buttons), awaiting="erasure")


def erased(situation: Situation) -> Answer:
    """Says that all was deleted, which happens after this answer is stored (bot/chat/turns.py)."""
    return replace(_plain(situation, "erased"), about=ERASED, phase=None)


def kept(situation: Situation) -> Answer:
    """Says that nothing was deleted."""
    return _plain(situation, "kept", replies.my_problem(situation))


def empty_message(situation: Situation) -> Answer:
    """Answers a message without words."""
    return _plain(situation, "empty_message", replies.help_(situation))


def too_long(situation: Situation, limit: int) -> Answer:
    """Asks for a message again that was longer than `limit` characters."""
    return _plain(situation, "too_long", limit=limit)


def apology(situation: Situation) -> Answer:
    """Apologises for an internal error."""
    return _plain(situation, "apology", replies.human(situation))


def contact(situation: Situation) -> Answer:
    """Says how to reach a person."""
    agency = situation.knowledge.agency
    ways = [
        situation.say(
            "contact_hours", agency=agency_name(situation), hours=agency.opening_hours.localized(situation.language)
        )
    ]
    ways += [situation.say("contact_phone", phone=agency.phone)] if agency.phone else []
    ways += [situation.say("contact_email", email=agency.email)] if agency.email else []
    ways += [situation.say("contact_appointment")]
    return Answer(
        language=situation.language,
        sections=(Section(text=" ".join(ways)),),
        replies=(replies.appointment(situation),),
        about="contact",
    )


def switched(situation: Situation, wanted: Language | None) -> Answer:
    """Continues in the wanted language; names the available ones if `wanted` is None."""
    return _plain(situation, "switched" if wanted else "which_language", replies.help_(situation))


def affirm(situation: Situation) -> Answer:
    """Answers a yes without an open question with what comes next."""
    if situation.about == "request":
        done = _plain(situation, "request_done", replies.my_problem(situation))
        return replace(done, awaiting="more")
    if situation.phase:
        return _plain(
            situation,
            "affirm_phase",
            replies.first_steps(situation, situation.phase),
            *replies.other_topics(situation, situation.phase),
        )
    return _opening(situation, "which_phase")


def deny(situation: Situation) -> Answer:
    """Answers a no without an open question."""
    return _plain(
        situation,
        "deny",
        replies.my_problem(situation),
        replies.help_(situation),
    )


def nothing_to_cancel(situation: Situation) -> Answer:
    """Answers "laat maar" while no form is open."""
    return _plain(situation, "nothing_to_cancel", replies.my_problem(situation))


def _opening(situation: Situation, *keys: str) -> Answer:
    """Phrases that ask for the phase, and a button for each."""
    return Answer(
        language=situation.language,
        sections=tuple(Section(text=situation.say(key)) for key in keys),
        replies=replies.phase_choices(situation),
        awaiting="phase",
    )


def _plain(situation: Situation, key: str, *quick_replies: QuickReply, **values: object) -> Answer:
    return Answer(
        language=situation.language,
        sections=(Section(text=situation.say(key, **values)),),
        replies=quick_replies,
        phase=situation.phase,
    )
