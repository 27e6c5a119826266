"""Chance that repeats itself: draws that depend on a secret key and a label, and on nothing else."""

from __future__ import annotations

import hashlib
import hmac
import string
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_ALPHABETS: tuple[tuple[str, str, str], ...] = (
    ("\u0391", "\u03c9", "αβγδεζηθικλμνξοπρστυφχω"),
    ("\u0400", "\u04ff", "абвгдежзиклмнопрстуфхцчшэюя"),
    ("\u05d0", "\u05ea", "אבגדהוזחטיכלמנסעפצקרשת"),
    ("\u0620", "\u06ff", "بتثجحخدذرزسشصضطعغفقكلمنهوي"),
    ("\u0904", "\u0939", "कखगघचछजझटठडढणतथदधनपफबभमयरलवशसह"),
    ("\u0e01", "\u0e30", "กขคงจชซญดตถทนบปผพมยรลวสหอ"),
    ("\u3041", "\u3096", "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわ"),
    ("\u30a1", "\u30fa", "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワ"),
    (
        "\u3400",
        "\u9fff",
        "山川田野林森石泉松梅竹桜花月星雲雨雪風海江湖島岡谷原村里町城門橋道南北東西中上下大小高長新古平安和光明青白",
    ),
    ("\uac00", "\ud7a3", "가나다라마바사아자차카타파하고노도로모보소오조초코토포호구누두루무부수우주"),
)


class Draw:
    """An endless row of numbers from HMAC-SHA256 in counter mode.

    Args:
        seed: 32 bytes that nobody else knows.
    """

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._count = 0

    def below(self, limit: int) -> int:
        """A number from 0 to `limit` - 1. From 128 bits, so no number is noticeably more likely."""
        self._count += 1
        block = hmac.digest(self._seed, self._count.to_bytes(8, "big"), "sha256")
        return int.from_bytes(block[:16], "big") % limit

    def pick(self, options: Sequence[T]) -> T:
        """One of `options`, which must not be empty."""
        return options[self.below(len(options))]

    def digits(self, count: int) -> str:
        """So many decimal digits."""
        return f"{self.below(10**count):0{count}d}" if count else ""

    def like(self, letter: str) -> str:
        """A character of the same class: digit, capital or small letter of the same script; others stay."""
        if letter.isdecimal():
            zero = ord(letter) - int(letter)
            return chr(zero + self.below(10))
        if not letter.isalpha():
            return letter
        alphabet = next((all_ for low, high, all_ in _ALPHABETS if low <= letter <= high), string.ascii_lowercase)
        found = self.pick(alphabet)
        return found.upper() if letter.isupper() else found

    def shape(self, text: str) -> str:
        """Every letter and digit drawn anew, everything else as it is."""
        return "".join(self.like(letter) for letter in text)


class Keyed:
    """Draws by label under one secret key."""

    def __init__(self, key: bytes) -> None:
        self.key = key

    def draw(self, *label: object) -> Draw:
        """The draw of a label: the same label gives the same numbers."""
        return Draw(self.digest(*label))

    def digest(self, *label: object) -> bytes:
        """HMAC-SHA256 of the label's parts, which cannot run into each other."""
        message = b"".join(_part(str(one)) for one in label)
        return hmac.digest(self.key, message, hashlib.sha256)


def _part(text: str) -> bytes:
    content = text.encode("utf-8", "surrogatepass")
    return len(content).to_bytes(8, "big") + content


def in_place_of(text: str, digits: str) -> str:
    """`text` with its digits replaced one by one; both hold the same number of digits."""
    rest = iter(digits)
    return "".join(next(rest) if letter in string.digits else letter for letter in text)


def only_digits(text: str) -> str:
    """The ASCII digits of a text."""
    return "".join(letter for letter in text if letter in string.digits)


def like_case(word: str, pattern: str) -> str:
    """`word` in the capitals of `pattern`: ALL CAPS, all lower, or as a name."""
    letters = [letter for letter in pattern if letter.isalpha()]
    if len(letters) > 1 and all(letter.isupper() for letter in letters):
        return word.upper()
    if letters and all(letter.islower() for letter in letters):
        return word.lower()
    return word[:1].upper() + word[1:] if letters and letters[0].isupper() else word
