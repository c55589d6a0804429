"""The worked examples of docs/howto do what they say."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.advice import glossary, marketing_channels, phases
from bot.advice.answer import Answer
from bot.advice.situation import Situation
from bot.knowledge import Knowledge, KnowledgeError, load_knowledge
from bot.presentation import markdown
from bot.settings import ROOT, Settings

HOWTO = ROOT / "docs" / "howto"

ANSWERS: dict[str, Callable[[Knowledge], Answer]] = {
    "question": lambda known: glossary.faq("newsletter_frequency", Situation(known)),
    "channel": lambda known: marketing_channels.fit("sms", Situation(known, business_type="restaurant")),
    "business": lambda known: phases.advise("channels", "think", Situation(known, business_type="driving_school")),
}
"""What the action of the question on each page calls."""

MISTAKES = {
    "question": ("related: [single_channel, social_strategy]", "related: [newsletters]"),
    "channel": ("nl: [sms,", "nl: [app berichten, sms,"),
    "business": ("    care: [referral, review_sites]\n", ""),
}
"""The mistake that each page describes: what stands on the page, and what would stand there instead."""


def block(page: str, kind: str) -> str:
    """The only code block of a kind."""
    (found,) = re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL)
    return str(found)


def knowledge_with(page: str, folder: Path, mistake: tuple[str, str] = ("", "")) -> Knowledge:
    """The knowledge base with what a page adds to it."""
    copy = folder / "content"
    shutil.copytree(Settings().knowledge, copy)
    (file,) = re.findall(r"Add to `(\w+\.yml)`:", page)
    entry = block(page, "yaml")
    assert mistake[0] in entry
    with (copy / file).open("a", encoding="utf-8") as content:
        content.write("\n" + entry.replace(*mistake))
    return load_knowledge(copy)


@pytest.mark.parametrize("name", ANSWERS)
def test_the_answer_is_the_one_on_the_page(name: str, tmp_path: Path) -> None:
    page = (HOWTO / f"{name}.md").read_text(encoding="utf-8")
    said = markdown.render(ANSWERS[name](knowledge_with(page, tmp_path))).text
    for shown in filter(None, map(str.strip, block(page, "markdown").split("…"))):  # the page leaves out the rest
        assert shown in said
        said = said.partition(shown)[2]


@pytest.mark.parametrize("name", MISTAKES)
def test_the_mistake_on_the_page_is_found(name: str, tmp_path: Path) -> None:
    page = (HOWTO / f"{name}.md").read_text(encoding="utf-8")
    with pytest.raises(KnowledgeError) as error:
        knowledge_with(page, tmp_path, MISTAKES[name])
    assert str(error.value) == block(page, "text").strip()


def test_every_page_is_tried_and_listed() -> None:
    pages = {path.stem for path in HOWTO.glob("*.md")} - {"README"}
    assert pages == set(ANSWERS) == set(MISTAKES)
    overview = (HOWTO / "README.md").read_text(encoding="utf-8")
    assert all(f"({page}.md)" in overview for page in pages)
