"""Slack without Slack: texts, places, and answers as Block Kit."""

from __future__ import annotations

from datetime import date, datetime
from itertools import cycle

import pytest

from bot.advice import form_answers, glossary, journey, marketing_channels, moves, phases, plan, smalltalk, symptoms
from bot.advice.answer import Answer, QuickReply, Section, UserText
from bot.advice.case import Case, Problem
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.chat.slack.mrkdwn import to_markdown, to_plain_text
from bot.chat.slack.threads import SlackThread
from bot.forms.fields import EMAIL
from bot.knowledge import LANGUAGES, PHASES, TOPICS, Knowledge, Language
from bot.presentation import slack, website
from tests.slack.block_kit import problems_in_blocks


@pytest.mark.parametrize(
    ("arrived", "meant"),
    [
        ("SEO &amp; SEA", "SEO & SEA"),
        ("<@U123> welke kanalen?", "welke kanalen?"),
        ("<@U123|anna> hoi", "hoi"),
        ("check <http://www.zaak.nl|www.zaak.nl> eens", "check www.zaak.nl eens"),
        ("zie <https://zaak.nl/a?b=c&amp;d=e>", "zie https://zaak.nl/a?b=c&d=e"),
        ("<mailto:jan@zaak.nl|jan@zaak.nl>", "jan@zaak.nl"),
        ("<tel:+31612345678|06 12345678>", "06 12345678"),
        ("in <#C1|marketing> staat <!here>", "in #marketing staat"),
        ("I &lt;3 my shop", "I <3 my shop"),
        ("twee\nregels", "twee regels"),
    ],
)
def test_what_arrives_is_read_as_it_was_meant(arrived: str, meant: str) -> None:
    assert to_plain_text(arrived) == meant


@pytest.mark.parametrize(
    ("arrived", "markdown"),
    [
        ("*Hoi* _daar_ ~weg~", "**Hoi** *daar* \\~weg\\~"),
        ("2 * 3 * 4, en a_b_c", "2 \\* 3 \\* 4, en a\\_b\\_c"),
        ("zie <https://zaak.nl/a_(b)?c=d&amp;e=f|de *site*>", "zie [de **site**](https://zaak.nl/a_%28b%29?c=d&e=f)"),
        ("<mailto:jan@zaak.nl|jan@zaak.nl>", "[jan@zaak.nl](mailto:jan@zaak.nl)"),
        ("<@U1> <!here> ik kom :+1:", "ik kom 👍"),
        ("&lt;img src=x&gt; [klik](javascript:alert)", "&lt;img src=x&gt; \\[klik\\](javascript:alert)"),
        ("# geen kop\n---\n- een\n- twee", "\\# geen kop  \n\\---  \n- een  \n- twee"),
    ],
)
def test_what_the_team_writes_becomes_markdown_without_other_effect(arrived: str, markdown: str) -> None:
    assert to_markdown(arrived) == markdown


@pytest.mark.parametrize(
    "place",
    [SlackThread("T1", "D1"), SlackThread("T1", "C1", "1700000000.000100"), SlackThread("T1", "C1", only_for="U1")],
)
def test_a_place_is_found_again_from_its_conversation(place: SlackThread) -> None:
    assert SlackThread.of(place.conversation) == place
    assert len(place.conversation) < 255


def test_a_conversation_elsewhere_is_no_place_in_slack() -> None:
    with pytest.raises(ValueError, match="no conversation in Slack"):
        SlackThread.of("website-a-b-c-d")


def all_answers(knowledge: Knowledge, language: Language) -> list[Answer]:
    """Every kind of answer, and every entry of the knowledge base."""
    situation = Situation(knowledge, language, "do")
    answers = [f(situation) for f in (smalltalk.greet, smalltalk.help_, smalltalk.contact)]
    answers += [phases.overview(p, situation) for p in PHASES]
    answers += [phases.advise(t, p, situation) for p in PHASES for t in TOPICS]
    answers += [phases.advise_for_phases(t, PHASES, situation) for t in TOPICS]
    answers += [marketing_channels.fit(c, situation) for c in knowledge.channels]
    answers += [glossary.metric(m, situation) for m in knowledge.metrics]
    answers += [glossary.faq(f, situation) for f in knowledge.faq]
    answers += [journey.explain(situation), journey.mapping(situation), journey.why_not_only_do(situation)]
    answers += [journey.stage(s, situation) for s in knowledge.stages]
    answers += problem_answers(knowledge, language)
    answers += [form_answers.ask(EMAIL, situation, form="competitor_check", again=True)]
    return answers


