"""Diagnoses which phase of the customer journey has the problem, and explains the outcome."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.advice import phases, replies
from bot.advice.answer import Answer, QuickReply, Section, UserText
from bot.advice.situation import Situation
from bot.knowledge import PHASES, PhaseId

# A share is a phase's part of the probability of all four phases together.

TWO_PHASES_SHARE = 0.03
"""Minimum share for reporting a second phase, if a cue for it was found. After a `telling` cue any share will do."""

SURE_SHARE = 0.75
"""Share from which the diagnosis is not followed by "does this fit?". From docs/understanding/phases.csv."""

CLEAR_SHARE = 0.4
"""Share below which a separating question is asked instead of a diagnosis. From the same curve."""

STRUGGLE_MASS = 0.5
"""Probability of all phases together from which a message without a clear intent describes a problem after all."""

LIKELY_SHARE = 0.15
"""Share from which a phase is offered in a separating question."""

UNCLEAR_WITHOUT_CUE = 0.5
"""Factor on the best phase when it is compared with the intent "unclear" and no cue for it was found."""

MAX_QUOTES = 3
"""The visitor's phrases that are quoted for one phase."""


@dataclass(frozen=True)
class CueFound:
    """A cue of the knowledge base, and the visitor's words that matched it."""

    cue: str
    words: str


@dataclass(frozen=True)
class Diagnosis:
    """The outcome of `diagnose`.

    Attributes:
        kind: One phase (clear), two (both), several candidates (unclear), or no problem described (unknown).
        phases: The phase, both phases or the candidates, in the order of the journey.
        quotes: For each phase, the visitor's words that point to it.
        sure: Whether the answer need not ask "does this fit?".
    """

    kind: Literal["clear", "both", "unclear", "unknown"]
    phases: tuple[PhaseId, ...]
    quotes: Mapping[PhaseId, tuple[str, ...]]
    sure: bool = False


def diagnose(
    ranking: Mapping[str, float],
    cues: Iterable[CueFound],
    situation: Situation,
    *,
    attribution: Mapping[PhaseId, Sequence[str]] | None = None,
    certain: bool = False,
) -> Diagnosis:
    """Combines the classifier's probabilities with the cues that were found in the message.

    >>> from pathlib import Path
    >>> from bot.knowledge import load_knowledge
    >>> situation = Situation(load_knowledge(Path("bot/knowledge/content")))
    >>> diagnose({"struggle_do": 0.9, "struggle_see": 0.05}, [CueFound("buys_not", "niemand bestelt")], situation)
    Diagnosis(kind='clear', phases=('do',), quotes={'do': ('niemand bestelt',)}, sure=True)
    >>> diagnose({"struggle_do": 0.4, "struggle_see": 0.4, "greet": 0.2}, [], situation).kind
    'clear'

    Args:
        ranking: The probability of each intent, from 0 to 1.
        cues: The cues in the message.
        situation: Gives the knowledge base.
        attribution: For each phase the words that decided for it, quoted where no cue was found.
        certain: Whether the visitor chose the phase with a button, so that the best one needs no check.
    """
    found = _weigh(ranking, tuple(cues), situation, certain)
    attributed = {phase: tuple(words) for phase, words in (attribution or {}).items()}
    return dataclasses.replace(found, quotes={**attributed, **found.quotes})


def _weigh(ranking: Mapping[str, float], cues: tuple[CueFound, ...], situation: Situation, certain: bool) -> Diagnosis:
    quotes = _quotes(cues, situation)
    scores: dict[PhaseId, float] = {phase: ranking.get(f"struggle_{phase}", 0.0) for phase in PHASES}
    mass = sum(scores.values())
    best = max(PHASES, key=lambda phase: scores[phase])
    if certain:
        return Diagnosis("clear", (best,), quotes, sure=True)
    unclear = ranking.get("struggle_unclear", 0.0)
    if mass + unclear < STRUGGLE_MASS:
        return Diagnosis("unknown", (), quotes)
    shares = {phase: scores[phase] / mass if mass else 0.0 for phase in PHASES}
    vague = unclear > scores[best] * (1.0 if quotes.get(best) else UNCLEAR_WITHOUT_CUE)
    telling = {cue.phase for cue in (situation.knowledge.cues[f.cue] for f in cues) if cue.telling}
    doubtful = shares[best] < CLEAR_SHARE or (shares[best] < SURE_SHARE and best not in quotes)
    if not vague and doubtful and len(telling) == 1:
        return Diagnosis("clear", tuple(p for p in PHASES if p in telling), quotes)
    if vague or shares[best] < CLEAR_SHARE:
        likely = tuple(phase for phase in PHASES if shares[phase] >= LIKELY_SHARE or phase in quotes)
        vague = vague or len(likely) < 2
        return Diagnosis("unclear", PHASES if vague else likely, quotes)
    for other in sorted(quotes, key=lambda phase: -scores[phase]):
        both = other in telling or shares[other] >= TWO_PHASES_SHARE
        if other != best and quotes.get(best) and both:
            return Diagnosis("both", tuple(p for p in PHASES if p in (best, other)), quotes)
    return Diagnosis("clear", (best,), quotes, sure=shares[best] >= SURE_SHARE)


