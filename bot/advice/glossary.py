"""Explains marketing metrics, and answers frequently asked questions."""

from __future__ import annotations

from bot.advice import replies, shares
from bot.advice.answer import Answer, QuickReply, Section
from bot.advice.situation import Situation

MAX_BENCHMARKS = 2
"""Benchmarks shown with a metric."""


def metric(metric_id: str, situation: Situation) -> Answer:
    """Explains a metric: formula, what it judges, the common mistake, and benchmarks."""
    entry, language = situation.knowledge.metrics[metric_id], situation.language
    benchmarks = shares.benchmarks_of(metric_id, situation)[:MAX_BENCHMARKS]
    compare: tuple[Section, ...] = ()
    if benchmarks:
        items = tuple(
            f"{b.text.localized(language)} ({situation.knowledge.sources[b.source].name}, {b.year})" for b in benchmarks
        )
        compare = (Section(situation.say("compare_with"), items=items), Section(text=situation.say("own_trend")))
    phase = entry.phases[0]
    return Answer(
        language=language,
        title=entry.name.localized(language),
        sections=(
            Section(situation.say("formula"), text=entry.formula.localized(language)),
            Section(situation.say("judges"), text=entry.judges.localized(language)),
            Section(situation.say("common_mistake"), text=entry.mistake.localized(language)),
            *compare,
        ),
        replies=(
            replies.ask_topic(situation, phase, "measurement"),
            replies.about_phase(situation, phase),
        ),
        phase=situation.phase,
        about="metric",
        sources=situation.cite(entry.sources),
    )


def unknown_metric(situation: Situation) -> Answer:
    """Says that a metric is not in the knowledge base, and offers some that are."""
    language = situation.language
    known = [phase.measurement.use[0] for phase in situation.knowledge.phases.values()]
    return Answer(
        language=language,
        sections=(Section(text=situation.say("which_metric")),),
        replies=tuple(
            QuickReply(situation.knowledge.metrics[m].name.localized(language), "ask_metric", {"metric": m})
            for m in known
        ),
        about="metric",
    )


def faq(faq_id: str, situation: Situation) -> Answer:
    """Answers a frequently asked question."""
    entry, language = situation.knowledge.faq[faq_id], situation.language
    related = tuple(replies.faq(situation, id_) for id_ in entry.related)
    back = replies.next_step(situation) if situation.symptom else replies.my_problem(situation)
    return Answer(
        language=language,
        title=entry.name.localized(language),
        sections=(Section(text=entry.answer.localized(language)),),
        replies=(*related, back) if situation.symptom else related or (back,),
        phase=situation.phase,
        about="faq",
        sources=situation.cite(entry.sources),
    )


def faq_again(situation: Situation) -> Answer:
    """For a question that was answered just now with the same text: says so, and offers a person."""
    return Answer(
        language=situation.language,
        sections=(Section(text=situation.say("faq_again")),),
        replies=(replies.human(situation), replies.appointment(situation)),
        phase=situation.phase,
        about="faq",
    )
