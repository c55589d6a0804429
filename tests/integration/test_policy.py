"""The rule index and the start of a session give what Rasa gives."""

from __future__ import annotations

from itertools import product

import pytest
from rasa.core.agent import Agent
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.shared.core.events import SlotSet
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa_sdk import Tracker as SdkTracker

from actions.session import start
from actions.turn import Turn
from bot.chat.turns import IncomingMessage, TurnService
from bot.rasa_adapter.policy import IndexedRulePolicy
from bot.services import Services

MESSAGES = [
    "hallo",
    "klanten kopen één keer en komen niet terug",
    "en welke kanalen?",
    "ik wil een concurrentiecheck",
    "Bakkerij de Halm",
    "laat maar",
    "niemand kent ons",
]


def _policy(agent: Agent) -> IndexedRulePolicy:
    assert agent.processor is not None
    nodes = agent.processor.graph_runner._nodes.values()
    return next(node._component for node in nodes if isinstance(node._component, IndexedRulePolicy))


def test_the_same_rules_apply_as_without_an_index(agent: Agent) -> None:
    policy = _policy(agent)
    for name in ("rules", "rules_for_loop_unhappy_path"):
        rules = policy.lookup[name]
        pasts = [policy._rule_key_to_state(key) for key in sorted(rules)]
        talks = [*pasts, *([*before, *past] for before, past in product(pasts[::40], pasts[::5])), [{}]]
        for talk in talks:
            assert policy._get_possible_keys(rules, talk) == RulePolicy._get_possible_keys(policy, rules, talk)


def test_a_rule_that_begins_with_the_text_of_a_message_is_not_passed_over(agent: Agent) -> None:
    policy = _policy(agent)
    assert not policy._by_text
    rule = '[{"prev_action": {"action_name": "action_listen"}, "user": {"text": "hoi"}}]'
    args = (policy.config, policy._model_storage, policy._resource, ExecutionContext(GraphSchema({})))
    assert IndexedRulePolicy(*args, featurizer=policy.featurizer, lookup={"rules": {rule: "action_greet"}})._by_text


@pytest.fixture(scope="module")
async def moments(turns: TurnService) -> list[DialogueStateTracker]:
    """A conversation with a form, as it was at each of its actions."""
    for text in MESSAGES:
        await turns.answer(IncomingMessage(text, "policy-1"))
    tracker = await turns.assistant.agent.tracker_store.retrieve_full_tracker("policy-1")
    assert tracker is not None
    assert any(event.type_name == "active_loop" for event in tracker.events)
    times = [event.timestamp for event in tracker.events if event.type_name in ("action", "user")]
    return [tracker.travel_back_in_time(time) for time in times]


def test_the_last_states_of_a_conversation_are_those_that_rasa_sees(
    agent: Agent, moments: list[DialogueStateTracker]
) -> None:
    policy, domain = _policy(agent), agent.domain
    for tracker in moments:
        for by_text in (False, True):
            recent = policy._prediction_states(tracker, domain, by_text)
            assert recent == RulePolicy._prediction_states(policy, tracker, domain, by_text)[-policy._max_history :]


async def test_a_new_session_carries_over_present_slot_values_only(agent: Agent, services: Services) -> None:
    tracker = DialogueStateTracker("sessions", agent.domain.slots)
    tracker.update_with_events(
        [SlotSet("email", "jan@zaak.nl"), SlotSet("phase", "care"), SlotSet("email", None)], None
    )
    state = tracker.current_state(EventVerbosity.ALL)
    result = await start(Turn(SdkTracker.from_dict(state), services))
    assert [event["event"] for event in result.events] == ["session_started", "slot", "action"]
    assert [(e["name"], e["value"]) for e in result.events if e["event"] == "slot"] == [("phase", "care")]
