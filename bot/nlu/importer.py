"""Adds the knowledge base to the training data, the domain and the rules.

For an entry in faq.yml it adds the intent, its examples, and the rule that answers it; for an exchange its sentences.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from rasa.shared.core.constants import RULE_SNIPPET_ACTION_NAME as RULE_START
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.core.training_data.structures import RuleStep, StoryGraph
from rasa.shared.importers import utils
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.forms.dialogue import ANSWERING_INTENTS, EXIT_INTENTS
from bot.knowledge import LANGUAGES
from bot.nlu.components.language_detector import LANGUAGE
from bot.nlu.knowledge_source import configured_knowledge

SUB_INTENT = "sub_intent"
"""Metadata key of an example: the second level of its intent."""

EXCHANGE = "exchange"
"""Message key of a sentence that owners say in an exchange: the id of the exchange."""


class KnowledgeImporter(RasaFileImporter):
    """Rasa's importer, with additions from the knowledge base."""

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """The examples of data/nlu, whose folder names the language, and those of the knowledge base.

        The knowledge base adds the questions of the FAQ, the names of trades, and the sentences of exchanges. The
        sentences have no intent: Rasa keeps messages without one apart from the examples for its classifiers.
        """
        data = TrainingData()
        for known in LANGUAGES:
            files = [f for f in self._nlu_files if Path(f).parent.name == known]
            part = utils.training_data_from_paths(files, known)
            for example in part.training_examples:
                example.set("metadata", {LANGUAGE: known})
                _hide_sub_intent(example)
            data = data.merge(part)
        questions = [
            Message({TEXT: question, INTENT: faq.intent, "metadata": {LANGUAGE: known}})
            for faq in configured_knowledge().faq.values()
            for known in LANGUAGES
            for question in (*faq.questions.localized(known), *faq.aliases.localized(known))
        ]
        trades = [
            Message({TEXT: name, INTENT: "inform", "metadata": {LANGUAGE: known}})
            for trade in configured_knowledge().trades.values()
            for known in LANGUAGES
            for name in dict.fromkeys((trade.name.localized(known), *trade.aliases.localized(known)))
        ]
        sentences = [
            Message({TEXT: sentence, EXCHANGE: exchange.id, "metadata": {LANGUAGE: known}})
            for exchange in configured_knowledge().exchanges.values()
            for known in LANGUAGES
            for sentence in exchange.says.localized(known)
        ]
        return data.merge(TrainingData([*questions, *trades, *sentences]))

    def get_domain(self) -> Domain:
        """The domain with an intent for each FAQ.

        No intent uses entities as features: rules depend on the intent only, and actions read the entities.
        """
        domain = super().get_domain()
        faq_intents = [faq.intent for faq in configured_knowledge().faq.values()]
        data = domain.as_dict()
        names = [i if isinstance(i, str) else next(iter(i)) for i in data["intents"]]
        data["intents"] = [{name: {"use_entities": []}} for name in dict.fromkeys([*names, *faq_intents])]
        return Domain.from_dict(data)

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        """The stories of data/stories, and generated rules for the FAQ and for questions while a form is active.

        Rasa needs a rule for each answering intent and each form, some eighty in all: that is why
        bot/rasa_adapter/policy.py has an index.
        """
        domain = self.get_domain()
        files = utils.story_graph_from_paths(self._story_files, domain, exclusion_percentage)
        answers = {**_answers(files), **{faq.intent: "action_faq" for faq in configured_knowledge().faq.values()}}
        rules = [*_faq_rules(), *_rules_in_forms(answers, domain.form_names)]
        return files.merge(StoryGraph(YAMLStoryReader(domain).read_from_parsed_yaml({"rules": rules})))


def full_intent(example: Message) -> str:
    """The intent of a training example with its second level, if it has one: `struggle_do/carts_not_paid`."""
    sub_intent = (example.get("metadata") or {}).get(SUB_INTENT)
    return f"{example.get(INTENT)}/{sub_intent}" if sub_intent else str(example.get(INTENT))


def _hide_sub_intent(example: Message) -> None:
    """Moves the second level of an intent to the metadata.

    Rasa takes an intent with one for a retrieval intent, whose responses a ResponseSelector chooses: it would add an
    action for it to the domain, and warn of each example without a response.
    """
    if full := example.data.pop(INTENT_RESPONSE_KEY, None):
        example.set("metadata", {**example.get("metadata"), SUB_INTENT: full.split("/", 1)[1]})


def _answers(files: StoryGraph) -> dict[str, str]:
    """The answering rules of the files (one intent, one action, no slots, no forms) as intent -> action."""
    rules: dict[str, list[Any]] = defaultdict(list)
    for step in files.story_steps:
        if isinstance(step, RuleStep):  # an `or` makes several steps with the name of the rule
            rules[str(step.block_name)].extend(step.events)
    answers: dict[str, str] = {}
    for events in rules.values():
        messages = [e for e in events if isinstance(e, UserUttered)]
        actions = [e.action_name for e in events if isinstance(e, ActionExecuted) and e.action_name != RULE_START]
        simple = len(messages) + sum(isinstance(e, ActionExecuted) for e in events) == len(events)
        if simple and len(actions) == 1 and actions[0].startswith("action_"):
            answers |= {message.intent_name: actions[0] for message in messages}
    return {intent: action for intent, action in answers.items() if intent not in (*EXIT_INTENTS, *ANSWERING_INTENTS)}


def _faq_rules() -> list[dict[str, Any]]:
    return [
        {"rule": f"{faq.intent} is answered", "steps": [{"intent": faq.intent}, {"action": "action_faq"}]}
        for faq in configured_knowledge().faq.values()
    ]


def _rules_in_forms(answers: dict[str, str], forms: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "rule": f"{intent} in the middle of {form} is answered, then the form goes on",
            "condition": [{"active_loop": form}],
            "steps": [{"intent": intent}, {"action": action}, {"action": form}, {"active_loop": form}],
        }
        for intent, action in answers.items()
        for form in forms
    ]
