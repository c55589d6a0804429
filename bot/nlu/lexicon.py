"""What the knowledge base teaches the NLU to recognise: names, aliases and cue phrases.

Plain spaCy, no Rasa: the components in this package wrap it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from spacy.matcher import Matcher, PhraseMatcher
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from bot.knowledge import LANGUAGES, PHASES, Knowledge, Language
from bot.nlu.spacy_pipelines import read, spacy_pipeline

MAX_GAP = 2
"""How many other words may stand between two words of a cue phrase."""

BREAKS = {"and", "but", "or", "en", "maar", "of", "want", ",", ".", ";", "!", "?"}
"""Words and marks that end a clause: a cue phrase does not reach across them."""

ADDRESS = re.compile(r"[.@:]")
"""No address is without."""

NUMBER = re.compile(r"\d+(?:[.,\s]\d{3})*(?:[.,]\d+)?\s?(?:k\b)?", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """Something recognised in a text, with its place (character offsets)."""

    entity: str
    value: str
    start: int
    end: int
    role: str | None = None


class _CueMatcher:
    """Finds the phrases of one cue. Few texts have all words of any, and for the others spaCy isn't asked."""

    def __init__(self, cue: str, phrases: Sequence[Doc]) -> None:
        self.id = cue
        self._forms = [[frozenset({word.lemma_, word.lower_}) for word in phrase] for phrase in phrases]
        telling = [max(forms, key=lambda form: max(map(len, form))) for forms in self._forms if forms]
        self._telling = frozenset().union(*telling)  # the longest word of each phrase: the rarest, mostly
        self._matcher: Matcher | None = None
        if phrases:
            self._matcher = Matcher(phrases[0].vocab)
            self._matcher.add(cue, [_pattern(forms) for forms in self._forms], greedy="LONGEST")

    def matches(self, doc: Doc, lemmas: Set[str]) -> list[tuple[int, int]]:
        """First word and the one after the last of each phrase, in a text with these lemmas."""
        if self._matcher is None or lemmas.isdisjoint(self._telling):
            return []
        if not any(all(not lemmas.isdisjoint(forms) for forms in phrase) for phrase in self._forms):
            return []
        return [(start, end) for _, start, end in self._matcher(doc)]


def _pattern(phrase: Sequence[Set[str]]) -> list[dict[str, object]]:
    """A pattern of spaCy's for words that stand in this order; each is one of some forms."""
    gap: dict[str, object] = {"OP": "?", "LOWER": {"NOT_IN": sorted(BREAKS)}}
    pattern: list[dict[str, object]] = []
    for forms in phrase:
        if pattern:
            pattern.extend([gap] * MAX_GAP)
        pattern.append({"LEMMA": {"IN": sorted(forms)}})
    return pattern


