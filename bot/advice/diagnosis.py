"""Which phase of the journey hurts, and why we think so."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from bot.advice import funnel, phases, replies
from bot.advice.answer import Answer, QuickReply, Section, UserText
from bot.advice.situation import Situation
from bot.knowledge import PHASES, PhaseId

TWO_PHASES_SHARE = 0.1
"""The second phase counts as meant too from this share of the probability of all four, if its own words are there.
If those words are telling (they say by themselves that the phase hurts), any share will do."""
SURE_SHARE = 0.8
"""From this share of the four the best phase needs no "does this fit?". From docs/understanding/phases.csv."""
CLEAR_SHARE = 0.45
"""Below this share of the four the best phase is a guess: ask a separating question. From the same curve."""
STRUGGLE_MASS = 0.5
"""From this probability of all four together, a message that fits no single intent is about a phase after all."""
LIKELY_SHARE = 0.15
"""From this share of the four a phase is offered in a separating question."""
UNCLEAR_WITHOUT_WORDS = 0.5
"""Without words that point to the best phase, it counts half against "unclear"."""
MAX_QUOTES = 3


@dataclass(frozen=True)
class CueFound:
    """A cue of the knowledge base and the visitor's words that voice it."""

    cue: str
    words: str


@dataclass(frozen=True)
class Diagnosis:
    """The outcome. `phases` in the order of the journey: one if clear, two if both, the candidates if unclear.

    `quotes`: the visitor's words that point to a phase. `sure`: no need to ask whether it fits.
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
    evidence: Mapping[PhaseId, Sequence[str]] | None = None,
    certain: bool = False,
) -> Diagnosis:
    """Weighs the classifier's probabilities (intent -> 0..1) with the cues found in the message.

    `evidence`: the words that made the classifier choose a phase, quoted where no cue was found.
    `certain`: the visitor pressed a button that names the phase, so the best one is taken as it is.
    """
    found = _weigh(ranking, tuple(cues), situation, certain)
    learned = {phase: tuple(words) for phase, words in (evidence or {}).items()}
    return dataclasses.replace(found, quotes={**learned, **found.quotes})


def _weigh(ranking: Mapping[str, float], cues: tuple[CueFound, ...], situation: Situation, certain: bool) -> Diagnosis:
    quotes = _quotes(cues, situation)
    scores: dict[PhaseId, float] = {phase: ranking.get(f"struggle_{phase}", 0.0) for phase in PHASES}
    mass = sum(scores.values())
    first = max(PHASES, key=lambda phase: scores[phase])
    if certain:
        return Diagnosis("clear", (first,), quotes, sure=True)
    unclear = ranking.get("struggle_unclear", 0.0)
    if mass + unclear < STRUGGLE_MASS:
        return Diagnosis("unknown", (), quotes)
    shares = {phase: scores[phase] / mass if mass else 0.0 for phase in PHASES}
    vague = unclear > scores[first] * (1.0 if quotes.get(first) else UNCLEAR_WITHOUT_WORDS)
    telling = {cue.phase for cue in (situation.knowledge.cues[f.cue] for f in cues) if cue.telling}
    doubtful = shares[first] < CLEAR_SHARE or (shares[first] < SURE_SHARE and first not in quotes)
    if not vague and doubtful and len(telling) == 1:
        return Diagnosis("clear", tuple(p for p in PHASES if p in telling), quotes)
    if vague or shares[first] < CLEAR_SHARE:
        likely = tuple(phase for phase in PHASES if shares[phase] >= LIKELY_SHARE or phase in quotes)
        vague = vague or len(likely) < 2
        return Diagnosis("unclear", PHASES if vague else likely, quotes)
    for other in sorted(quotes, key=lambda phase: -scores[phase]):
        both = other in telling or shares[other] >= TWO_PHASES_SHARE
        if other != first and quotes.get(first) and both:
            return Diagnosis("both", tuple(p for p in PHASES if p in (first, other)), quotes)
    return Diagnosis("clear", (first,), quotes, sure=shares[first] >= SURE_SHARE)


def _quotes(cues: Iterable[CueFound], situation: Situation) -> dict[PhaseId, tuple[str, ...]]:
    """Per phase the words that point to it, longest first, none inside another."""
    quotes: dict[PhaseId, list[str]] = {}
    for found in sorted(cues, key=lambda f: -len(f.words)):
        phase = situation.knowledge.cues[found.cue].phase
        if phase is None:
            continue
        words = quotes.setdefault(phase, [])
        if len(words) < MAX_QUOTES and not any(found.words.lower() in w.lower() for w in words):
            words.append(found.words)
    return {phase: tuple(words) for phase, words in quotes.items()}


def describe(diagnosis: Diagnosis, situation: Situation, counts: Iterable[funnel.Count] = ()) -> Answer:
    """The diagnosis as an answer. An unknown one is no diagnosis: see `smalltalk.unknown`."""
    if diagnosis.kind == "clear":
        return _one_phase(diagnosis, situation, counts)
    if diagnosis.kind == "both":
        return _two_phases(diagnosis, situation)
    return which_phase(situation, diagnosis.phases)


def _because(phase: PhaseId, diagnosis: Diagnosis, situation: Situation) -> tuple[Section, ...]:
    quotes = diagnosis.quotes.get(phase, ())
    return (Section(text=situation.say("because"), quotes=tuple(map(UserText, quotes))),) if quotes else ()


def _one_phase(diagnosis: Diagnosis, situation: Situation, counts: Iterable[funnel.Count]) -> Answer:
    (phase_id,) = diagnosis.phases
    phase = situation.knowledge.phases[phase_id]
    language = situation.language
    sums = tuple(Section(text=funnel.describe(rate, situation)) for rate in funnel.rates(counts))
    return Answer(
        language=language,
        title=situation.say("phase_title", phase=phase.name.in_(language), nickname=phase.nickname.in_(language)),
        sections=(
            Section(text=phase.pain.in_(language)),
            *_because(phase_id, diagnosis, situation),
            *sums,
            Section(situation.say("start_here"), items=phase.first_steps.in_(language), ordered=True, in_card=True),
            Section(situation.say("sign"), text=phase.measurement.sign.in_(language), in_card=True),
            *(() if diagnosis.sure else (Section(text=situation.say("does_this_fit"), closing=True),)),
        ),
        replies=(
            *replies.in_card(*replies.other_topics(situation, phase_id)),
            replies.competitor_check(situation),
            QuickReply(situation.say("button_not_right"), "deny"),
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
        title = situation.say("phase_title", phase=phase.name.in_(language), nickname=phase.nickname.in_(language))
        sections.append(Section(title, text=phase.pain.in_(language)))
        sections.extend(_because(phase.id, diagnosis, situation))
    order = situation.say("first_things_first", first=first.name.in_(language), second=second.name.in_(language))
    steps = first.first_steps.in_(language)[:2]
    return Answer(
        language=language,
        title=situation.say("two_phases"),
        sections=(*sections, Section(text=order), Section(situation.say("start_here"), items=steps, ordered=True)),
        replies=(
            replies.first_steps(situation, first.id),
            QuickReply(
                situation.say("button_rather", phase=second.name.in_(language)), "ask_first_steps", {"phase": second.id}
            ),
            QuickReply(situation.say("button_not_right"), "deny"),
        ),
        phase=first.id,
        awaiting="fit",
        about="phase",
        journey=diagnosis.phases,
    )


def which_phase(situation: Situation, candidates: tuple[PhaseId, ...] = PHASES) -> Answer:
    """One question that separates the likely phases, in the owner's words."""
    return Answer(
        language=situation.language,
        sections=(Section(text=situation.say("which_phase")),),
        replies=replies.owner_words(situation, candidates),
        awaiting="phase",
        about="phase",
    )


