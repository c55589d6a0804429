"""Causes of a problem: which one the owner means, how to check it, and what to do then."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.advice import replies, signals
from bot.advice.answer import Answer, QuickReply, Section
from bot.advice.case import Advised, Ref
from bot.advice.situation import Situation
from bot.knowledge.problems import Cause, Symptom

MIN_LETTERS, MOST = 4, 0.6
"""Letters of the words by which a typed answer is compared with a button, and the share of the button's words that it
must have."""

LONG_WORD = 7
"""Letters from which one word names a cause of another symptom; of shorter ones it takes two."""

UNKNOWN = "unknown"
"""The answer "I don't know" to a question about the cause."""


def ref(symptom: Symptom, cause_id: str) -> Ref:
    """What the case remembers of a cause."""
    return Ref("cause", f"{symptom.id}.{cause_id}")


def reply(symptom: Symptom, cause_id: str, title: str) -> QuickReply:
    """The button that names a cause."""
    return QuickReply(title, "propose_cause", {"cause": f"{symptom.id}.{cause_id}"})


def chosen(button: str | None, symptom: Symptom) -> str | None:
    """The cause of a symptom that a button names, as `symptom.cause`; None for anything else."""
    owner, _, cause_id = (button or "").partition(".")
    return cause_id if owner == symptom.id and cause_id in symptom.causes else None


def named(text: str, situation: Situation, symptom: Symptom) -> str | None:
    """The cause of a symptom whose words a message has most; None without any.

    A word of the knowledge base matches where a word of the message begins with it: "verzend" finds "verzendkosten".
    """
    counts = {id_: len(_found(cause, text, situation)) for id_, cause in symptom.causes.items()}
    best = max(counts, key=lambda id_: counts[id_])
    return best if counts[best] else None


def answered(text: str, situation: Situation, symptom: Symptom) -> str | None:
    """The cause, or UNKNOWN, that a typed answer to the question of a symptom means; None if it is no answer.

    An answer has most of the words of a button ("ze krijgen geen herinnering"), or words of a cause.
    """
    if is_unknown(text, situation):
        return UNKNOWN
    return like_button(text, situation, symptom) or named(text, situation, symptom)


def like_button(text: str, situation: Situation, symptom: Symptom) -> str | None:
    """The cause of the button whose words a typed text mostly has."""
    said = _words(text)
    for answer in symptom.ask.answers:
        wanted = _words(situation.text(answer.text))
        if wanted and len(wanted & said) >= MOST * len(wanted):
            return answer.cause
    return None


def is_unknown(text: str, situation: Situation) -> bool:
    """Whether a message says that the owner does not know."""
    return signals.has(text, "unknown", situation)


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.lower()) if len(word) >= MIN_LETTERS}


def named_elsewhere(text: str, situation: Situation) -> tuple[Symptom, str] | None:
    """The cause of another symptom of the same phase that a message names, if the current one has none."""
    others = [
        s for s in situation.knowledge.symptoms.values() if s.phase == situation.phase and s is not situation.symptom
    ]
    for symptom in others:
        cause = named(text, situation, symptom)
        found = _found(symptom.causes[cause], text, situation) if cause else []
        if cause and (len(found) > 1 or any(len(word) >= LONG_WORD for word in found)):
            return symptom, cause
    return None


def _found(cause: Cause, text: str, situation: Situation) -> list[str]:
    words = cause.words.localized(situation.language)
    return [word for word in words if signals.affirms(text, word, situation)]


def question(symptom: Symptom, situation: Situation) -> tuple[Section, tuple[QuickReply, ...]]:
    """The question that separates the causes, and its answers as buttons."""
    answers = tuple(reply(symptom, a.cause, situation.text(a.text)) for a in symptom.ask.answers)
    unknown = reply(symptom, UNKNOWN, situation.say("button_dont_know"))
    return Section(text=situation.text(symptom.ask.question), closing=True), (*answers, unknown)


def explain(symptom: Symptom, cause_id: str, situation: Situation, lead: str) -> Advised:
    """A cause that the owner named: whether it is likely, how to check it, and what to do then.

    Args:
        symptom: The problem.
        cause_id: The cause.
        situation: The conversation.
        lead: Key of the phrase that says how likely it is.
    """
    cause = symptom.causes[cause_id]
    case = situation.case.with_cause(cause_id)
    about = ref(symptom, cause_id)
    answer = Answer(
        language=situation.language,
        sections=(
            Section(text=situation.say(lead, cause=situation.text(cause.name))),
            Section(situation.say("cause_check"), text=situation.text(cause.check)),
            Section(situation.say("cause_fix"), text=situation.text(cause.fix)),
        ),
        replies=reactions(situation),
        phase=symptom.phase,
        about="cause",
    )
    return Advised(answer, case.after_saying(about, focus=about))


def reactions(situation: Situation) -> tuple[QuickReply, ...]:
    """The natural reactions to a cause."""
    return (
        QuickReply(situation.say("button_how"), "ask_how"),
        replies.next_step(situation),
        QuickReply(situation.say("button_not_it"), "deny"),
    )


def overview(symptom: Symptom, situation: Situation) -> Advised:
    """For an owner who does not know: the likeliest causes that were not said yet, each with its check."""
    listed = list(_unsaid(symptom, situation))[:3] or list(symptom.causes)[:3]
    items = tuple(
        f"**{situation.text(symptom.causes[id_].name)}** {situation.text(symptom.causes[id_].check)}"
        for id_ in listed[:2]
    )
    offered = tuple(ref(symptom, id_) for id_ in listed[:2])
    answer = Answer(
        language=situation.language,
        sections=(Section(situation.say("find_out"), items=items, ordered=True),),
        replies=(
            *(
                reply(symptom, id_, situation.say("button_it_is", number=number))
                for number, id_ in enumerate(listed[:2], start=1)
            ),
            replies.next_step(situation),
            replies.human(situation),
        ),
        phase=symptom.phase,
        about="cause",
    )
    return Advised(answer, situation.case.after_saying(*offered, focus=offered[0], offered=offered))


def _unsaid(symptom: Symptom, situation: Situation) -> Iterator[str]:
    return (id_ for id_ in symptom.causes if not situation.case.has_said("cause", f"{symptom.id}.{id_}"))


def another(symptom: Symptom, situation: Situation) -> Advised | None:
    """The likeliest cause that was not said yet; None if all were."""
    cause_id = next(_unsaid(symptom, situation), None)
    return explain(symptom, cause_id, situation, "cause_other") if cause_id else None


def possible(symptom: Symptom, situation: Situation) -> Advised | None:
    """The likeliest cause that was not said yet, as a possibility with its check; None once one was said so."""
    cause_id = next(_unsaid(symptom, situation), None)
    if cause_id is None or any(ref_.kind == "cause" for ref_ in situation.case.said):
        return None
    told = explain(symptom, cause_id, situation, "possibly")
    return Advised(told.answer, told.case.with_cause(None))


def unlisted(symptom: Symptom, situation: Situation) -> Advised:
    """For a cause that the knowledge base does not have: honest, how to find out, and the question about the cause."""
    section, answers = question(symptom, situation)
    answer = Answer(
        language=situation.language,
        sections=(Section(text=situation.say("cause_unlisted")), section),
        replies=answers,
        phase=symptom.phase,
        about="cause",
    )
    about = Ref("question", symptom.id)
    return Advised(answer, situation.case.after_saying(about, open=about))