class Lexicon:
    """Finds entities and cues of the knowledge base in a text."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._cue_ids = tuple(knowledge.cues)
        self._names = {language: PhraseMatcher(spacy_pipeline(language).vocab, attr="LOWER") for language in LANGUAGES}
        # "we are plumbers": trades are named in the plural too
        self._trades = {language: PhraseMatcher(spacy_pipeline(language).vocab, attr="LEMMA") for language in LANGUAGES}
        self._cues: dict[Language, list[_CueMatcher]] = {language: [] for language in LANGUAGES}
        everyday = [e for entries in knowledge.named().values() for e in entries.values() if e.everyday_word]
        self._everyday = {name.lower() for entry in everyday for name in (entry.name.nl, entry.name.en)}
        self._roles: dict[Language, dict[str, str]] = {language: {} for language in LANGUAGES}
        for language in LANGUAGES:
            nlp = spacy_pipeline(language)
            for entity, entries in knowledge.named().items():
                for entry in entries.values():
                    names = {*entry.aliases.all(), entry.name.nl, entry.name.en}
                    self._names[language].add(f"{entity}:{entry.id}", [nlp.make_doc(name) for name in sorted(names)])
            for business in knowledge.business_types.values():
                names = {*business.aliases.localized(language), business.name.localized(language)}
                self._trades[language].add(f"business_type:{business.id}", [nlp(name) for name in sorted(names)])
            for cue in knowledge.cues.values():
                phrases = [nlp(phrase.lower()) for phrase in cue.phrases.localized(language)]
                self._cues[language].append(_CueMatcher(cue.id, phrases))
            for role in knowledge.funnel.values():
                for noun in role.nouns.localized(language):
                    self._roles[language][noun.lower()] = role.id

    @property
    def cue_ids(self) -> tuple[str, ...]:
        """All cues, in the order of the knowledge base: the columns of the cue features."""
        return self._cue_ids

    def doc(self, text: str, language: Language) -> Doc:
        """The text as tokens with lemmas; lower case, since owners type as they please."""
        return read(text.lower(), language)

    def cues(self, doc: Doc, language: Language) -> Iterator[tuple[str, Span]]:
        """The cues in a text, each with the words that voice it, in the text's order."""
        lemmas = {word.lemma_ for word in doc}
        found = [(start, end, cue.id) for cue in self._cues[language] for start, end in cue.matches(doc, lemmas)]
        for start, end, cue_id in sorted(found):
            while start and not doc[start - 1].whitespace_:  # whole words: "don't know", not "n't know"
                start -= 1
            yield cue_id, doc[start:end]

    def entities(self, text: str, language: Language) -> list[Found]:
        """Names and aliases (the longest where they overlap), numbers with their role, URLs and e-mail addresses."""
        doc = read(text, language)
        matches = [*self._names[language](doc, as_spans=True), *self._trades[language](doc, as_spans=True)]
        found = []
        for span in filter_spans(list({(s.start, s.end): s for s in matches}.values())):
            for same in matches:
                if (same.start, same.end) == (span.start, span.end):
                    entity, value = same.label_.split(":")
                    if same.text.lower() in self._everyday and not _meant_as_a_name(same, language):
                        continue
                    found.append(Found(entity, value, span.start_char, span.end_char))
        found.extend(self._addresses(text))
        found.extend(self._numbers(text, language))
        return found

    @staticmethod
    def _addresses(text: str) -> Iterator[Found]:
        if not ADDRESS.search(text):
            return
        for word in spacy_pipeline("en").tokenizer(text):
            value = word.text.strip("<>()[]\"',;")
            if word.like_email:
                yield Found("email", value, word.idx, word.idx + len(word))
            elif word.like_url:
                yield Found("url", value, word.idx, word.idx + len(word))

    def _numbers(self, text: str, language: Language) -> Iterator[Found]:
        """Numbers that count a step of the funnel: the noun stands within three words after the number."""
        for match in NUMBER.finditer(text):
            after = re.findall(r"[\w-]+", text[match.end() : match.end() + 60].lower())[:3]
            role = next((self._roles[language][w] for w in after if w in self._roles[language]), None)
            if role:
                yield Found("number", match.group().strip(), match.start(), match.end(), role)


STEP = {"fase", "fases", "stap", "stappen", "phase", "phases", "stage", "stages", "step", "steps"}
BEFORE_A_NAME = {
    "bij",
    "voor",
    "in",
    "tijdens",
    "van",
    "over",
    "met",
    "en",
    "of",
    "for",
    "about",
    "by",
    "between",
    "at",
    "with",
    "and",
    "or",
}
AFTER_A_NAME = {"en", "of", "dan", "nu", "and", "or", "then", "now", "instead"}


def _meant_as_a_name(span: Span, language: Language) -> bool:
    """Whether the name of a phase or stage is meant as one: do, see, use, gebruik and aankoop are everyday words too.

    It is one beside "phase" or another such word, with a capital inside a sentence, alone or nearly so, and
    between words as in "and for care then?".
    """
    doc = span.doc
    previous = doc[span.start - 1].lower_ if span.start else ""
    following = doc[span.end].lower_ if span.end < len(doc) else ""
    if previous in STEP or following in STEP or sum(word.is_alpha for word in doc) <= 2:
        return True
    if span.text[0].isupper() and span.start and previous not in {".", "!", "?"}:
        return True
    if language == "nl" and span.text.lower() in PHASES:
        return True  # no Dutch words
    ends = not following or not following[0].isalnum() or following in AFTER_A_NAME
    return previous in BEFORE_A_NAME and ends
