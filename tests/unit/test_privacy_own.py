"""The creator's own recognisers: what they find, what they refuse, and that a change makes the scan stale."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from engine.errors import SpecError
from engine.privacy import own as own_module
from engine.privacy.own import compile_own, entity_of, try_own
from engine.privacy.profiles import known_fingerprint, load_profile
from engine.privacy.version import detector_version
from engine.spec import OwnSpec

CODES = OwnSpec(name="Client code", pattern=r"\bCL-\d{3}\b", score=0.7)
CLIENTS = OwnSpec(name="clients", words=["Blue Heron", "Ostrova", "王芳"])


def values(text: str, spec: OwnSpec) -> list[str]:
    return [text[one.start : one.end] for one in try_own(text, spec)]


def test_words_are_found_whole_and_in_any_case() -> None:
    assert values("blue heron, OSTROVA; Ostrovas; 我叫王芳。", CLIENTS) == ["blue heron", "OSTROVA", "王芳"]


def test_a_pattern_finds_with_its_type_and_score() -> None:
    found = try_own("see CL-123", CODES)
    assert [(one.start, one.end, one.entity, one.score, one.name) for one in found] == [
        (4, 10, "CLIENT_CODE", 0.7, "Client code")
    ]


def test_names_become_types() -> None:
    assert [entity_of(name) for name in ("client code", "VIP 2", "имя")] == ["CLIENT_CODE", "VIP", "OWN"]


def test_a_bad_pattern_is_named() -> None:
    with pytest.raises(SpecError, match="broken") as caught:
        compile_own([CODES, OwnSpec(name="broken", pattern="(a")])
    assert "position" in caught.value.what


def test_a_pattern_that_runs_for_years_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_module, "PATTERN_SECONDS", 0.05)
    with pytest.raises(SpecError, match="takes too long"):
        try_own("a" * 60, OwnSpec(name="slow", pattern=r"(?:a|a|aa)+$b"))


@pytest.mark.parametrize(
    "content",
    [
        {"name": "x"},
        {"name": "x", "words": []},
        {"name": "x", "words": ["a"], "pattern": "b"},
        {"name": "x", "pattern": ""},
        {"name": "", "words": ["a"]},
        {"name": "x", "words": ["a"], "score": 0},
        {"name": "x", "words": ["a"], "colour": "red"},
    ],
)
def test_the_project_file_is_strict(content: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        OwnSpec.model_validate(content)


def test_a_change_makes_the_scan_stale() -> None:
    profile = load_profile("fast")
    other = CODES.model_copy(update={"score": 0.8})
    assert len({known_fingerprint(["a"], own) for own in ((), (CODES,), (other,))}) == 3
    assert len({detector_version(profile, own) for own in ((), (CODES,), (other,))}) == 3
    assert known_fingerprint(["a"]) == known_fingerprint(["a"], [])


def test_trying_one_loads_no_detector() -> None:
    code = (
        "import sys; from engine.privacy.own import try_own; from engine.spec import OwnSpec;"
        "assert try_own('ab', OwnSpec(name='x', words=['ab']));"
        "print([name for name in ('spacy', 'presidio_analyzer', 'numpy', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("word", "text"), [("straße", "STRASSE 4"), ("İstanbul", "in İSTANBUL"), ("(x", "see (X)"), ("東京", "私は東京に")]
)
def test_a_word_is_found_however_it_is_written(word: str, text: str) -> None:
    assert try_own(text, OwnSpec(name="mine", words=["nothing", word]))
    assert not try_own("something else", OwnSpec(name="mine", words=["nothing", word]))