def problem_answers(knowledge: Knowledge, language: Language) -> list[Answer]:
    """The answers about every symptom and cause, each with another trade."""
    trades = cycle(knowledge.trades)
    told = []
    for symptom in knowledge.symptoms.values():
        for cause in (None, *symptom.causes):
            case = Case(trade=next(trades))
            situation = Situation(knowledge, language, symptom.phase, case=case)
            first = symptoms.present(symptom, situation, quotes=("drie <b>woorden</b>",), cause=cause)
            told.append(first)
            after = situation.with_case(first.case)
            told += [symptoms.advise(topic, symptom, after) for topic in TOPICS]
            told += [moves.answer(Utterance(intent=i), after) for i in sorted(moves.MOVES)]
    return [advised.answer for advised in told]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_answer_is_valid_in_slack(knowledge: Knowledge, language: Language) -> None:
    for answer in all_answers(knowledge, language):
        for message in slack.render(answer, knowledge):
            assert problems_in_blocks(message.blocks) == [], answer.title
            assert message.text
            assert "**" not in str(message.blocks)


def test_many_buttons_become_a_menu(knowledge: Knowledge) -> None:
    replies = tuple(QuickReply(f"vraag {n}", "ask_phase", {"phase": "do"}) for n in range(9))
    (message,) = slack.render(Answer("nl", (Section(text="Kies"),), replies=replies), knowledge)
    (menu,) = message.blocks[-1]["elements"]
    assert menu["type"] == "static_select"
    assert len(menu["options"]) == 9
    assert problems_in_blocks(message.blocks) == []


def test_what_was_typed_can_do_nothing(knowledge: Knowledge) -> None:
    nasty = UserText("<!channel> <@U1> &amp; <http://evil.test|klik>")
    answer = Answer("nl", (Section("Naam", value=nasty), Section(text="Want", quotes=(nasty,))))
    (message,) = slack.render(answer, knowledge)
    assert "<!" not in str(message.blocks)
    assert "<@" not in str(message.blocks)
    assert "<http" not in str(message.blocks)
    assert "&lt;!channel&gt;" in str(message.blocks)


def test_a_long_answer_is_parted_and_nothing_is_left_out(knowledge: Knowledge) -> None:
    words = [f"woord{n}" for n in range(4000)]
    answer = Answer("nl", tuple(Section(text=" ".join(words[n : n + 800])) for n in range(0, 4000, 800)))
    messages = slack.render(answer, knowledge)
    assert len(messages) > 1
    assert all(problems_in_blocks(message.blocks) == [] for message in messages)
    said = " ".join(block["text"]["text"] for message in messages for block in message.blocks).split()
    assert said == words


def test_a_long_button_is_shortened(knowledge: Knowledge) -> None:
    answer = Answer("nl", (Section(text="x"),), replies=(QuickReply("lang " * 40, "help"),))
    (message,) = slack.render(answer, knowledge)
    assert len(message.blocks[-1]["elements"][0]["text"]["text"]) <= 75


def test_website_and_slack_show_the_same_first_steps(knowledge: Knowledge) -> None:
    answer = phases.overview("care", Situation(knowledge))
    in_slack = str(slack.render(answer, knowledge)[0].blocks)
    on_website = website.render(answer, knowledge)["card"][0]["sections"][0]["items"]
    assert tuple(on_website) == knowledge.phases["care"].first_steps.nl
    assert all(slack.mrkdwn(step) in in_slack for step in on_website)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plan_for_any_problem_is_valid_in_slack_with_its_steps_in_full(
    knowledge: Knowledge, language: Language
) -> None:
    token = "x" * 32
    for symptom in knowledge.symptoms.values():
        case = Case().with_problem(Problem(symptom.phase, symptom.id))
        situation = Situation(knowledge, language, business_type="webshop", case=case, today=date(2026, 11, 27))
        made = plan.make(situation)
        assert made is not None
        for reminder_at in (None, datetime(2026, 12, 14, 9)):
            reminder = slack.plan_reminder(reminder_at, language, knowledge)
            blocks = slack.plan_blocks(made, token, [made.steps[0].id], knowledge, reminder)
            (message,) = slack.render(plan.present(made, situation).answer, knowledge, plan=blocks)
            assert problems_in_blocks(message.blocks) == []
            for step in made.steps:
                assert str(message.blocks).count(slack.mrkdwn(step.name)) == 1


def test_a_plan_without_check_boxes_is_a_list(knowledge: Knowledge) -> None:
    case = Case().with_problem(Problem("do", "carts_not_paid"))
    situation = Situation(knowledge, "nl", case=case, today=date(2026, 11, 27))
    made = plan.make(situation)
    assert made is not None
    address = "https://chat.zaak.nl/plan/a_b-c"
    (message,) = slack.render(plan.present(made, situation, address=address).answer, knowledge)
    assert made.steps[0].name in str(message.blocks)
    assert f"<{address}|Open het hele plan>" in str(message.blocks)