def _quotes(cues: Iterable[CueFound], situation: Situation) -> dict[PhaseId, tuple[str, ...]]:
    """For each phase the words that matched its cues, longest first, without those inside another."""
    quotes: dict[PhaseId, list[str]] = {}
    for found in sorted(cues, key=lambda f: -len(f.words)):
        phase = situation.knowledge.cues[found.cue].phase
        if phase is None:
            continue
        words = quotes.setdefault(phase, [])
        if len(words) < MAX_QUOTES and not any(found.words.lower() in w.lower() for w in words):
            words.append(found.words)
    return {phase: tuple(words) for phase, words in quotes.items()}


def describe(diagnosis: Diagnosis, situation: Situation, sums: Sequence[str] = ()) -> Answer:
    """The answer that explains a diagnosis. For kind "unknown" see `smalltalk.unknown` instead.

    Args:
        diagnosis: What was heard.
        situation: The conversation.
        sums: Sentences about the figures in the message.
    """
    if diagnosis.kind == "clear":
        return _one_phase(diagnosis, situation, sums)
    if diagnosis.kind == "both":
        return _two_phases(diagnosis, situation)
    return ask_phase(situation, diagnosis.phases)


def _because(phase: PhaseId, diagnosis: Diagnosis, situation: Situation) -> tuple[Section, ...]:
    quotes = diagnosis.quotes.get(phase, ())
    return (Section(text=situation.say("because"), quotes=tuple(map(UserText, quotes))),) if quotes else ()


def _one_phase(diagnosis: Diagnosis, situation: Situation, sums: Sequence[str]) -> Answer:
    (phase_id,) = diagnosis.phases
    phase = situation.knowledge.phases[phase_id]
    language = situation.language
    where = situation.say("in_phase", phase=situation.phase_title(phase))
    return Answer(
        language=language,
        title=phase.owner_words.localized(language),
        sections=(
            Section(text=f"{phase.pain.localized(language)} {where}"),
            *_because(phase_id, diagnosis, situation),
            *(Section(text=text) for text in sums),
            Section(
                situation.say("start_here"), items=phase.first_steps.localized(language), ordered=True, in_card=True
            ),
            Section(situation.say("sign"), text=phase.measurement.sign.localized(language), in_card=True),
            *(() if diagnosis.sure else (Section(text=situation.say("does_this_fit"), closing=True),)),
        ),
        replies=(
            *replies.in_card(*replies.other_topics(situation, phase_id)),
            *replies.requests(situation, phase_id),
            replies.not_right(situation),
        ),
        phase=phase_id,
        awaiting="fit",
        about="phase",
        journey=(phase_id,),
        card=phases.card(phase_id, situation),
    )


def _two_phases(diagnosis: Diagnosis, situation: Situation) -> Answer:
    language = situation.language
    first, second = (situation.knowledge.phases[phase] for phase in diagnosis.phases)
    sections = []
    for phase in (first, second):
        title = situation.phase_title(phase)
        sections.append(Section(title, text=phase.pain.localized(language)))
        sections.extend(_because(phase.id, diagnosis, situation))
    order = situation.say(
        "first_things_first", first=first.name.localized(language), second=second.name.localized(language)
    )
    steps = first.first_steps.localized(language)[:2]
    return Answer(
        language=language,
        title=situation.say("two_phases"),
        sections=(*sections, Section(text=order), Section(situation.say("start_here"), items=steps, ordered=True)),
        replies=(
            replies.first_steps(situation, first.id),
            QuickReply(
                situation.say("button_rather", phase=second.name.localized(language)),
                "ask_first_steps",
                {"phase": second.id},
            ),
            replies.not_right(situation),
        ),
        phase=first.id,
        awaiting="fit",
        about="phase",
        journey=diagnosis.phases,
    )


def ask_phase(situation: Situation, candidates: tuple[PhaseId, ...] = PHASES, lead: str = "which_phase") -> Answer:
    """A question that separates the candidates, with a button for each in the words of an owner."""
    return Answer(
        language=situation.language,
        sections=(Section(text=situation.say(lead)),),
        replies=replies.phase_choices(situation, candidates),
        awaiting="phase",
        about="phase",
    )


def ask_other_phase(situation: Situation) -> Answer:
    """Accepts the visitor's "no, that's not it", and offers the other phases."""
    return ask_phase(situation, tuple(phase for phase in PHASES if phase != situation.phase), "corrected")
