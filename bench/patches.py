"""`python -m bench.patches`: what each adaptation of Rasa saves of a turn, for docs/decisions.

One process loads the model once. Each message is answered with all adaptations and, in conversations of their own, with
each of them switched off, in random order. CPU time is compared, so that other processes matter little.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import typer

from bot.rasa_adapter import environment, tensorflow_stub
from bot.settings import ROOT

MESSAGES = ROOT / "tests" / "nlu" / "held_out.jsonl"
ALL = "all adaptations"
TURNS = 8
"""Messages in a conversation."""

Switch = Callable[[], AbstractContextManager[object]]


def main(conversations: int = typer.Option(60, help="Conversations, each run once per adaptation.")) -> None:
    """Print the CPU time of a turn, and how much more it takes without each adaptation."""
    tensorflow_stub.install()
    environment.configure()
    environment.use_one_thread()
    with TemporaryDirectory() as folder:
        asyncio.run(_compare(Path(folder), conversations))


async def _compare(folder: Path, conversations: int) -> None:
    from actions.table import sdk_actions
    from bot.chat.turns import TurnService
    from bot.rasa_adapter.assistant import Assistant
    from bot.rasa_adapter.model_archive import model_path
    from bot.services import Services
    from bot.settings import settings

    databases = {f"{name}_db": f"sqlite:///{folder}/{name}.db" for name in ("intake", "messages", "conversations")}
    services = Services.create(settings().copy(update=databases))
    switches = _patches()
    assistant = await Assistant.load(model_path(services.knowledge), services.settings, sdk_actions(services))
    turns = TurnService(assistant, services)
    messages = [json.loads(line)["text"] for line in MESSAGES.read_text(encoding="utf-8").splitlines()]
    switches |= _subclasses(assistant, folder)
    seconds: dict[str, list[float]] = defaultdict(list)
    for number in range(conversations + 1):
        for at, text in enumerate(random.sample(messages, TURNS)):
            order = [ALL, *switches]
            random.shuffle(order)
            for name in order:
                with switches.get(name, nullcontext)():
                    spent = await _run_turn(turns, f"rest-{number}-{name}", text, str(at))
                if number:  # the first conversation fills the caches
                    seconds[name].append(1000 * spent)
    print(f"A turn with all adaptations: {statistics.median(seconds[ALL]):.1f} ms of CPU time")
    for name in switches:
        more = [one - other for one, other in zip(seconds[name], seconds[ALL], strict=True)]
        error = statistics.stdev(_middle(more)) / len(_middle(more)) ** 0.5
        share = statistics.mean(_middle(more)) / statistics.mean(_middle(seconds[ALL]))
        print(f"without {name:28} {statistics.mean(_middle(more)):+6.2f} ms (error {error:.2f}) {share:+7.1%}")


def _middle(values: list[float]) -> list[float]:
    """All but the lowest and the highest tenth."""
    tenth = len(values) // 10
    return sorted(values)[tenth : len(values) - tenth]


async def _run_turn(turns: Any, conversation: str, text: str, message_id: str) -> float:
    """Seconds of CPU time."""
    started = time.process_time()
    message, _ = turns.services.messages.add_user_message(conversation, text, message_id)
    await turns.answer_stored(message)
    return time.process_time() - started


def _patches() -> dict[str, Switch]:
    """Applies the monkeypatches; returns what puts Rasa's own code back for a while."""
    from rasa.core.actions.action import RemoteAction
    from rasa.shared.core.events import Event

    from bot.rasa_adapter import patches

    check, resolve = RemoteAction._validate_action_result, Event.resolve_by_type
    patches.apply()
    return {
        "compiled result schema": lambda: patch.object(RemoteAction, "_validate_action_result", check),
        "cached event types": lambda: patch.object(Event, "resolve_by_type", staticmethod(resolve)),
    }


def _subclasses(assistant: Any, folder: Path) -> dict[str, Switch]:
    """What makes the adapted classes behave as Rasa's for a while."""
    from rasa.core.policies.rule_policy import RulePolicy
    from rasa.core.tracker_store import FailSafeTrackerStore, SQLTrackerStore
    from rasa.engine.runner.dask import DaskGraphRunner

    from bot.nlu.components.featurizers.tfidf import TfidfFeaturizer
    from bot.rasa_adapter.policy import IndexedRulePolicy

    processor, runner = assistant.agent.processor, assistant.agent.processor.graph_runner
    dask = object.__new__(DaskGraphRunner)
    dask._graph_schema, dask._instantiated_nodes, dask._execution_context = runner._schema, runner._nodes, None
    rasas_store = FailSafeTrackerStore(SQLTrackerStore(processor.domain, "sqlite", db=str(folder / "rasa.db")))
    rule = "_prediction_states", "_get_possible_keys", "_find_action_from_rules"

    def rasas(cls: type, base: type, *names: str) -> Switch:
        def switch() -> ExitStack:
            with ExitStack() as stack:
                for name in names:
                    stack.enter_context(patch.object(cls, name, getattr(base, name)))
                return stack.pop_all()

        return switch

    def transform(featurizer: Any, message: Any) -> Any:
        return featurizer._vectorizer.transform([featurizer._text(message)])

    return {
        "sequential graph runner": lambda: patch.object(processor, "graph_runner", dask),
        "rule policy (all three)": rasas(IndexedRulePolicy, RulePolicy, *rule),
        **{f"rule policy: {name}": rasas(IndexedRulePolicy, RulePolicy, name) for name in rule},
        "own tf-idf row": lambda: patch.object(TfidfFeaturizer, "features", transform),
        "tracker store": lambda: patch.object(processor, "tracker_store", rasas_store),
    }


if __name__ == "__main__":
    typer.run(main)