def corrected(situation: Situation) -> Answer:
    """ "No, that's not it": believed; the other phases are offered."""
    others = tuple(phase for phase in PHASES if phase != situation.phase)
    return Answer(
        language=situation.language,
        sections=(Section(text=situation.say("corrected")),),
        replies=replies.owner_words(situation, others),
        awaiting="phase",
        about="phase",
    )


def figures(counts: Iterable[funnel.Count], situation: Situation) -> Answer:
    """The sum with an owner's figures; the Do phase if few visitors order, else the question where it hurts."""
    sums = funnel.rates(counts)
    if any(rate.is_low for rate in sums):
        return _one_phase(Diagnosis("clear", ("do",), {}), situation, counts)
    question = which_phase(situation)
    sections = tuple(Section(text=funnel.describe(rate, situation)) for rate in sums)
    return msgspec.structs.replace(question, sections=(*sections, *question.sections))


def bottleneck(business_type: str, situation: Situation) -> Answer:
    """Where a kind of business usually hurts: an answer to "ik heb een bakkerij"."""
    business = situation.knowledge.business_types[business_type]
    language = situation.language
    phase = situation.knowledge.phases[business.bottleneck[0]]
    return Answer(
        language=language,
        sections=(
            Section(text=situation.say("business_noted", business=business.name.in_(language).lower())),
            Section(
                situation.say(
                    "usual_bottleneck", phase=phase.name.in_(language), nickname=phase.nickname.in_(language)
                ),
                text=business.why.in_(language),
            ),
            Section(situation.say("this_week"), text=business.tip.in_(language)),
            Section(text=situation.say("does_this_fit")),
        ),
        replies=(
            QuickReply(situation.say("button_fits"), f"struggle_{phase.id}"),
            QuickReply(situation.say("button_not_right"), "deny"),
        ),
        phase=phase.id,
        awaiting="fit",
        about="phase",
        journey=(phase.id,),
    )
