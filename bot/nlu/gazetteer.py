"""Finds the names, aliases and cue phrases of the knowledge base in a text. Uses spaCy's matchers, no Rasa."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace

from spacy.matcher import Matcher, PhraseMatcher
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from bot.knowledge import LANGUAGES, PHASES, Knowledge, Language
from bot.nlu.figures import Figure, FigureFinder
from bot.nlu.spacy_pipelines import parse, spacy_pipeline
from bot.nlu.typography import plain

MAX_GAP = 2
"""Other words allowed between two words of a cue phrase."""

CLAUSE_ENDS = {"and", "but", "or", "en", "maar", "of", "want", ",", ".", ";", "!", "?"}
"""Words and punctuation that a cue phrase does not reach across."""

ADDRESS = re.compile(r"[.@:]")
"""Cheap pre-check: every URL or e-mail address contains one of these."""


@dataclass(frozen=True)
class EntityMatch:
    """An entity in a text, with its character offsets."""

    entity: str
    value: str
    start: int
    end: int


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
        self._type_of_trade = {trade.id: trade.business_type for trade in knowledge.trades.values()}
        self._figures = FigureFinder(knowledge)
        for language in LANGUAGES:
            nlp = spacy_pipeline(language)
            for entity, entries in knowledge.named().items():
                for entry in entries.values():
                    names = {*entry.aliases.all(), entry.name.nl, entry.name.en}
                    self._names[language].add(
                        f"{entity}:{entry.id}", [nlp.make_doc(plain(name)) for name in sorted(names)]
                    )
            for entity in ("business_type", "trade"):
                for named in knowledge.named()[entity].values():
                    names = {*named.aliases.localized(language), named.name.localized(language)}
                    self._trades[language].add(f"{entity}:{named.id}", [nlp(plain(name)) for name in sorted(names)])
            for cue in knowledge.cues.values():
                phrases = [nlp(plain(phrase.lower())) for phrase in cue.phrases.localized(language)]
                self._cues[language].append(_CueMatcher(cue.id, phrases))

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
        """The entities in a text: names and aliases (the longest if they overlap), URLs, e-mail addresses."""
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
        found = list(dict.fromkeys(found))
        if not any(match.entity == "business_type" for match in found):
            found.extend(self._business_types_of(found))
        found.extend(self._addresses(text))
        return found

    def _business_types_of(self, found: Sequence[EntityMatch]) -> list[EntityMatch]:
        """The kinds of business that the trades among the matches belong to."""
        trades = [match for match in found if match.entity == "trade"]
        return [replace(trade, entity="business_type", value=self._type_of_trade[trade.value]) for trade in trades]

    def figures(self, text: str, language: Language) -> list[Figure]:
        """The numbers in a text that have a unit or a role."""
        return self._figures.find(text, language)

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
