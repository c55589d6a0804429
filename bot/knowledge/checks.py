"""Checks between the entries of the knowledge base; those within an entry are in models.py."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from string import Formatter

from bot.knowledge.knowledge import Knowledge
from bot.knowledge.models import PHASES, STAGES, Entry


def faults(knowledge: Knowledge) -> list[str]:
    """Every fault as a message with file, key and expectation."""
    return [
        *_missing(knowledge),
        *_dangling(knowledge),
        *_causes_of_exchanges(knowledge),
        *_ambiguous(knowledge),
        *_placeholders(knowledge),
    ]


def gaps(knowledge: Knowledge) -> list[str]:
    """What the advisor could use but does without: no fault, but worth filling."""
    return [*_unused_steps(knowledge), *_causes_without_button(knowledge), *_symptoms_without_text(knowledge)]


def _unused_steps(knowledge: Knowledge) -> Iterator[str]:
    used = {id_ for symptom in knowledge.symptoms.values() for id_ in symptom.steps}
    used |= {id_ for symptom in knowledge.symptoms.values() for cause in symptom.causes.values() for id_ in cause.steps}
    yield from (f"step '{id_}': no symptom or cause uses it" for id_ in knowledge.steps if id_ not in used)


def _causes_without_button(knowledge: Knowledge) -> Iterator[str]:
    for symptom in knowledge.symptoms.values():
        asked = {answer.cause for answer in symptom.ask.answers}
        missing = [id_ for id_ in symptom.causes if id_ not in asked]
        yield from (f"symptom '{symptom.id}': no answer to its question leads to the cause '{id_}'" for id_ in missing)


def _symptoms_without_text(knowledge: Knowledge) -> Iterator[str]:
    served = {id_ for draft in knowledge.texts.values() for id_ in draft.symptoms}
    yield from (f"symptom '{id_}': no text for it in texts.yml" for id_ in knowledge.symptoms if id_ not in served)


def _missing(knowledge: Knowledge) -> Iterator[str]:
    for phase in PHASES:
        if phase not in knowledge.phases:
            yield f"phases.yml: {phase}: is missing; expected the phases {', '.join(PHASES)}"
    for stage in STAGES:
        if stage not in knowledge.stages:
            yield f"journey.yml: stages › {stage}: is missing; expected {', '.join(STAGES)}"


def _dangling(knowledge: Knowledge) -> Iterator[str]:
    """References to ids that do not exist."""
    for file, entries in vars(knowledge).items():
        for id_, entry in entries.items() if isinstance(entries, Mapping) else ():
            for path, target, reference in _references(entry, f"{file}.yml: {id_}"):
                if reference not in getattr(knowledge, target):
                    yield f"{path}: '{reference}' does not exist; expected a name from {target}.yml"


def _causes_of_exchanges(knowledge: Knowledge) -> Iterator[str]:
    """Causes that an exchange names as `symptom.cause` and that do not exist, or not in one of its problems."""
    for exchange in knowledge.exchanges.values():
        id_, _, cause = (exchange.cause or "").partition(".")
        symptom = knowledge.symptoms.get(id_)
        if exchange.cause and not (symptom and id_ in exchange.symptoms and cause in symptom.causes):
            yield f"exchanges: {exchange.id} › cause: '{exchange.cause}' is not a cause of one of its symptoms"


def _references(entry: Entry, path: str) -> Iterator[tuple[str, str, str]]:
    """Where an entry refers to another one: the path in its file, and file and id of the other."""
    for name, field in entry.__fields__.items():
        value = getattr(entry, name)
        if target := field.field_info.extra.get("ref"):
            yield from ((f"{path} › {name}", target, id_) for id_ in _flatten(value))
        else:
            parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple) else (value,)
            for part in parts:
                if isinstance(part, Entry):
                    yield from _references(part, f"{path} › {name}")


def _flatten(value: object) -> Iterable[str]:
    """The ids in the value of a reference: one, several, or several by phase."""
    if isinstance(value, Mapping):
        return [id_ for ids in value.values() for id_ in ids]
    return value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ()


def _ambiguous(knowledge: Knowledge) -> Iterator[str]:
    """Aliases of two entries of one kind, between which the NLU could not choose."""
    for kind, entries in knowledge.named().items():
        owner: dict[str, str] = {}
        for entry in entries.values():
            for alias in {a.lower() for a in (*entry.aliases.all(), entry.name.nl, entry.name.en)}:
                other = owner.setdefault(alias, entry.id)
                if other != entry.id:
                    yield f"{kind} '{entry.id}': the alias '{alias}' already belongs to '{other}'; choose one"


def _placeholders(knowledge: Knowledge) -> Iterator[str]:
    """{placeholders} that only one language of a phrase has."""

    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    files = {name: getattr(knowledge, name) for name in ("phrases", "widget", "install", "slack")}
    for file, texts in files.items():
        for key, text in texts.items():
            try:
                differing = fields(text.nl) ^ fields(text.en)
            except ValueError as error:
                yield f"{file}.yml: {key}: {error}; a literal brace is written twice, like {{{{"
                continue
            if differing:
                yield f"{file}.yml: {key}: {{{', '.join(sorted(differing))}}} is expected in both nl and en"
