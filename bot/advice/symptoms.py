"""Symptoms: which problem an owner has, more precise than the phase, and what the advisor says about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from bot.advice import causes, replies, signals, steps
from bot.advice.answer import Answer, QuickReply, Section, Tab, UserText
from bot.advice.case import Advised, Case, Problem, Ref
from bot.advice.situation import Situation
from bot.knowledge import PhaseId, TopicId
from bot.knowledge.problems import Symptom

CLEAR_SYMPTOM = 0.5
"""Probability of a symptom, given the phase, from which it is taken for the problem."""

POSSIBLE_SYMPTOM = 0.15
"""Probability from which a symptom is offered in a question."""

MAX_CHOICES = 4
"""Symptoms offered in a question."""

QUOTES = "'\"“”‘’"

MAX_CHANNELS = 2
"""Channels explained in an answer on a phone."""

AFTER_STEPS: tuple[TopicId, ...] = ("measurement", "message", "channels")
"""What is said when no step is left."""


def likeliest(probabilities: Mapping[str, float], situation: Situation) -> list[Symptom]:
    """The symptom if one is clear, else the possible ones, the likeliest first.

    Args:
        probabilities: By symptom, given the phase.
        situation: Gives the knowledge base.
    """
    known = [
        (p, situation.knowledge.symptoms[id_])
        for id_, p in probabilities.items()
        if id_ in situation.knowledge.symptoms
    ]
    ranked = sorted(known, key=lambda item: -item[0])
    if ranked and ranked[0][0] >= CLEAR_SYMPTOM:
        return [ranked[0][1]]
    return [symptom for p, symptom in ranked if p >= POSSIBLE_SYMPTOM][:MAX_CHOICES]


def may_be(symptom: str, text: str, situation: Situation) -> bool:
    """Whether a message has a word that a symptom needs, if it needs any."""
    entry = situation.knowledge.symptoms.get(symptom)
    needed = entry.needs.localized(situation.language) if entry else ()
    return not needed or bool(signals.found(text, needed))


def choose(symptoms: Sequence[Symptom], phase: PhaseId, situation: Situation, *, quotes: Iterable[str] = ()) -> Advised:
    """A question that separates symptoms, the likeliest of which is of `phase`; `quotes` are words that point to it."""
    title = situation.phase_title(situation.knowledge.phases[phase])
    one_phase = all(symptom.phase == phase for symptom in symptoms)
    question = situation.say("which_symptom", phase=title) if one_phase else situation.say("which_phase")
    words = tuple(UserText(quote) for quote in quotes)
    because = (Section(text=situation.say("because"), quotes=words),) if words else ()
    answer = Answer(
        language=situation.language,
        sections=(*because, Section(text=question)),
        replies=(*(reply(symptom, situation) for symptom in symptoms), replies.not_right(situation)),
        phase=phase,
        awaiting="fit",
        about="phase",
        journey=(phase,) if one_phase else (),
    )
    offered = tuple(Ref("symptom", symptom.id) for symptom in symptoms)
    problem = Problem(phase, likely=tuple(symptom.id for symptom in symptoms))
    case = situation.case.with_problem(problem).after_saying(offered=offered)
    return Advised(answer, case)


def reply(symptom: Symptom, situation: Situation) -> QuickReply:
    """The button that names a symptom."""
    return QuickReply(situation.text(symptom.name), f"struggle_{symptom.phase}", {"symptom": symptom.id})


def present(
    symptom: Symptom,
    situation: Situation,
    *,
    quotes: Iterable[str] = (),
    sums: Iterable[str] = (),
    cause: str | None = None,
    others: Iterable[Symptom] = (),
) -> Advised:
    """The first answer to a problem: what it is, why, one step to do first, and one question to find the cause.

    Args:
        symptom: The problem.
        situation: The conversation.
        quotes: The owner's words that point to it.
        sums: What the figures in the message say.
        cause: The cause that the message names, if any.
        others: What it may be instead, to offer if the owner rejects it.
    """
    case = situation.case.with_problem(Problem(symptom.phase, symptom.id, cause))
    situation = situation.with_case(case, symptom.phase)
    phase = situation.knowledge.phases[symptom.phase]
    refs = [Ref("symptom", symptom.id)]
    where = situation.say("in_phase", phase=situation.phase_title(phase))
    sections = [Section(text=where if cause else f"{situation.text(symptom.explanation)} {where}")]
    words = tuple(UserText(quote) for quote in quotes)
    sections += [Section(text=situation.say("because"), quotes=words)] if words else []
    sections += [Section(text=text) for text in sums]
    following = steps.upcoming(situation)
    buttons: tuple[QuickReply, ...]
    if cause:
        found = symptom.causes[cause]
        sections.append(Section(situation.say("likely_cause"), text=situation.text(found.name)))
        sections.append(Section(situation.say("cause_check"), text=situation.text(found.check)))
        buttons = steps.buttons(following[0], situation) if following else ()
        refs.append(causes.ref(symptom, cause))
    else:
        question, buttons = causes.question(symptom, situation)
        refs.append(Ref("question", symptom.id))
    if following:
        first = following[0]
        sections.append(Section(situation.say("start_here"), text=steps.line(first, situation), in_card=True))
        refs.append(steps.ref(first))
    if not cause:
        sections.append(question)
    answer = Answer(
        language=situation.language,
        title=situation.text(symptom.name),
        sections=tuple(sections),
        replies=(*buttons, *replies.requests(situation, symptom.phase), replies.not_right(situation)),
        phase=symptom.phase,
        symptom=symptom.id,
        awaiting="fit",
        about="phase",
        journey=(symptom.phase,),
        card=card(symptom, situation),
    )
    focus = steps.ref(following[0]) if following else Ref("symptom", symptom.id)
    question_asked = None if cause else Ref("question", symptom.id)
    offered = (Ref("symptom", other.id) for other in others)
    return Advised(answer, case.after_saying(*refs, focus=focus, offered=offered, open=question_asked))


def card(symptom: Symptom, situation: Situation) -> tuple[Tab, ...]:
    """The card of a problem: the first step, channels, message and measurement in a tab each."""
    following = steps.upcoming(situation)
    tabs = []
    if following:
        step = following[0]
        actions = tuple(map(situation.fill, step.how.localized(situation.language)))
        begin = (
            Section(text=steps.line(step, situation), items=actions, ordered=True),
            Section(situation.say("sign"), text=situation.text(step.sign)),
        )
        tabs.append(Tab(situation.say("tab_first_steps"), begin))
    tabs += [
        Tab(situation.say(f"title_{topic}"), _SECTIONS[topic](symptom, situation))
        for topic in ("channels", "message", "measurement")
    ]
    return tuple(tabs)


def again(symptom: Symptom, situation: Situation, cause: str | None) -> Advised:
    """More about a problem that is the current one already: the cause that it names, else the question, else a step."""
    if cause and not situation.case.has_said("cause", f"{symptom.id}.{cause}"):
        return causes.explain(symptom, cause, situation, "cause_likely")
    if not situation.case.has_said("question", symptom.id):
        return ask_cause(symptom, situation)
    return continue_(situation, Section(text=situation.say("noted")))


def ask_cause(symptom: Symptom, situation: Situation, *before: Section) -> Advised:
    """The question that separates the causes."""
    section, answers = causes.question(symptom, situation)
    answer = Answer(
        language=situation.language,
        sections=(*before, section),
        replies=answers,
        phase=symptom.phase,
        about="cause",
    )
    about = Ref("question", symptom.id)
    return Advised(answer, situation.case.after_saying(about, open=about))


def reject(situation: Situation, *, fallback: Answer) -> Advised:
    """Accepts that the diagnosis was wrong: offers what else it may be, and the other phases.

    Args:
        situation: The conversation.
        fallback: The question about the phase.
    """
    case = situation.case
    others = [situation.knowledge.symptoms[ref.id] for ref in case.offered if ref.kind == "symptom"]
    buttons = (*(reply(symptom, situation) for symptom in others), *fallback.replies)
    answer = msgspec.structs.replace(fallback, replies=buttons)
    return Advised(answer, case.without_problem().after_saying())


def return_to(problem: Problem, situation: Situation) -> Advised:
    """Goes on with an earlier problem where it was left."""
    case = situation.case.with_problem(problem)
    situation = situation.with_case(case, problem.phase)
    symptom = situation.symptom
    if symptom is None and problem.likely:
        return choose([situation.knowledge.symptoms[id_] for id_ in problem.likely], problem.phase, situation)
    if symptom is None:
        return nothing_left(situation)
    lead = situation.say("back_to", problem=situation.text(symptom.name))
    if problem.cause and problem.cause in symptom.causes:
        lead += " " + situation.say("cause_was", cause=situation.text(symptom.causes[problem.cause].name))
    return continue_(situation, Section(text=lead))


def continue_(situation: Situation, *before: Section) -> Advised:
    """What was not said yet: the next step; after the last one what to avoid, how to measure, and the message."""
    symptom, case = situation.symptom, situation.case
    if following := steps.upcoming(situation):
        return steps.present(following[0], situation, *before)
    if symptom and not case.has_said("avoid", symptom.id):
        section = Section(situation.say("title_beware"), text=situation.text(symptom.avoid))
        told = nothing_left(situation, *before, section)
        return Advised(told.answer, told.case.after_saying(Ref("avoid", symptom.id)))
    for topic in AFTER_STEPS:
        if symptom and not case.has_said(topic, symptom.id):
            told = advise(topic, symptom, situation)
            answer = msgspec.structs.replace(told.answer, sections=(*before, *told.answer.sections))
            return Advised(answer, told.case)
    return nothing_left(situation, *before)


def nothing_left(situation: Situation, *before: Section) -> Advised:
    """Says that the advisor has no further step for this problem, and offers a person."""
    about = Ref("end", situation.case.symptom or "")
    key = "no_more_steps_again" if about in situation.case.said else "no_more_steps"
    answer = Answer(
        language=situation.language,
        sections=(*before, Section(text=situation.say(key))),
        replies=(replies.appointment(situation), replies.human(situation), replies.measure(situation)),
        phase=situation.phase,
        about="step",
    )
    return Advised(answer, situation.case.after_saying(about))


def advise(topic: TopicId, symptom: Symptom, situation: Situation) -> Advised:
    """Channels, message or measurement for a symptom."""
    answer = Answer(
        language=situation.language,
        title=situation.say(
            "topic_for_problem",
            topic=situation.say(f"title_{topic}"),
            phase=situation.text(situation.knowledge.phases[symptom.phase].name),
            problem=situation.text(symptom.name),
        ),
        sections=_SECTIONS[topic](symptom, situation),
        replies=(
            *((QuickReply(situation.say("button_write"), "ask_text"),) if topic == "message" else ()),
            *replies.other_topics(situation, symptom.phase, but=topic),
            *((replies.quickscan(situation),) if topic == "measurement" else ()),
            replies.next_step(situation),
        ),
        phase=symptom.phase,
        topic=topic,
        about="topic",
    )
    about = Ref(topic, symptom.id)
    return Advised(answer, situation.case.after_saying(about, focus=about))


def _channels(symptom: Symptom, situation: Situation) -> tuple[Section, ...]:
    channels = [situation.knowledge.channels[id_] for id_ in symptom.channels.use]
    kind, case = situation.business_type, situation.case
    fitting = [c for c in channels if kind not in c.doubtful_for and not case.has_tried("channel", c.id)]
    items = tuple(f"**{situation.text(c.name)}**: {situation.text(c.good_for)}" for c in fitting[:MAX_CHANNELS])
    sections = [
        Section(text=situation.text(symptom.channels.text)),
        Section(situation.say("channels_start"), items=items),
    ]
    return tuple(sections if items else sections[:1])


def _message(symptom: Symptom, situation: Situation) -> tuple[Section, ...]:
    example = situation.trade.examples[symptom.phase] if situation.trade else symptom.message.example
    return (
        Section(text=situation.text(symptom.message.text)),
        Section(situation.say("for_instance"), text=f"“{situation.text(example).strip(QUOTES)}”"),
    )


def _measurement(symptom: Symptom, situation: Situation) -> tuple[Section, ...]:
    metric = situation.knowledge.metrics[symptom.measurement.metric]
    return (
        Section(text=situation.text(symptom.measurement.text)),
        Section(
            columns=(situation.say("column_metric"), situation.say("formula")),
            rows=((situation.text(metric.name), situation.text(metric.formula)),),
        ),
    )


_SECTIONS = {"channels": _channels, "message": _message, "measurement": _measurement}


def reset(case: Case) -> Case:
    """The case without problems, for a visitor who starts over; the trade is kept."""
    return Case(trade=case.trade)
