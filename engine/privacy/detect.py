"""Finding personal data in text: Presidio with all recognisers of a profile, in batches and windows.

Needs no network and never downloads anything. Works through long texts in windows, so memory does not depend on
the length of a row, and asks between windows whether to stop.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from engine.privacy.cases import is_one_case
from engine.privacy.doubts import believable
from engine.privacy.merge import Hit, merge_hits
from engine.privacy.nlp import CaseRecognizer, LocalSpacyEngine, Reading
from engine.privacy.own import entity_of
from engine.privacy.presidio import LemmaContextAwareEnhancer, RecognizerRegistry, RecognizerResult
from engine.privacy.profiles import Profile
from engine.privacy.quiet import says_nothing
from engine.privacy.recognisers.own import OwnRecognizer
from engine.privacy.recognisers.table import make_recogniser
from engine.privacy.windows import windows_of
from engine.spec import OwnSpec

WINDOW, OVERLAP = 4_000, 200
"""Characters. A finding of up to 200 characters is whole in some window."""
_BATCH_CHARACTERS = 16_000
_SURROGATE = re.compile("[\ud800-\udfff]")
_IN_EVERYDAY_WORDS = frozenset({"DATE_TIME", "NRP", "ORGANIZATION"})
"""Types that a model finds in everyday words too ("tomorrow"); where they count, every text is read."""


class _Preparing(Protocol):
    def prepare(self, texts: list[str]) -> None: ...


class Detector:
    """All recognisers of a profile, loaded.

    Args:
        profile: What to look for.
        own: The creator's own recognisers.

    Raises:
        TunesmithError: A package with model files is missing or not the pinned one.
        SpecError: The profile names a recogniser that does not exist, or a pattern of the creator's is none.
    """

    def __init__(self, profile: Profile, own: Sequence[OwnSpec] = ()) -> None:
        self.profile = profile
        engine = LocalSpacyEngine(profile.spacy, keep_organisations="ORGANIZATION" in profile.entities)
        engine.load()
        registry = RecognizerRegistry(recognizers=[], supported_languages=["en"])
        self._preparing: list[_Preparing] = []
        for name in profile.recognisers:
            registry.add_recognizer(make_recogniser(name))
        if own:
            registry.add_recognizer(OwnRecognizer(own))
        if profile.spacy != "none":
            registry.add_nlp_recognizer(engine)
            if profile.case_pass:
                self._add_preparing(registry, CaseRecognizer(engine))
        if profile.model:
            from engine.privacy.recognisers.rampart import RampartRecognizer

            self._add_preparing(registry, RampartRecognizer(profile.model_doubt))
        self.engine = engine
        self.registry = registry
        self.supported = sorted({entity for one in registry.recognizers for entity in one.supported_entities})
        self._entities = profile.entities | {entity_of(one.name) for one in own}
        self._wanted = [entity for entity in self.supported if entity in self._entities]
        self._asked = [one for one in registry.recognizers if not self._entities.isdisjoint(one.supported_entities)]
        self._skips = self._entities.isdisjoint(_IN_EVERYDAY_WORDS)
        self._by_context = {one.id: one for one in self._asked if one.context}
        self._enhancer = LemmaContextAwareEnhancer()

    def _add_preparing(self, registry: RecognizerRegistry, recogniser: CaseRecognizer) -> None:
        registry.add_recognizer(recogniser)
        self._preparing.append(recogniser)

    def detect(self, texts: Sequence[str], check_stop: Callable[[], None] | None = None) -> list[list[Hit]]:
        """The findings of each text, merged, in order; offsets are characters of the text as given.

        Args:
            texts: Any number, of any length.
            check_stop: Called between batches; may raise.
        """
        safe = [_encodable(text) for text in texts]
        found: list[list[Hit]] = [[] for _ in texts]
        pieces = [(number, start, window) for number, text in enumerate(safe) for start, window in self.windows(text)]
        looked = self.look([window for _, _, window in pieces], check_stop)
        for (number, offset, _), hits in zip(pieces, looked, strict=True):
            found[number] += moved(hits, offset)
        return [merge_hits(text, hits) for text, hits in zip(safe, found, strict=True)]

    @staticmethod
    def windows(text: str) -> list[tuple[int, str]]:
        """Where each window of a text begins, and what stands in it; none of a text of white space."""
        safe = _encodable(text)
        return [(start, safe[start:end]) for start, end in windows_of(safe, WINDOW, OVERLAP)] if safe.strip() else []

    def look(self, windows: Sequence[str], check_stop: Callable[[], None] | None = None) -> list[list[Hit]]:
        """What is found in each window of `windows`, in the offsets of the window; not merged.

        For a text that is so long that several processes share it; what they find goes through `merge_hits` then.
        """
        found: list[list[Hit]] = []
        for batch in _batches(windows):
            if check_stop:
                check_stop()
            hits_of_each = self._analyze(batch)
            each = zip(batch, hits_of_each, strict=True)
            found += [believable(window, hits, model=self.profile.model) for window, hits in each]
        return found

    def _analyze(self, windows: list[str]) -> list[list[Hit]]:
        """Every recogniser over every window.

        Presidio's `AnalyzerEngine` does the same for one text at a time, and copies every result on the way; that
        took longer than all the rules together.
        """
        loud = [window for window in dict.fromkeys(windows) if not (self._skips and says_nothing(window))]
        for recogniser in self._preparing:
            recogniser.prepare(loud)
        # The case pass has read texts of one case already, and better.
        plain = [window for window in loud if not (self.profile.case_pass and is_one_case(window))]
        readings = {window: self.engine.unread(window) for window in loud}
        readings.update(zip(plain, self.engine.read(plain), strict=True))
        return [self._recognise(window, readings.get(window)) for window in windows]

    def _recognise(self, text: str, reading: Reading | None) -> list[Hit]:
        """The findings in one window; the models are not asked about a text that says nothing (no `reading`)."""
        artifacts = reading or self.engine.unread(text)
        results: list[RecognizerResult] = []
        backed: list[RecognizerResult] = []
        for recogniser in self._asked:
            if reading is None and recogniser in self._preparing:
                continue
            found = recogniser.analyze(text=text, entities=self._wanted, nlp_artifacts=artifacts)
            if found:
                (backed if recogniser.id in self._by_context else results).extend(found)
        if backed:
            holders = list(self._by_context.values())
            results += self._enhancer.enhance_using_context(text, backed, artifacts, holders)
        return [hit for result in results if (hit := self._accepted(result)) is not None]

    def _accepted(self, found: RecognizerResult) -> Hit | None:
        entity = str(found.entity_type)
        if found.score <= 0 or entity not in self._entities or found.score < self.profile.threshold.get(entity, 0.0):
            return None
        by = str((found.recognition_metadata or {}).get(RecognizerResult.RECOGNIZER_NAME_KEY, ""))
        return Hit(int(found.start), int(found.end), entity, round(float(found.score), 3), by)


def moved(hits: Sequence[Hit], offset: int) -> list[Hit]:
    """Findings of a window, in the offsets of the text that it begins in at `offset`."""
    if not offset:
        return list(hits)
    return [replace(hit, start=hit.start + offset, end=hit.end + offset) for hit in hits]


def _batches(windows: Sequence[str]) -> list[list[str]]:
    """Windows in groups of bounded size, so that memory is bounded too."""
    batches: list[list[str]] = []
    size = 0
    for window in windows:
        if not batches or size + len(window) > _BATCH_CHARACTERS:
            batches.append([])
            size = 0
        batches[-1].append(window)
        size += len(window)
    return batches


def _encodable(text: str) -> str:
    """Lone surrogates replaced, one for one: no library can encode them, and offsets must stay true."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)
