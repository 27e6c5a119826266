"""The one door to Presidio and spaCy, with their traps removed. Everything in this room imports them from here.

- `tldextract`, which Presidio asks about every e-mail address, uses its bundled list of domains. Left alone it
  fetches one from publicsuffix.org, and hangs where a firewall swallows the packets.
- torch and transformers stay out. Both libraries load them when they find them, for parts that are not used here;
  that costs several seconds and about 300 MB before the first text is read.
- spaCy's command line stays out too, and with it and `tldextract` the web clients that they bring.
- Presidio compiles every pattern of every country when it is imported, to see whether it is one. That takes longer than
  all the rest of it; a pattern is compiled when it is first used, and its release was tested.
- Presidio's log lines about every recogniser it loads are silenced; errors are not.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

_UNUSED = ("torch", "transformers", "stanza", "gliner", "tensorflow", "cupy")


@contextlib.contextmanager
def _without(names: tuple[str, ...]) -> Iterator[None]:
    """While the block runs, importing one of `names` fails as if it were not installed; what is loaded stays."""
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in hidden:
            if sys.modules.get(name, name) is None:
                del sys.modules[name]


class _NoWeb:
    """Stands for the web clients that `tldextract` makes and, with its own list of domains, never asks for anything."""

    def mount(self, *_: object) -> None:
        """Nothing is fetched."""

    def close(self) -> None:
        """Nothing was opened."""


_Instead = dict[str, dict[str, object]]
_INSTEAD: dict[str, _Instead] = {
    "spacy": {"spacy.cli": {}, "spacy.cli.info": {"info": None}},
    "tldextract": {"requests": {"Session": _NoWeb}, "requests_file": {"FileAdapter": _NoWeb}},
}
"""By library: modules that it imports for what is never used here, and what of them must be there."""


@contextlib.contextmanager
def _with_stand_ins() -> Iterator[None]:
    """While the block runs, the libraries of `_INSTEAD` find next to nothing in place of some modules.

    Together with what those would bring they are a quarter of all that is loaded here.
    """
    wanted = {
        name: content
        for library, modules in _INSTEAD.items()
        if library not in sys.modules
        for name, content in modules.items()
        if name not in sys.modules
    }
    for name, content in wanted.items():
        sys.modules[name] = ModuleType(name)
        sys.modules[name].__dict__.update(content, __path__=[])
    try:
        yield
    finally:
        for name in wanted:
            del sys.modules[name]


@contextlib.contextmanager
def _without_trial() -> Iterator[None]:
    """While the block runs, Presidio takes the patterns of its own recognisers as they are."""
    name, trial = "presidio_analyzer", "_Pattern__validate_regex"
    found = importlib.util.find_spec(name)
    if name in sys.modules or found is None or found.origin is None:
        yield
        return
    # The module of patterns needs nothing of its package, so it can be loaded before it.
    spec = importlib.util.spec_from_file_location(f"{name}.pattern", Path(found.origin).parent / "pattern.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules[spec.name] = module
    tried = module.Pattern.__dict__.get(trial)
    if tried is None:  # Another release tries them elsewhere: slower, and right all the same.
        yield
        return
    setattr(module.Pattern, trial, staticmethod(lambda _pattern: None))
    try:
        yield
    finally:
        setattr(module.Pattern, trial, tried)


os.environ.setdefault("PRESIDIO_DEVICE", "cpu")
with _without(_UNUSED), _with_stand_ins(), _without_trial():
    import presidio_analyzer
    import spacy
    import tldextract
    import tldextract.tldextract
    from presidio_analyzer import (
        AnalysisExplanation,
        AnalyzerEngine,
        EntityRecognizer,
        LocalRecognizer,
        RecognizerRegistry,
        RecognizerResult,
    )
    from presidio_analyzer import predefined_recognizers as predefined
    from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer
    from presidio_analyzer.nlp_engine import NerModelConfiguration, NlpArtifacts, SpacyNlpEngine
    from spacy.language import Language
    from spacy.tokenizer import Tokenizer
    from spacy.tokens import Doc, Span

tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
logging.getLogger("tldextract").setLevel(logging.ERROR)

__all__ = [
    "AnalysisExplanation",
    "AnalyzerEngine",
    "Doc",
    "EntityRecognizer",
    "Language",
    "LemmaContextAwareEnhancer",
    "LocalRecognizer",
    "NerModelConfiguration",
    "NlpArtifacts",
    "RecognizerRegistry",
    "RecognizerResult",
    "SpacyNlpEngine",
    "Span",
    "Tokenizer",
    "predefined",
    "presidio_analyzer",
    "spacy",
]
