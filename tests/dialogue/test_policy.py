"""Our shortcut to the rules finds those that Rasa finds."""

from __future__ import annotations

from itertools import product

from rasa.core.agent import Agent
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.graph import ExecutionContext, GraphSchema

from bot.policy import IndexedRulePolicy


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
