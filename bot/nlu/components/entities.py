"""Entities by the names and aliases of the knowledge base; no annotated training data needed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.components.component import Component
from bot.nlu.components.language_detector import language_of
from bot.nlu.figures import Figure
from bot.nlu.knowledge_source import configured_gazetteer


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class KnowledgeEntityExtractor(Component, EntityExtractorMixin):
    """Adds entities with ids of the knowledge base as values."""

    def process(self, messages: list[Message]) -> list[Message]:
        """Extracts entities from visitors' messages. Training examples need none."""
        gazetteer = configured_gazetteer()
        for message in messages:
            text = message.get(TEXT)
            if not text:
                continue
            language = language_of(message)
            entities: list[dict[str, Any]] = [
                {"entity": match.entity, "value": match.value, "start": match.start, "end": match.end}
                for match in gazetteer.entities(text, language)
            ]
            entities.extend(_number(figure) for figure in gazetteer.figures(text, language))
            earlier = message.get(ENTITIES, [])
            message.set(ENTITIES, earlier + self.add_extractor_name(entities), add_to_output=True)
        return messages


def _number(figure: Figure) -> dict[str, Any]:
    """An entity with the role in Rasa's sense, and unit, period, whole and before where the text has them."""
    return {"entity": "number", **{key: value for key, value in asdict(figure).items() if value is not None}}
