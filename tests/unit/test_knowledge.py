"""The knowledge base is complete and valid, and a faulty one is explained."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.knowledge import LANGUAGES, PHASES, STAGES, TOPICS, Knowledge, KnowledgeError, load_knowledge
from bot.settings import settings


def test_every_phase_and_topic_has_its_texts_in_both_languages(knowledge: Knowledge) -> None:
    for phase in PHASES:
        for topic in TOPICS:
            for language in LANGUAGES:
                assert getattr(knowledge.phases[phase], topic).summary.localized(language)


def test_every_phase_has_steps_pitfalls_and_cues(knowledge: Knowledge) -> None:
    for phase in knowledge.phases.values():
        assert len(phase.first_steps.nl) == len(phase.first_steps.en) >= 3
        assert len(phase.pitfalls) >= 2
        assert sum(cue.phase == phase.id for cue in knowledge.cues.values()) >= 4


def test_all_five_stages_map_on_the_phases(knowledge: Knowledge) -> None:
    assert tuple(knowledge.stages) == STAGES
    assert {phase for stage in knowledge.stages.values() for phase in stage.phases} == set(PHASES)


def test_there_are_enough_channels_metrics_kinds_of_business_and_questions(knowledge: Knowledge) -> None:
    assert len(knowledge.channels) >= 30
    assert len(knowledge.metrics) >= 30
    assert len(knowledge.business_types) >= 8
    required = {"seo", "sea", "cro", "ctr", "seo_benefit", "single_channel", "retargeting", "social_strategy"}
    assert required <= set(knowledge.faq)


def test_every_question_can_be_asked_in_five_ways_in_both_languages(knowledge: Knowledge) -> None:
    for faq in knowledge.faq.values():
        for language in LANGUAGES:
            assert len(faq.questions.localized(language)) >= 5, faq.id


def test_every_benchmark_names_a_source_and_year(knowledge: Knowledge) -> None:
    for benchmark in knowledge.benchmarks.values():
        assert knowledge.sources[benchmark.source].name
        assert 2000 < benchmark.year <= 2030


def test_lists_are_as_long_in_dutch_as_in_english(knowledge: Knowledge) -> None:
    for phase in knowledge.phases.values():
        assert len(phase.message.examples.nl) == len(phase.message.examples.en)
    for stage in knowledge.stages.values():
        assert len(stage.tips.nl) == len(stage.tips.en)


def test_no_text_speaks_as_the_agency_of_the_source(knowledge: Knowledge) -> None:
    for path in settings().knowledge.glob("*.yml"):
        if path.name != "sources.yml":
            text = path.read_text(encoding="utf-8")
            assert "THINK" not in text, path.name
            assert "think-online" not in text.lower(), path.name


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the knowledge base to spoil."""
    folder = tmp_path / "content"
    shutil.copytree(settings().knowledge, folder)
    return folder


def spoil(folder: Path, file: str, old: str, new: str) -> str:
    """Replaces a text in a file, and returns the message of the error that follows."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(KnowledgeError) as error:
        load_knowledge(folder)
    return str(error.value)


def test_a_typo_in_a_key_is_named_with_file_and_entry(copy: Path) -> None:
    message = spoil(copy, "phases.yml", "  pain:", "  pian:")
    assert "phases.yml: see › pian: is not a known key" in message
    assert "phases.yml: see › pain: is missing" in message


def test_a_missing_translation_is_named(copy: Path) -> None:
    message = spoil(copy, "phrases.yml", 'goodbye: {nl: "Tot ziens, en succes met je zaak.", en:', "goodbye: {en:")
    assert "phrases.yml: goodbye › nl: is missing" in message


def test_an_unknown_channel_is_named_with_the_place_to_look(copy: Path) -> None:
    message = spoil(copy, "phases.yml", "use: [instagram,", "use: [instagrm,")
    assert "phases.yml: see › channels › use: 'instagrm' does not exist; expected a name from channels.yml" in message


@pytest.mark.parametrize(
    ("file", "old", "new", "path", "target"),
    [
        ("phases.yml", "source: linkdex_2016", "source: nobody", "see › pitfalls › source", "sources.yml"),
        ("faq.yml", "related: [seo_benefit,", "related: [nobody,", "seo › related", "faq.yml"),
        ("business_types.yml", "see: [meta_ads,", "see: [nobody,", "webshop › channels", "channels.yml"),
    ],
)
def test_every_kind_of_reference_is_checked(copy: Path, file: str, old: str, new: str, path: str, target: str) -> None:
    message = spoil(copy, file, old, new)
    assert f"{file}: {path}: 'nobody' does not exist; expected a name from {target}" in message


def test_broken_yaml_is_named_with_its_line(copy: Path) -> None:
    message = spoil(copy, "faq.yml", "seo:\n", "seo: [\n")
    assert message.startswith("faq.yml, line ")


def test_a_missing_file_is_named(copy: Path) -> None:
    (copy / "channels.yml").unlink()
    with pytest.raises(KnowledgeError, match=r"channels\.yml: the file is missing"):
        load_knowledge(copy)


def test_too_few_items_are_counted(copy: Path) -> None:
    message = spoil(copy, "phases.yml", "use: [reach, views, ctr, brand_searches]", "use: [reach]")
    assert "phases.yml: see › measurement › use: expected at least 3 items" in message


def test_an_alias_of_two_channels_is_refused(copy: Path) -> None:
    message = spoil(copy, "channels.yml", "nl: [tik tok,", "nl: [google ads,")
    assert "the alias 'google ads' already belongs to 'search_ads'" in message


def test_a_placeholder_in_one_language_only_is_refused(copy: Path) -> None:
    message = spoil(copy, "phrases.yml", "I read up to {limit} characters", "I read up to 2000 characters")
    assert "phrases.yml: too_long: {limit} is expected in both nl and en" in message


def test_an_unknown_country_is_refused(copy: Path) -> None:
    message = spoil(copy, "agency.yml", "country: NL", "country: Nederland")
    assert "agency.yml: country: expected the two-letter code of a country, such as NL or BE" in message


def test_all_faults_are_listed_at_once(copy: Path) -> None:
    (copy / "metrics.yml").write_text("reach: nothing\nviews: [1]\n", encoding="utf-8")
    with pytest.raises(KnowledgeError) as error:
        load_knowledge(copy)
    assert len(error.value.faults) >= 2


def test_a_term_of_no_days_or_no_number_is_explained(copy: Path) -> None:
    message = spoil(copy, "agency.yml", "competitor_check_working_days: 3", "competitor_check_working_days: 0")
    assert message == "agency.yml: competitor_check_working_days: expected a number of at least 1"
    message = spoil(copy, "agency.yml", "check_working_days: 0", "check_working_days: drie")
    assert "agency.yml: competitor_check_working_days: expected a whole number" in message
    message = spoil(copy, "agency.yml", "appointment_working_days: 3", "appointment_working_days: drie")
    assert "agency.yml: appointment_working_days: expected a whole number" in message


def test_an_appointment_has_the_term_of_a_competitor_check_unless_given(copy: Path) -> None:
    path = copy / "agency.yml"
    lines = path.read_text(encoding="utf-8").replace("check_working_days: 3", "check_working_days: 5").splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith("appointment")), encoding="utf-8")
    assert load_knowledge(copy).agency.appointment_working_days == 5
