"""Drafts: fill-in texts for a problem, chosen by what the owner asks for."""

from __future__ import annotations

import re

from bot.advice import replies, signals
from bot.advice.answer import Answer, QuickReply, Section
from bot.advice.case import Advised, Ref
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge.problems import Draft, Trade

SINGLE_LINE_END = re.compile(r"(?<!\n)\n(?!\n)")


def kind_of(text: str, situation: Situation) -> str | None:
    """The kind of text that a message asks for: the first in the file of which it has a word."""
    kinds = situation.knowledge.text_kinds.values()
    return next((kind.id for kind in kinds if signals.found(text, kind.words.localized(situation.language))), None)


def asks_for_text(said: Utterance, situation: Situation) -> bool:
    """Whether a message asks for a text of a kind that the knowledge base has."""
    return said.intent in ("ask_text", "ask_example") and kind_of(said.text, situation) is not None


def choose(kind: str | None, situation: Situation) -> Draft | None:
    """The draft that fits best: for the symptom, of this kind, for the business; one not shown yet before others.

    Without a kind it must be for the symptom; with one, a similar kind for the symptom is better than this kind for
    something else.
    """
    case, phase = situation.case, situation.phase
    similar = situation.knowledge.text_kinds[kind].like if kind else ()

    def is_candidate(draft: Draft) -> bool:
        if not suits(draft, situation):
            return False
        for_symptom = case.symptom in draft.symptoms
        return draft.kind == kind or (for_symptom and (kind is None or draft.kind in similar))

    def rank(draft: Draft) -> tuple[bool, ...]:
        phases = {situation.knowledge.symptoms[id_].phase for id_ in draft.symptoms}
        return (
            case.has_said("text", draft.id),
            case.symptom not in draft.symptoms,
            draft.kind != kind,
            phase not in phases,
            not (draft.fits or draft.trades),
        )

    found = [draft for draft in situation.knowledge.texts.values() if is_candidate(draft)]
    return min(found, key=rank) if found else None


def suits(draft: Draft, situation: Situation) -> bool:
    """Whether a draft is for the owner's kind of business, and for the trade if that is known."""
    of_kind = not draft.fits or situation.business_type in draft.fits
    return of_kind and not is_of_other_trade(draft, situation)


def is_of_other_trade(draft: Draft, situation: Situation) -> bool:
    """Whether a draft is for some trades only, and the owner has another one."""
    return bool(draft.trades) and situation.trade is not None and situation.trade.id not in draft.trades


def is_requested(text: str, situation: Situation) -> bool:
    """Whether a message asks for a text in so many words: "ik wil een mail met winterkorting".

    Or for the words to say something that there is a text for: "wat zeg ik aan de balie?".
    """
    if signals.has(text, "say", situation):
        return asked_for(text, None, situation) is not None
    return signals.has(text, "write", situation) and kind_of(text, situation) is not None


def asked_for(text: str, kind: str | None, situation: Situation) -> Draft | None:
    """The draft of which the message has most words, whatever the problem; None without any.

    "schrijf een briefje aan een verzorgingshuis" asks for an introduction, not for a text on the present problem.
    """

    def hits(draft: Draft) -> int:
        return len(signals.found(text, draft.words.localized(situation.language)))

    drafts = situation.knowledge.texts.values()
    found = [draft for draft in drafts if hits(draft) and not is_of_other_trade(draft, situation)]
    new = [draft for draft in found if not situation.case.has_said("text", draft.id)] or found
    case = situation.case

    def rank(draft: Draft) -> tuple[int, bool, bool]:
        return (hits(draft), draft.kind == kind, case.symptom in draft.symptoms)

    return max(new, key=rank) if new else None


def write(text: str, situation: Situation) -> Advised | None:
    """A draft for what the message asks; None if there is none."""
    kind = kind_of(text, situation)
    draft = asked_for(text, kind, situation) or choose(kind, situation)
    for_symptom = draft is not None and situation.case.symptom in draft.symptoms
    named = draft is not None and draft is asked_for(text, kind, situation)
    public = kind is not None and situation.knowledge.text_kinds[kind].public and not named
    if public and situation.trade and not for_symptom:
        return _example(situation.trade, situation)
    return _present(draft, situation) if draft else None


def _example(trade: Trade, situation: Situation) -> Advised:
    """The example of the owner's trade for the phase, as a draft."""
    phase = situation.phase or "see"
    answer = Answer(
        language=situation.language,
        sections=(
            Section(text=f"“{situation.text(trade.examples[phase])}”"),
            Section(text=situation.say("own_example")),
        ),
        replies=(
            QuickReply(situation.say("button_other_text"), "other_option"),
            *((replies.next_step(situation),) if situation.symptom else ()),
        ),
        phase=situation.phase,
        about="text",
    )
    return Advised(answer, situation.case.after_saying())


def _present(draft: Draft, situation: Situation) -> Advised:
    about = Ref("text", draft.id)
    lines = SINGLE_LINE_END.sub("  \n", situation.text(draft.text))  # two spaces: a line break in Markdown
    answer = Answer(
        language=situation.language,
        title=situation.text(draft.name),
        sections=(Section(text=lines), Section(text=situation.say("draft_note"))),
        replies=(
            QuickReply(situation.say("button_shorter"), "ask_shorter"),
            QuickReply(situation.say("button_other_text"), "other_option"),
            replies.next_step(situation),
        ),
        phase=situation.phase,
        about="text",
    )
    return Advised(answer, situation.case.after_saying(about, focus=about))


def shorter(draft: Draft, situation: Situation) -> Advised:
    """The core of a draft: its first lines, less than half."""
    lines = [line for line in re.split(r"(?<=[.?!])\s+|\n+", situation.text(draft.text)) if line.strip()]
    half = len(situation.text(draft.text)) / 2
    kept: list[str] = []
    for line in lines:
        if kept and len(" ".join([*kept, line])) > half:
            break
        kept.append(line)
    about = Ref("text", draft.id)
    answer = Answer(
        language=situation.language,
        sections=(Section(text=" ".join(kept)),),
        replies=(
            QuickReply(situation.say("button_other_text"), "other_option"),
            replies.next_step(situation),
        ),
        phase=situation.phase,
        about="text",
    )
    return Advised(answer, situation.case.after_saying(about, focus=about))


def another(draft: Draft, situation: Situation) -> Advised:
    """Another draft of the same kind; without one, says so."""
    other = choose(draft.kind, situation)
    if other is None or situation.case.has_said("text", other.id):
        other = choose(None, situation)
    if other is None or situation.case.has_said("text", other.id):
        answer = Answer(
            language=situation.language,
            sections=(Section(text=situation.say("no_other_text")),),
            replies=(replies.next_step(situation), replies.human(situation)),
            phase=situation.phase,
        )
        return Advised(answer, situation.case.after_saying())
    return _present(other, situation)
