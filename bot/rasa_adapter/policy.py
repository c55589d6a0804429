"""A RulePolicy that finds rules by an index."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import ACTION_LISTEN_NAME, PREVIOUS_ACTION, USER
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import ActionExecuted
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ACTION_NAME, INTENT, TEXT

IndexKey = tuple[Any, Any]
"""(previous action, intent); the intent counts after action_listen only, and is None as a wildcard."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class IndexedRulePolicy(RulePolicy):
    """RulePolicy with an index on (previous action, intent). Same predictions, fewer comparisons.

    Rasa compares a conversation with every rule, twice per prediction. There are hundreds, since bot/nlu/importer.py
    generates two for each intent that a form lets through. Training, which checks rules against stories, is Rasa's.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lookup = kwargs.get("lookup") or {}  # the trained rules
        self._indexes = [(rules, _index(rules)) for rules in lookup.values() if isinstance(rules, dict)]
        rules = [self._rule_key_to_state(key) for rules, _ in self._indexes for key in rules]
        self._max_history = max(map(len, rules), default=0)  # no rule looks back further
        self._by_text = not lookup or any(TEXT in state.get(USER, {}) for states in rules for state in states)

    def _prediction_states(self, tracker: DialogueStateTracker, *args: Any, **kwargs: Any) -> list[State]:
        recent = _RecentStates(tracker, self._max_history) if self._max_history else tracker
        return super()._prediction_states(recent, *args, **kwargs)

    def _get_possible_keys(self, lookup: dict[str, str], states: list[State]) -> set[str]:
        for rules, index in self._indexes:
            if rules is lookup:
                keys = {key for index_key in _matching_keys(states[-1]) for key in index.get(index_key, ())}
                return super()._get_possible_keys({key: lookup[key] for key in keys}, states)
        return super()._get_possible_keys(lookup, states)

    def _find_action_from_rules(
        self, tracker: DialogueStateTracker, domain: Domain, use_text_for_last_user_input: bool
    ) -> tuple[str | None, str | None, bool]:
        if use_text_for_last_user_input and not self._by_text:
            return None, None, False
        return super()._find_action_from_rules(tracker, domain, use_text_for_last_user_input)


class _RecentStates:
    """The last states of a tracker. Rasa computes the states of all turns and takes the last ones."""

    def __init__(self, tracker: DialogueStateTracker, count: int) -> None:
        self._tracker, self._count = tracker, count

    def past_states(self, domain: Domain, omit_unset_slots: bool = False, **_: Any) -> list[State]:
        """The state before each of the last actions, and the present one."""
        events = self._tracker.applied_events()
        positions = [i for i, event in enumerate(events) if isinstance(event, ActionExecuted)] + [len(events)]
        replayed, start, states = self._tracker.init_copy(), 0, []
        for position in positions[-self._count :]:
            for event in events[start:position]:
                event.apply_to(replayed)
            states.append(domain.get_active_state(replayed, omit_unset_slots=omit_unset_slots))
            start = position
        return states


def _index(rules: dict[str, str]) -> dict[IndexKey, list[str]]:
    """The rules by the index key of their last state."""
    index = defaultdict(list)
    for key in rules:
        index[_index_key(IndexedRulePolicy._rule_key_to_state(key)[-1])].append(key)
    return dict(index)


def _index_key(state: State) -> IndexKey:
    action = (state.get(PREVIOUS_ACTION) or {}).get(ACTION_NAME)
    intent = (state.get(USER) or {}).get(INTENT)
    return action, intent if action == ACTION_LISTEN_NAME else None


def _matching_keys(state: State) -> set[IndexKey]:
    """The index keys of rules that may apply to a state."""
    action, intent = _index_key(state)
    return {(action, intent), (action, None)}
