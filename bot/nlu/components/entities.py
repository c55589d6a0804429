"""Entities by the names and aliases of the knowledge base; no annotated training data needed."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.components.language import language_of
from bot.nlu.knowledge_source import configured_lexicon


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class KnowledgeEntityExtractor(GraphComponent, EntityExtractorMixin):
    """Adds entities with canonical ids as values."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> KnowledgeEntityExtractor:
        """The extractor; it has nothing to train."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Extracts from messages of visitors. Training examples need no entities."""
        lexicon = configured_lexicon()
        for message in messages:
            text = message.get(TEXT)
            if not text:
                continue
            language = language_of(message)
            entities = []
            for found in lexicon.entities(text, language):
                entity = {"entity": found.entity, "value": found.value, "start": found.start, "end": found.end}
                if found.role:
                    entity["role"] = found.role
                entities.append(entity)
            known = message.get(ENTITIES, [])
            message.set(ENTITIES, known + self.add_extractor_name(entities), add_to_output=True)
        return messages
