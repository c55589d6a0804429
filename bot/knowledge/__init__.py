"""The knowledge base: YAML that marketers edit, loaded into immutable, validated objects."""

from bot.knowledge.knowledge import Knowledge
from bot.knowledge.loader import KnowledgeError, load_brand, load_knowledge
from bot.knowledge.models import LANGUAGES, LOCALES, PHASES, STAGES, TOPICS, Language, PhaseId, StageId, TopicId, UnitId

__all__ = [
    "LANGUAGES",
    "LOCALES",
    "PHASES",
    "STAGES",
    "TOPICS",
    "Knowledge",
    "KnowledgeError",
    "Language",
    "PhaseId",
    "StageId",
    "TopicId",
    "UnitId",
    "load_brand",
    "load_knowledge",
]
