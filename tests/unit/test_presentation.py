"""One answer, drawn for the website and written as text."""

from __future__ import annotations

import json

import pytest

from bot.advice import diagnosis, journey, phases
from bot.advice.answer import Answer, QuickReply, Section, UserText
from bot.advice.situation import Situation
from bot.knowledge import LANGUAGES, PHASES, Knowledge, Language, PhaseId
from bot.presentation import markdown, website


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("phase", PHASES)
def test_an_answer_survives_the_way_through_rasa(knowledge: Knowledge, language: Language, phase: PhaseId) -> None:
    situation = Situation(knowledge, language, phase)
    for answer in (
        phases.overview(phase, situation),
        phases.advise("measurement", phase, situation),
        journey.explain(situation),
        diagnosis.ask_phase(situation),
    ):
        assert Answer.from_json(json.loads(json.dumps(answer.as_json()))) == answer


def test_answers_that_earlier_versions_stored_can_be_read() -> None:
    stored = json.loads(
        """{"language": "nl", "sections": [{"title": "Samengevat", "value": {"text": "jan@zaak.nl"}, "in_card": true},
        {"text": "Dat maak ik op uit:", "quotes": [{"text": "niemand bestelt"}]},
        {"columns": ["Cijfer", "Formule"], "rows": [["CTR", "kliks / vertoningen"]]}],
        "replies": [{"title": "Help", "intent": "help"},
        {"title": "Kanalen", "intent": "ask_channels", "entities": {"phase": "do"}, "in_card": true}],
        "phase": "do", "awaiting": "nothing", "about": "journey", "journey": [],
        "card": [{"title": "Begin hier", "sections": [{"items": ["Bel"], "ordered": true}]}]}"""
    )
    answer = Answer.from_json(stored)
    assert answer.journey == ()
    assert answer.replies == (
        QuickReply("Help", "help"),
        QuickReply("Kanalen", "ask_channels", {"phase": "do"}, in_card=True),
    )
    assert answer.sections[0].value == UserText("jan@zaak.nl")
    assert answer.card[0].sections == (Section(items=("Bel",), ordered=True),)
    assert {"awaiting": "nothing", **answer.as_json()} == stored
    del stored["journey"]
    assert Answer.from_json(stored).journey is None


def test_a_picture_without_marks_is_stored_apart_from_no_picture() -> None:
    assert Answer("nl", (), journey=()).as_json()["journey"] == []
    assert "journey" not in Answer("nl", ()).as_json()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("phase", PHASES)
def test_the_card_of_a_phase_has_its_four_pages(knowledge: Knowledge, language: Language, phase: PhaseId) -> None:
    drawn = website.render(phases.overview(phase, Situation(knowledge, language)), knowledge)
    assert len(drawn["card"]) == 4
    assert all(tab["sections"] for tab in drawn["card"])
    (figures,) = [s for tab in drawn["card"] for s in tab["sections"] if s["rows"]]
    assert len(figures["columns"]) == len(figures["rows"][0]) == 2


def test_what_the_card_says_is_not_said_twice(knowledge: Knowledge) -> None:
    answer = phases.overview("do", Situation(knowledge))
    drawn = website.render(answer, knowledge)
    assert len(drawn["sections"]) < len(answer.sections)
    assert "Welke kanalen?" not in drawn["replies"]
    written = markdown.render(answer)
    assert "Welke kanalen?" in [button["title"] for button in written.buttons]
    assert knowledge.phases["do"].channels.summary.nl in written.text


def test_the_strip_marks_the_phase(knowledge: Knowledge) -> None:
    picture = website.render(phases.overview("do", Situation(knowledge)), knowledge)["journey"]
    assert [p["id"] for p in picture["phases"] if p["marked"]] == ["do"]
    assert picture["stages"] == []
    assert "See → Think → Do → Care" in picture["label"]
    assert "Do." in picture["label"]


def test_only_the_explanation_of_the_journey_shows_its_stages(knowledge: Knowledge) -> None:
    picture = website.render(journey.explain(Situation(knowledge)), knowledge)["journey"]
    assert [s["name"] for s in picture["stages"]] == ["oriëntatie", "afweging", "aankoop", "gebruik", "evaluatie"]
    assert [(s["from"], s["to"]) for s in picture["stages"]] == [(1, 1), (1, 2), (2, 2), (3, 3), (3, 3)]


def test_small_talk_has_no_picture_and_the_journey_marks_nothing(knowledge: Knowledge) -> None:
    assert website.render(diagnosis.ask_phase(Situation(knowledge)), knowledge)["journey"] is None
    picture = website.render(journey.explain(Situation(knowledge)), knowledge)["journey"]
    assert not any(phase["marked"] for phase in picture["phases"])


def test_what_a_visitor_typed_stays_apart_from_markdown(knowledge: Knowledge) -> None:
    nasty = "[x](javascript:alert(1)) <img src=x>"
    answer = Answer("nl", (Section(text="Dat maak ik op uit:", quotes=(UserText(nasty),), value=UserText(nasty)),))
    (section,) = website.render(answer, knowledge)["sections"]
    assert section["quotes"] == [nasty]
    assert section["value"] == nasty
    assert nasty not in section["text"]


def test_a_table_becomes_a_list_in_text() -> None:
    section = Section("Cijfers", columns=("Cijfer", "Berekening"), rows=(("CTR", "klikken ÷ vertoningen"),))
    assert markdown.render(Answer("nl", (section,))).text == "**Cijfers**\n\n- **CTR**: klikken ÷ vertoningen"
