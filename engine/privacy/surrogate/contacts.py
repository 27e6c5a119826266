"""Made-up e-mail addresses, user names and links: with the name of the person's surrogate where they hold a name.

Mail and links go to example.com, .org and .net, which belong to nobody (RFC 2606).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from engine.privacy.surrogate.keyed import Draw, Keyed, like_case
from engine.privacy.surrogate.names import Names
from engine.privacy.surrogate.people import Person, spelt
from engine.privacy.surrogate.words import ascii_of, folded, listed, name_lists, parts, script_of, whole_names_of

_MAIL = re.compile(r"(?P<local>.+?)(?P<at>\s*(?:@|[(\[{]\s*at\s*[)\]}]|\sat\s)\s*)(?P<domain>.+)", re.I | re.S)
_DOT = re.compile(r"\s*[(\[{]\s*(?:dot|\.)\s*[)\]}]\s*|\s+dot\s+|\.", re.I)
_LINK = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*://)?(?P<user>[^/@\s]+@)?(?P<host>[^/?#\s:]+)(?P<rest>.*)", re.I | re.S
)
_PIECE = re.compile(r"[^\W\d_]+|\d+")
_COMPOUND = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_TELLS = 4
"""Letters that a name must have to be told at the beginning or end of a longer word."""
_KEPT = listed("http https www in user users profile profiles u p id channel c com org net html php ")


def mail(value: str, names: Names, keyed: Keyed, attempt: int) -> str | None:
    """An e-mail address, written with @ or spelt out; None where it is neither."""
    found = _MAIL.fullmatch(value)
    if not found:
        return None
    spelt_dots = [dot for dot in _DOT.findall(found["local"]) if dot != "."]
    local = handle(_DOT.sub(".", found["local"]) if spelt_dots else found["local"], names, keyed, attempt)
    if spelt_dots and local.count(".") == len(spelt_dots):
        local = "".join(part + dot for part, dot in zip(local.split("."), [*spelt_dots, ""], strict=True))
    dots = _DOT.findall(found["domain"])
    return f"{local}{found['at']}" + like_case(
        f"example{dots[-1] if dots else '.'}{_ending(found['domain'])}", "A" * 2 * found["domain"].isupper()
    )


def _ending(host: str) -> str:
    last = host.strip().rpartition(".")[2].casefold() if "." in host else host.split()[-1].casefold()
    return last if last in ("org", "net") else "com"


def link(value: str, names: Names, keyed: Keyed, attempt: int) -> str | None:
    """A web address at example.com; the parts of its path are drawn anew."""
    found = _LINK.fullmatch(value.strip())
    if not found or "." not in found["host"]:
        return None
    www = "www." if found["host"].casefold().startswith("www.") else ""
    user = f"{handle(found['user'][:-1], names, keyed, attempt)}@" if found["user"] else ""
    rest = handle(found["rest"], names, keyed, attempt) if found["rest"].strip("/") else found["rest"]
    return f"{found['scheme'] or ''}{user}{www}example.{_ending(found['host'])}{rest}"


def handle(value: str, names: Names, keyed: Keyed, attempt: int) -> str:
    """A user name of the same build: words for words, as many digits, the same marks."""
    words = [piece for whole in re.findall(r"[^\W\d_]+", value) for piece in _CAMEL.split(whole)]
    people = names.people.in_local_part([*words, *_COMPOUND.findall(value)])
    draw = keyed.draw("handle", value.casefold(), attempt)
    text, at = "", 0
    for found in _pieces(value, people):
        text += value[at : found.start()]
        piece = found.group()
        text += draw.shape(piece) if piece.isdecimal() else _letters(piece, people, names, keyed, attempt)
        at = found.end()
    text += value[at:]
    only_names = not re.search(r"\d", value) and attempt > 0
    return f"{text}{draw.digits(2 if attempt < 8 else 5)}" if only_names and text[-1:].isalpha() else text


def _pieces(value: str, people: Sequence[Person]) -> Iterator[re.Match[str]]:
    """The runs of letters and of digits; "al-farsi" is one where somebody has that name."""
    compounds = {spelt(name) for person in people for name in (person.first, person.last) if " " in name}
    at = 0
    while found := _PIECE.search(value, at):
        longer = _COMPOUND.match(value, found.start()) if compounds else None
        found = longer if longer and spelt(longer.group()) in compounds else found
        yield found
        at = found.end()


def _letters(run: str, people: Sequence[Person], names: Names, keyed: Keyed, attempt: int) -> str:
    if run.casefold() in _KEPT:
        return run
    return "".join(_segment(piece, people, names, keyed, attempt) for piece in _CAMEL.split(run))


def _segment(run: str, people: Sequence[Person], names: Names, keyed: Keyed, attempt: int) -> str:
    """One run of letters: "mayalindqvist", "mlindqvist", "maya" or anything else."""
    low = folded(run)
    for person in people:
        first, last = spelt(person.first), spelt(person.last)
        plain = ascii_of if run.isascii() else str
        new_first, new_last = ("-".join(map(plain, one.split("-"))) for one in _both(person, run, names))
        if not (new_first and new_last and first and last):
            continue
        forms = {
            first: (new_first,), last: (new_last,),
            first + last: (new_first, new_last), last + first: (new_last, new_first),
            first[0] + last: (new_first[0], new_last), first + last[0]: (new_first, new_last[0]),
            last + first[0]: (new_last, new_first[0]), first[0]: (new_first[0],), last[0]: (new_last[0],),
            first[0] + last[0]: (new_first[0], new_last[0]),
        }  # fmt: skip
        if first in whole_names_of(low):
            low = first
        if low in forms or (low := spelt(low)) in forms:
            return like_case(
                "".join(forms[low]) if run[:1].islower() else forms[low][0] + "".join(forms[low][1:]).lower(), run
            )
        for form in (first + last, last + first, first, last):
            at = low.find(form)
            if len(form) >= _TELLS and low != form and (at == 0 or low.endswith(form)):
                rest = run[len(form) :] if at == 0 else run[: -len(form)]
                other = _invented(rest, folded(rest), names, keyed.draw("piece", folded(rest), attempt))
                name = "".join(forms[form])
                return like_case(name + other if at == 0 else other + name, run)
    low = folded(run)
    if low in name_lists().first and len(low) > 2 and (name := ascii_of(names.lone(low, low))):
        return like_case(name, run)
    return _invented(run, low, names, keyed.draw("piece", low, attempt))


def _both(person: Person, run: str, names: Names) -> tuple[str, str]:
    """First and family name of a person's surrogate, compound where they are written so."""
    first, last = names.first_name(person), names.last_name(person)
    if "-" not in run:
        return first, last
    whole = spelt(run)
    return (
        names.compound(first, run) if spelt(person.first) == whole else first,
        names.compound(last, run, family=True) if spelt(person.last) == whole else last,
    )


def _invented(run: str, low: str, names: Names, draw: Draw) -> str:
    """A word that says nothing; very short runs, and those of other scripts, become other letters."""
    if len(run) < 3 or script_of(run) != "latin":
        return draw.shape(run)
    for _ in range(12):
        word = draw.pick(parts("handles"))
        if word != low and names.free(word):
            return like_case(word, run)
    return draw.shape(run)
