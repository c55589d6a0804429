"""Finds the names, aliases and cue phrases of the knowledge base in a text. Uses spaCy's matchers, no Rasa."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from spacy.matcher import Matcher, PhraseMatcher
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from bot.knowledge import LANGUAGES, PHASES, Knowledge, Language
from bot.nlu.spacy_pipelines import parse, spacy_pipeline

MAX_GAP = 2
"""Other words allowed between two words of a cue phrase."""

CLAUSE_ENDS = {"and", "but", "or", "en", "maar", "of", "want", ",", ".", ";", "!", "?"}
"""Words and punctuation that a cue phrase does not reach across."""

ADDRESS = re.compile(r"[.@:]")
"""Cheap pre-check: every URL or e-mail address contains one of these."""

NUMBER = re.compile(r"\d+(?:[.,\s]\d{3})*(?:[.,]\d+)?\s?(?:k\b)?", re.IGNORECASE)

WORDS_TO_NOUN = 3
"""Words after a number among which the noun that it counts is searched."""


@dataclass(frozen=True)
class EntityMatch:
    """An entity in a text, with its character offsets."""

    entity: str
    value: str
    start: int
    end: int
    role: str | None = None


class _CueMatcher:
    """Finds the phrases of one cue. Calls spaCy only for texts that contain all words of a phrase, which few do."""

    def __init__(self, cue: str, phrases: Sequence[Doc]) -> None:
        self.id = cue
        self._forms = [[frozenset({word.lemma_, word.lower_}) for word in phrase] for phrase in phrases]
        longest = [max(forms, key=lambda form: max(map(len, form))) for forms in self._forms if forms]
        self._longest_words = frozenset().union(*longest)  # of each phrase; they are rare, so most texts have none
        self._matcher: Matcher | None = None
        if phrases:
            self._matcher = Matcher(phrases[0].vocab)
            self._matcher.add(cue, [_pattern(forms) for forms in self._forms], greedy="LONGEST")

    def matches(self, doc: Doc, lemmas: Set[str]) -> list[tuple[int, int]]:
        """The token offsets of the phrases in a text that has these lemmas."""
        if self._matcher is None or lemmas.isdisjoint(self._longest_words):
            return []
        if not any(all(not lemmas.isdisjoint(forms) for forms in phrase) for phrase in self._forms):
            return []
        return [(start, end) for _, start, end in self._matcher(doc)]


def _pattern(phrase: Sequence[Set[str]]) -> list[dict[str, object]]:
    """A spaCy pattern for the words of a phrase in order, each in any of its forms, with gaps between them."""
    gap: dict[str, object] = {"OP": "?", "LOWER": {"NOT_IN": sorted(CLAUSE_ENDS)}}
    pattern: list[dict[str, object]] = []
    for forms in phrase:
        if pattern:
            pattern.extend([gap] * MAX_GAP)
        pattern.append({"LEMMA": {"IN": sorted(forms)}})
    return pattern


class Gazetteer:
    """Finds entities and cues of the knowledge base in a text.

    `cues` yields the ids of the cues with the matching words. For "er is niemand die iets bestelt" that is
    ("buys_not", "niemand die iets bestelt"), by the phrase "niemand bestelt".
    """

    def __init__(self, knowledge: Knowledge) -> None:
        """Builds the matchers, which takes some tenths of a second."""
        self._cue_ids = tuple(knowledge.cues)
        self._names = {language: PhraseMatcher(spacy_pipeline(language).vocab, attr="LOWER") for language in LANGUAGES}
        # by lemma, since trades are used in the plural too: "we are plumbers"
        self._trades = {language: PhraseMatcher(spacy_pipeline(language).vocab, attr="LEMMA") for language in LANGUAGES}
        self._cues: dict[Language, list[_CueMatcher]] = {language: [] for language in LANGUAGES}
        ambiguous = [e for entries in knowledge.named().values() for e in entries.values() if e.everyday_word]
        self._ambiguous = {name.lower() for entry in ambiguous for name in (entry.name.nl, entry.name.en)}
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
        """The ids of all cues in the order of the knowledge base, which is that of the cue features."""
        return self._cue_ids

    def doc(self, text: str, language: Language) -> Doc:
        """The text in lower case as tokens with lemmas, to pass to `cues`."""
        return parse(text.lower(), language)

    def cues(self, doc: Doc, language: Language) -> Iterator[tuple[str, Span]]:
        """The ids of the cues in a text, each with the words that matched, in the order of the text."""
        lemmas = {word.lemma_ for word in doc}
        found = [(start, end, cue.id) for cue in self._cues[language] for start, end in cue.matches(doc, lemmas)]
        for start, end, cue_id in sorted(found):
            while start and not doc[start - 1].whitespace_:  # quote whole words: "don't know", not "n't know"
                start -= 1
            yield cue_id, doc[start:end]

    def entities(self, text: str, language: Language) -> list[EntityMatch]:
        """The entities in a text: names and aliases (the longest if they overlap), numbers, URLs, e-mail addresses."""
        doc = parse(text, language)
        matches = [*self._names[language](doc, as_spans=True), *self._trades[language](doc, as_spans=True)]
        found = []
        for span in filter_spans(list({(s.start, s.end): s for s in matches}.values())):
            for same in matches:
                if (same.start, same.end) == (span.start, span.end):
                    entity, value = same.label_.split(":")
                    if same.text.lower() in self._ambiguous and not _is_used_as_name(same, language):
                        continue
                    found.append(EntityMatch(entity, value, span.start_char, span.end_char))
        found.extend(self._addresses(text))
        found.extend(self._numbers(text, language))
        return found

    @staticmethod
    def _addresses(text: str) -> Iterator[EntityMatch]:
        if not ADDRESS.search(text):
            return
        for word in spacy_pipeline("en").tokenizer(text):
            value = word.text.strip("<>()[]\"',;")
            if word.like_email:
                yield EntityMatch("email", value, word.idx, word.idx + len(word))
            elif word.like_url:
                yield EntityMatch("url", value, word.idx, word.idx + len(word))

    def _numbers(self, text: str, language: Language) -> Iterator[EntityMatch]:
        """The numbers that count a step of the funnel, by the noun that follows: "5.000 bezoekers per maand"."""
        for match in NUMBER.finditer(text):
            after = re.findall(r"[\w-]+", text[match.end() : match.end() + 60].lower())[:WORDS_TO_NOUN]
            role = next((self._roles[language][w] for w in after if w in self._roles[language]), None)
            if role:
                yield EntityMatch("number", match.group().strip(), match.start(), match.end(), role)


STAGE_WORDS = {"fase", "fases", "stap", "stappen", "phase", "phases", "stage", "stages", "step", "steps"}
DUTCH_BEFORE_NAME = {"bij", "voor", "in", "tijdens", "van", "over", "met", "en", "of"}
ENGLISH_BEFORE_NAME = {"in", "for", "about", "by", "between", "at", "with", "and", "or"}
WORDS_BEFORE_NAME = DUTCH_BEFORE_NAME | ENGLISH_BEFORE_NAME
WORDS_AFTER_NAME = {"en", "of", "dan", "nu", "and", "or", "then", "now", "instead"}


def _is_used_as_name(span: Span, language: Language) -> bool:
    """Whether an ambiguous alias is used as a name: do, see, use, gebruik and aankoop are common words too.

    It is one beside "phase" or a similar word, with a capital inside a sentence, in a message of at most two words, and
    in a context as in "and for care then?".
    """
    doc = span.doc
    previous = doc[span.start - 1].lower_ if span.start else ""
    following = doc[span.end].lower_ if span.end < len(doc) else ""
    if previous in STAGE_WORDS or following in STAGE_WORDS or sum(word.is_alpha for word in doc) <= 2:
        return True
    if span.text[0].isupper() and span.start and previous not in {".", "!", "?"}:
        return True
    if language == "nl" and span.text.lower() in PHASES:
        return True  # these are not Dutch words
    ends = not following or not following[0].isalnum() or following in WORDS_AFTER_NAME
    return previous in WORDS_BEFORE_NAME and ends
