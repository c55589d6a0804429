"""Rasa's rules, found by what has just happened instead of by trying every one."""

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

Moment = tuple[Any, Any]
"""The last action, and after action_listen what the visitor said; None for no matter which."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class IndexedRulePolicy(RulePolicy):
    """Decides as Rasa's RulePolicy does, which compares a conversation with all rules, at each of its turns, twice.

    With 380 rules that was a sixth of a turn. A rule can apply only if its last moment is the present
    one, so only those few are tried. Training, which checks the rules against the stories, is Rasa's own.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = kwargs.get("lookup") or {}  # what was trained
        self._indexes = [(rules, _index(rules)) for rules in given.values() if isinstance(rules, dict)]
        rules = [self._rule_key_to_state(key) for rules, _ in self._indexes for key in rules]
        self._longest = max(map(len, rules), default=0)  # no rule looks further back
        self._by_text = not given or any(TEXT in state.get(USER, {}) for states in rules for state in states)

    def _prediction_states(self, tracker: DialogueStateTracker, *args: Any, **kwargs: Any) -> list[State]:
        lately = _Lately(tracker, self._longest) if self._longest else tracker
        return super()._prediction_states(lately, *args, **kwargs)

    def _get_possible_keys(self, lookup: dict[str, str], states: list[State]) -> set[str]:
        for rules, index in self._indexes:
            if rules is lookup:
                keys = {key for moment in _moments(states[-1]) for key in index.get(moment, ())}
                return super()._get_possible_keys({key: lookup[key] for key in keys}, states)
        return super()._get_possible_keys(lookup, states)

    def _find_action_from_rules(
        self, tracker: DialogueStateTracker, domain: Domain, use_text_for_last_user_input: bool
    ) -> tuple[str | None, str | None, bool]:
        if use_text_for_last_user_input and not self._by_text:
            return None, None, False
        return super()._find_action_from_rules(tracker, domain, use_text_for_last_user_input)


class _Lately:
    """The last states of a conversation. Rasa makes those of all its turns, and then takes the last ones."""

    def __init__(self, tracker: DialogueStateTracker, count: int) -> None:
        self._tracker, self._count = tracker, count

    def past_states(self, domain: Domain, omit_unset_slots: bool = False, **_: Any) -> list[State]:
        """The state before each of the last actions, and the present one."""
        events = self._tracker.applied_events()
        moments = [i for i, event in enumerate(events) if isinstance(event, ActionExecuted)] + [len(events)]
        replayed, done, states = self._tracker.init_copy(), 0, []
        for moment in moments[-self._count :]:
            for event in events[done:moment]:
                event.apply_to(replayed)
            states.append(domain.get_active_state(replayed, omit_unset_slots=omit_unset_slots))
            done = moment
        return states


def _index(rules: dict[str, str]) -> dict[Moment, list[str]]:
    """The rules by their last moment."""
    index = defaultdict(list)
    for key in rules:
        index[_moment(IndexedRulePolicy._rule_key_to_state(key)[-1])].append(key)
    return dict(index)


def _moment(state: State) -> Moment:
    action = (state.get(PREVIOUS_ACTION) or {}).get(ACTION_NAME)
    intent = (state.get(USER) or {}).get(INTENT)
    return action, intent if action == ACTION_LISTEN_NAME else None


def _moments(state: State) -> set[Moment]:
    """The last moments of the rules that may apply to a state."""
    action, intent = _moment(state)
    return {(action, intent), (action, None)}
