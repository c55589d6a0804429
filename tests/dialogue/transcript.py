"""Plays conversations that are written in YAML, and reads what the bot answers.

- name: A web shop with visitors but no orders
  conversation:
  - visitor: we krijgen genoeg bezoekers, maar niemand bestelt
    phase: do                      # what the bot took it for (see, think, do, care, none)
    bot: [gekozen worden]          # texts that must be in the answer
    not: [Care]                    # texts that must not
    buttons: [Hoe meet ik dat?]    # buttons that must be there
  - press: Hoe meet ik dat?        # presses a button of the last answer
    bot: [Conversie]
    again: true                    # the visitor asked for something that was said before

No paragraph of an earlier answer may come back, unless the visitor asked a question that it answers, or fills in a
form.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bot.chat.turns import IncomingMessage, TurnService
from bot.presentation import markdown

KEYS = {"visitor", "press", "phase", "bot", "not", "buttons", "again"}
QUESTIONS = (
    *("ask_channel", "ask_message", "ask_measurement", "ask_first_steps", "ask_phase", "ask_metric", "ask_shorter"),
    *("ask_example", "faq_", "explain", "follow_up", "help", "request_"),
)
"""Intents (by prefix) that ask for an article of the knowledge base."""
NOTES = {
    "Een opzet: vul de haken in en maak er je eigen woorden van.",
    "A draft: fill in the brackets and put it in your own words.",
}
"""What stands below each fill-in text."""
MIN_WORDS = 9
"""Of a paragraph that must not be said twice; shorter ones are headings and phrases."""


@dataclass(frozen=True)
class Dialogue:
    """A conversation of a file."""

    file: str
    name: str
    turns: list[dict[str, Any]]


def dialogues(folder: Path) -> list[Dialogue]:
    """All conversations under a folder."""
    found = []
    for path in sorted(folder.rglob("*.yml")):
        for entry in YAML(typ="safe").load(path.read_text(encoding="utf-8")):
            found.append(Dialogue(f"{path.parent.name}/{path.stem}", entry["name"], entry["conversation"]))
    return found


async def play(turns: TurnService, dialogue: Dialogue) -> None:
    """Sends the visitor's messages and checks the answers."""
    sender = f"{dialogue.file}: {dialogue.name}"
    buttons: dict[str, str] = {}
    earlier: set[str] = set()
    for turn in dialogue.turns:
        assert set(turn) <= KEYS, f"unknown keys in {turn}; known are {sorted(KEYS)}"
        if "press" in turn:
            assert turn["press"] in buttons, f"no button {turn['press']!r}; there are {sorted(buttons)}"
            text = buttons[turn["press"]]
        else:
            text = turn["visitor"]
        message = IncomingMessage(text, sender, is_payload="press" in turn)
        answers = [markdown.render(a) for a in await turns.answer(message)]
        answer = "\n".join(rendered.text for rendered in answers)
        buttons = {button["title"]: button["payload"] for rendered in answers for button in rendered.buttons}
        paragraphs = {p.strip() for p in answer.split("\n") if len(p.split()) >= MIN_WORDS} - NOTES
        said = f"\n--- visitor: {text}\n--- bot: {answer}\n--- buttons: {list(buttons)}"
        for expected in turn.get("bot", []):
            assert expected.lower() in answer.lower(), f"expected {expected!r}{said}"
        for unwanted in turn.get("not", []):
            assert unwanted.lower() not in answer.lower(), f"did not expect {unwanted!r}{said}"
        for title in turn.get("buttons", []):
            assert title in buttons, f"expected a button {title!r}{said}"
        repeated = paragraphs & earlier if not await _asks(turns, sender) else set()
        assert turn.get("again") or not repeated, f"said before: {sorted(repeated)}{said}"
        earlier |= paragraphs
        if "phase" in turn:
            phase = (await turns.assistant.slots(sender)).get("phase")
            assert (phase or "none") == turn["phase"], f"expected phase {turn['phase']}, found {phase}{said}"


async def _asks(turns: TurnService, sender: str) -> bool:
    """Whether the last message asked a question, or belongs to a form: then an answer may repeat what it must say."""
    tracker = await turns.assistant.agent.tracker_store.retrieve(sender)
    if tracker is None:  # the visitor had it deleted
        return False
    intent = tracker.latest_message.intent.get("name") if tracker.latest_message else None
    scan = (tracker.get_slot("case") or {}).get("scan")
    return bool(tracker.active_loop_name or scan) or str(intent).startswith(QUESTIONS)
