# ruff: noqa: E501, RUF001, SIM905 (patterns are broken at their parts, and hold the marks that people type)
"""Names by their place in a sentence, of several languages, and given names wherever they stand.

A list alone would hide "may" and "hope"; a place alone every noun. Here both must agree: the weaker the place, the less
a word may be anything else than a name.
"""

from __future__ import annotations

import functools
import re

from engine.privacy.recognisers.foreign import has_capital_nouns, is_everyday, is_foreign_text
from engine.privacy.recognisers.known import given_names, is_brand, is_label, listed_names
from engine.privacy.recognisers.rules import Rule, contains
from engine.privacy.recognisers.words import is_common, is_dictionary_word, names_that_are_words

_WORD = r"[^\W\d_][\w'’\-]*"
_UPPER = r"[A-ZÀ-ÖØ-ÞĀ-ŽА-ЯЁΑ-Ω][\w'’\-]*"
_LETTERS = re.compile(r"[^\W\d_]+")
_NAMES_OF_THINGS = frozenset(
    "alexa alta astra chelsea cortana juliet juno kiki lima mercedes nat nova oscar romeo santiago siri stan vegas".split()
)
_NO_NAMES_THERE = frozenset(
    """not anything everyone will may can guy guys man son major king prince master baby angel honey sugar star sunny rich early young precious lucky
    happy sunshine love dear babe people someone somebody nobody everybody mom mum dad daddy mommy ma pa nan nana hon long sung mi an do don""".split()
)
_MESSAGE = 280
"""Characters up to which a text reads like a message; longer ones are full of names of things."""


def _a_foreign_name(match: re.Match[str]) -> bool:
    """A word where a name stands, that is none of the words that also stand there."""
    name = match.group("name").split()[0]
    return len(name) >= 3 and not (
        is_everyday(name)
        or is_label(name)
        or (is_dictionary_word(name) and name == name.lower())
        or name.casefold() in _NO_NAMES_THERE
    )


def _in_another_language(text: str) -> bool:
    return is_foreign_text(text)


def _a_capital_apart(match: re.Match[str]) -> bool:
    """A capital inside a sentence of a language that gives none to its nouns: a name, of a person or of a place."""
    word = match.group()
    return word.casefold() in given_names() or not (
        is_dictionary_word(word)
        or is_everyday(word)
        or is_label(word)
        or is_brand(word)
        or has_capital_nouns(match.string)
    )


def _unknown_capital(match: re.Match[str]) -> bool:
    """A word in a short message that has a capital though no sentence begins there, and that no dictionary has."""
    word = match.group("name")
    return not (
        is_dictionary_word(word)
        or is_label(word)
        or is_brand(word)
        or is_everyday(word)
        or is_foreign_text(match.string)
    )


def _short(text: str) -> bool:
    return len(text) <= _MESSAGE


def _a_family(match: re.Match[str]) -> bool:
    """Several people of one family name: "the Petrovs"."""
    stem = match.group("name")[:-1]
    return not is_brand(match.group("name")) and (
        stem.casefold() in listed_names()
        or stem.removesuffix("e").casefold() in listed_names()
        or not is_dictionary_word(stem)
    )


@functools.cache
def _telling_names() -> frozenset[str]:
    """Given names, in small letters, that are nothing else: no word of a dictionary, no label, no maker of things."""
    return frozenset(
        name
        for name in given_names() - _NAMES_OF_THINGS
        if len(name) >= 3
        and name.isalpha()
        and not (is_dictionary_word(name) or is_everyday(name) or is_label(name) or is_brand(name))
    )


def _holds_a_name(text: str) -> bool:
    return not _telling_names().isdisjoint(_words_of(text))


@functools.lru_cache(maxsize=4)
def _words_of(text: str) -> list[str]:
    return _LETTERS.findall(text.casefold())


def _a_listed_name(match: re.Match[str]) -> bool:
    """A given name, also one that is a word: its place says which."""
    name = match.group("name").casefold()
    return (
        name not in _NO_NAMES_THERE and not is_label(name) and (name in given_names() or name in names_that_are_words())
    )


def _a_name_of_a_tag(match: re.Match[str]) -> bool:
    name = match.group("name").casefold()
    return (
        name not in _NO_NAMES_THERE
        and (name in names_that_are_words() or not is_dictionary_word(name))
        and not is_common(name)
    )


def _a_telling_name(match: re.Match[str]) -> bool:
    """A name of the list; three or four capitals are a short form of something."""
    word = match.group()
    return word.casefold() in _telling_names() and not (word.isupper() and len(word) <= 4)


@functools.lru_cache(maxsize=4)
def _holds_any_name(text: str) -> bool:
    words = _words_of(text)
    return not (given_names().isdisjoint(words) and names_that_are_words().isdisjoint(words))


