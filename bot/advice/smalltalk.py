"""Everything around the advice: greeting, help, and saying honestly that we don't know."""

from __future__ import annotations

from msgspec.structs import replace

from bot.advice import replies
from bot.advice.answer import Answer, QuickReply, Section
from bot.advice.situation import Situation
from bot.knowledge import Language


def greet(situation: Situation) -> Answer:
    """Hello, who we are, and one question to start with."""
    return Answer(
        language=situation.language,
        sections=(
            Section(text=situation.say("greet")),
            Section(text=situation.say("greet_question")),
        ),
        replies=replies.owner_words(situation),
        awaiting="phase",
    )


def agency_name(situation: Situation) -> str:
    """The agency that runs this advisor."""
    return situation.knowledge.agency.name.in_(situation.language)


def goodbye(situation: Situation) -> Answer:
    """Until next time."""
    return _plain(situation, "goodbye")


def thank(situation: Situation) -> Answer:
    """You're welcome, with a next step that fits."""
    next_step = (
        replies.first_steps(situation, situation.phase) if situation.phase else replies.explain_journey(situation)
    )
    return replace(_plain(situation, "thank", next_step, replies.competitor_check(situation)), awaiting="more")


def bot_challenge(situation: Situation) -> Answer:
    """Yes, a computer program."""
    return _plain(situation, "bot_challenge", replies.human(situation), agency=agency_name(situation))


def help_(situation: Situation) -> Answer:
    """What you can ask."""
    return Answer(
        language=situation.language,
        sections=(
            Section(text=situation.say("help_intro")),
            Section(
                items=tuple(situation.say(f"help_{n}") for n in ("problem", "advice", "terms", "journey", "requests"))
            ),
        ),
        replies=(
            QuickReply(situation.say("button_my_problem"), "struggle_unclear"),
            replies.explain_journey(situation),
            replies.competitor_check(situation),
            replies.appointment(situation),
        ),
    )


def start_over(situation: Situation) -> Answer:
    """A clean slate, and the opening question again."""
    return Answer(
        language=situation.language,
        sections=(Section(text=situation.say("start_over")),),
        replies=replies.owner_words(situation),
        awaiting="phase",
    )


def unknown(situation: Situation) -> Answer:
    """We know nothing of that; what we can do; a human."""
    return _plain(
        situation,
        "unknown",
        QuickReply(situation.say("button_my_problem"), "struggle_unclear"),
        QuickReply(situation.say("button_help"), "help"),
        replies.human(situation),
    )


def not_understood(situation: Situation) -> Answer:
    """It may be about our subject, but we did not get it. In the middle of a phase, what can be asked about it."""
    if situation.phase:
        topics = replies.other_topics(situation, situation.phase)
        return _plain(situation, "not_understood", *topics, replies.human(situation))
    return replace(unknown(situation), sections=(Section(text=situation.say("not_understood")),))


def empty_message(situation: Situation) -> Answer:
    """A message without words."""
    return _plain(situation, "empty_message", QuickReply(situation.say("button_help"), "help"))


def too_long(situation: Situation, limit: int) -> Answer:
    """A message over the limit: not cut off silently, but asked for again, shorter."""
    return _plain(situation, "too_long", limit=limit)


def apology(situation: Situation) -> Answer:
    """Something went wrong on our side."""
    return _plain(situation, "apology", replies.human(situation))


def contact(situation: Situation) -> Answer:
    """How to reach a person."""
    agency = situation.knowledge.agency
    ways = [
        situation.say(
            "contact_hours", agency=agency_name(situation), hours=agency.opening_hours.in_(situation.language)
        )
    ]
    ways += [situation.say("contact_phone", phone=agency.phone)] if agency.phone else []
    ways += [situation.say("contact_email", email=agency.email)] if agency.email else []
    ways += [situation.say("contact_appointment")]
    return Answer(
        language=situation.language,
        sections=(Section(text=" ".join(ways)),),
        replies=(replies.appointment(situation),),
    )


def switched(situation: Situation, wanted: Language | None) -> Answer:
    """On in the other language; or, if none was understood, which ones there are."""
    return _plain(
        situation, "switched" if wanted else "which_language", QuickReply(situation.say("button_help"), "help")
    )


def affirm(situation: Situation) -> Answer:
    """A yes with no open question: on to what comes next."""
    if situation.about == "request":
        done = _plain(situation, "request_done", QuickReply(situation.say("button_my_problem"), "struggle_unclear"))
        return replace(done, awaiting="more")
    if situation.phase:
        return _plain(
            situation,
            "affirm_phase",
            replies.first_steps(situation, situation.phase),
            *replies.other_topics(situation, situation.phase),
        )
    return Answer(
        language=situation.language,
        sections=(Section(text=situation.say("which_phase")),),
        replies=replies.owner_words(situation),
        awaiting="phase",
    )


def deny(situation: Situation) -> Answer:
    """A no with no open question."""
    return _plain(
        situation,
        "deny",
        QuickReply(situation.say("button_my_problem"), "struggle_unclear"),
        QuickReply(situation.say("button_help"), "help"),
    )


def nothing_to_cancel(situation: Situation) -> Answer:
    """ "Laat maar" without a running request."""
    return _plain(situation, "nothing_to_cancel", QuickReply(situation.say("button_my_problem"), "struggle_unclear"))


def _plain(situation: Situation, key: str, *quick_replies: QuickReply, **values: object) -> Answer:
    return Answer(
        language=situation.language,
        sections=(Section(text=situation.say(key, **values)),),
        replies=quick_replies,
        phase=situation.phase,
    )
