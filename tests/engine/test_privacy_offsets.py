# ruff: noqa: E501 (a table of signs)
"""Offsets of findings in texts with every kind of odd sign: each cuts exactly the value out of the original text."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.privacy.detect import OVERLAP, WINDOW, Detector
from engine.privacy.profiles import load_profile

MAIL, PHONE, KEY = "anna.berg@example.com", "+46 70 174 06 31", "ghp_abcdefghijklmnopqrstuvwxyz0123456789"
_ODD = (
    "\U0001f469\u200d\U0001f467", "\U0001f3f4", "e\u0301", "ก็", "שלום", "مرحبا", "\u202eabc\u202c", "\x00", "\ud800", "\udfff", "\r\n", "\u2028",
    "\ufeff", "ß", "İ", "ﬁ", "漢字", "\u00ad", "\u200b", "a", "Z", " ", "\n", ".", "1",
)  # fmt: skip
ODD_TEXT = st.lists(st.one_of(st.sampled_from(_ODD), st.text(max_size=3)), max_size=12).map("".join)
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def detector() -> Detector:
    rules_only = load_profile("fast").model_copy(update={"spacy": "none", "model": False, "case_pass": False})
    return Detector(rules_only)


@QUICK
@given(before=ODD_TEXT, between=ODD_TEXT, after=ODD_TEXT)
def test_values_are_cut_out_exactly(detector: Detector, before: str, between: str, after: str) -> None:
    text = f"{before} {MAIL} {between} {KEY} {after}"
    found = {(text[hit.start : hit.end], hit.entity) for hit in detector.detect([text])[0]}
    assert {(MAIL, "EMAIL_ADDRESS"), (KEY, "SECRET")} <= found


@QUICK
@given(text=ODD_TEXT)
def test_detection_never_raises_and_stays_inside(detector: Detector, text: str) -> None:
    for hit in detector.detect([text])[0]:
        assert 0 <= hit.start < hit.end <= len(text)
        assert any(letter.isalnum() for letter in text[hit.start : hit.end])


@pytest.mark.parametrize("filler", ["\U0001f469\u200d\U0001f467 ", "e\u0301 ", "\ud800 ", "שלום ", "\r\n", "\x00 "])
def test_offsets_hold_across_windows(detector: Detector, filler: str) -> None:
    before = filler * ((2 * WINDOW - OVERLAP) // len(filler))
    text = f"{before}{PHONE} {filler}{MAIL}"
    found = {text[hit.start : hit.end] for hit in detector.detect([text])[0]}
    assert {PHONE, MAIL} <= found