def slot_rules() -> list[Rule]:
    """The rules, for the recogniser of names."""
    flags = re.IGNORECASE
    return [
        Rule("spoken to or of", re.compile(
            r"\b(?:told|tell|ask(?:ed|ing)?|text(?:ed|ing)?|dated|dating|kiss(?:ed|ing)|b-?day|birthday|(?:talk|talked|talking|spoke|speak|lied|listen) to|chat(?:ted|ting)? with|(?:hang|hung|hanging|went|go|going|been) out with"
            r"|married|dumped|besties? with|i['’]?m with|lives? with|named|love (?:you|u|ya)|miss (?:you|u|ya)|thank you|thanks|ty|sorry|good ?night|gn|morning|(?:me|you|u) (?:and|n|&))[ ](?P<name>[a-z]{3,12})"
            r"(?=[ ]?[,.!?\n❤💕😘🥰]|[ ]*$|['’]s\b|[ ](?:about|that|to|if|i|we|and|is|was|are|should|on|for|the|my|yesterday|today|again|last)\b)", flags), 0.6,
            group="name", check=_a_listed_name, needs=_holds_any_name),
        Rule("who says it", re.compile(
            r"(?:^|[.!?,\n][ ]?|\b(?:that|then|because|bc|and|but|so|if|when)[ ])(?P<name>[a-z]{3,12})[ ](?:says|said|told|tells|texted|texts|asked|asks|wants|wanted|thinks|thought|dumped|cheated|is my|was my|loves|loved|hates|sends"
            r"|sent|knows|bought|called me)\b", re.MULTILINE), 0.6, group="name", check=_a_listed_name, needs=_holds_any_name),
        Rule("after a small word for somebody, in small letters", re.compile(r"\b(?:big|lil|papi|mc|dj|sir|lady|duchess|queen|king|prince)[ ](?P<name>[a-z]{3,12})(?![\w'’])"), 0.6,
             group="name", check=_a_listed_name, needs=_holds_any_name),
        Rule("noble title", re.compile(r"\b(?:Duchess|Duke|Countess|Baroness|Baron|Empress|Domme|Domina|Madame|Mistress|Goddess|Princess|Queen|Lord|Lady|Sir|Miss|Papi|Big|Lil|Saint|Sister|Brother|Chief|Captain|Mayor|Sheriff|Governor|Senator)[ ](?P<name>[A-Z][a-z]{1,14})(?!\w)(?![ ](?:of|the)\b)"), 0.5, group="name",
             check=lambda match: match.group("name").casefold() in given_names() or not is_dictionary_word(match.group("name"))),
        Rule("after a small word for somebody", re.compile(r"\b(?i:baby|lil|little|big|old|young|sweet|poor)[ ](?P<name>[A-Z][a-z]{2,12})(?![\w])"), 0.5, group="name",
             check=_a_listed_name, needs=_holds_any_name),
        Rule("Japanese or Korean address", re.compile(r"(?<![\w])[A-Z][a-z]{1,12}-(?:san|chan|kun|sama|sensei|senpai|ssi|nim|oppa|noona|unnie|hyung)(?!\w)"), 0.6, needs=contains("-")),
        Rule("as on a ticket", re.compile(r"(?i:\b(?:passenger|pax|name|traveller|traveler|guest|reisende[r]?|passager|pasajero)s?)\W{1,3}(?P<name>[A-Z]{2,24}/[A-Z]{2,24})"
             r"(?:\s(?:MR|MRS|MS|MISS|MSTR|DR))?(?!\w)"), 0.8, group="name", needs=contains("/")),
        Rule("known given name", re.compile(r"(?<![\w@#./\-])[^\W\d_]{3,14}(?![\w@/]|-[a-z]|\.\w)"), 0.5,
             check=_a_telling_name, needs=_holds_a_name),
        Rule("name in a hashtag of small letters", re.compile(
            r"(?<![\w&])#(?:happy ?birthday|hbd|rip|justice ?for|pray(?:ing|ers)?for|team|free|love|imwith|weare|jesuis|save|vote|standwith|thank ?you|thanks|bye|goodbye|welcome|missyou|welove|iheart|bring ?back|goodluck|congrats|getwell)_?"
            r"(?P<name>[A-Za-zÀ-ÿ]{3,16})(?!\w)", flags), 0.5, group="name", check=_a_name_of_a_tag, needs=contains("#")),
        Rule("introduction in another language", re.compile(
            rf"(?:^|[.!?,\n][ ]?)(?:\w+[ ]){{0,2}}?(?i:ich bin(?: die| der)?|hier ist|hier spricht|ik ben|hier is|je suis|moi c['’]est|c['’]est|ici|soy(?: la| el)?|aqu[ií](?: la| el)?|sono|qui [èe]|sou(?: a| o)?|aqui [ée](?: a| o)?|fala a|gr(?:u|ü)(?:ß|ss)e?|lg|liebe gr(?:u|ü)(?:ß|ss)e|bisous|bises"
            rf"|saludos|besos|un beso|baci|un bacio|beijos?|beijinhos|groetjes(?: van)?|groeten(?: van)?|liefs)[ ,]+(?P<name>{_WORD})(?=[ ]*(?:[,.!?\n]|$|und\b|et\b|y\b|e\b|en\b))", re.MULTILINE), 0.55, group="name",
            check=_a_foreign_name, needs=_in_another_language),
        Rule("relation in another language", re.compile(
            rf"(?i:\b(?:mein|meine|meinem|meiner|meinen|mon|ma|mi|mio|mia|meu|minha|mijn|el|la|il|o|a|de|der|die|un|una|um|uma)[ ](?:beste[nr]?[ ]|mejor[ ]|meilleure?[ ]|melhor[ ]|miglior[e]?[ ])?"
            rf"(?:freund(?:in)?|mann|frau|bruder|schwester|sohn|tochter|chef(?:in)?|mitbewohner(?:in)?|nachbar(?:in)?|kollege|kollegin|onkel|tante|cousine?|copain|copine|ami|amie|mari|femme|fr[èe]re"
            rf"|s(?:oe|œ)ur|fils|fille|patron(?:ne)?|voisine?|coll[èe]gue|oncle|amig[oa]|novi[oa]|marido|mujer|esposa|herman[oa]|hij[oa]|jef[ea]|vecin[oa]|prim[oa]|t[ií][oa]|amic[oa]|fidanzat[oa]|ragazz[oa]"
            rf"|marito|moglie|fratello|sorella|figli[oa]|capo|vicin[oa]|cugin[oa]|zi[oa]|namorad[oa]|esposo|irm[ãa]o?|filh[oa]|chefe|vizinh[oa]|vriend(?:in)?|man|vrouw|broer|zus|zoon|dochter|baas|buurman|buurvrouw|collega|oom)"
            rf"(?:[ ](?:namens|hei(?:ß|ss)t|de|di|do|da|van|von|nommée?|llamad[oa]|que se llama|che si chiama|chamad[oa]|genaamd))?,?[ ])(?P<name>{_WORD}(?:[ ]{_UPPER}){{0,2}})"), 0.55, group="name",
            check=_a_foreign_name, needs=_in_another_language),
        Rule("relation in small letters", re.compile(
            r"\b(?:my|his|her|our|their|ur|your)[ ](?:\w+[ ])?(?:husband|hubby|wife|wifey|boyfriend|girlfriend|bf|gf|fianc[ée]e?|partner|son|daughter|kid|brother|bro|sister|sis|mom|mum|mother|dad|father|boss|friend|bestie|bff|mate"
            r"|roommate|flatmate|ex|cousin|uncle|aunt(?:ie)?|neighbou?r|manager|agent|assistant|photographer|therapist|coworker|colleague|teacher|coach|landlord|niece|nephew|gran(?:ny|dma|dpa|dad)?|nana|stepdad|stepmom|sub|dom|slave)"
            r"(?:[ ](?:is|called|named|was called))?,?[ ](?P<name>[a-z]{2,14})(?=[ ]*(?:[.,!?)\n]|$)|['’]s\b|[ ](?:is|was|and|n|who|says?|said|has|had|will|wants?|wanted|loves?|loved|thinks?|got|gets|did|does|just|would|can|could|called|told|asked|took|came|went|works?|lives?|likes?|dared|made|sent|gave|bought"
            r"|filmed|films|shot|helped|helps|in|from|at|on|to|for)\b)", flags), 0.6, group="name", check=_a_listed_name, needs=contains("my ", "his ", "her ", "our ", "their ", "ur ")),
        Rule("capital in a Romance sentence", re.compile(r"(?<=[a-zà-ÿ,][ ])[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ]{2,14}(?![\w@/]|\.\w)"), 0.4, check=_a_capital_apart, needs=_in_another_language),
        Rule("a family", re.compile(r"\b[Tt]he (?P<name>[A-Z][a-z]{2,14}s)(?=[ ](?:are|were|have|had|next door|upstairs|downstairs|from|and|family|came|come|live|lived|over)\b|[ ]*[.,;!?)\n]|[ ]*$)"),
             0.5, group="name", check=_a_family),
        Rule("capital that no dictionary has", re.compile(r"(?<![\w'’])(?!(?:the|a|an|of|by|per|with|on|in|my|your|via|using|vs|new)[ ])[a-z]\w*,?[ ](?P<name>[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ]{3,14})(?![\w@/(=]|\.\w|['’][a-rt-z]|[ ][A-Z])"), 0.4, group="name", check=_unknown_capital,
             needs=_short),
    ]  # fmt: skip
