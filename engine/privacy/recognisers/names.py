# ruff: noqa: E501, RUF001, SIM905 (patterns are broken at their parts, and hold the marks that people type)
"""Names by the words around them: introductions, greetings, titles, signatures, and runs of another script.

Language models miss exactly these: one-word names, names in small letters, names that are words, and names in a
script that the rest of the text is not written in.
"""

from __future__ import annotations

import functools
import re
import unicodedata

from engine.privacy.recognisers.beside import beside_rules
from engine.privacy.recognisers.families import family_rules
from engine.privacy.recognisers.foreign import has_capital_nouns, is_everyday, is_foreign_text, undeclined
from engine.privacy.recognisers.known import census_names, given_names, is_brand, is_label, listed_names, short_surnames
from engine.privacy.recognisers.loose import LooseRecognizer
from engine.privacy.recognisers.patterns import Rule, by_first_letter, contains
from engine.privacy.recognisers.slots import UPPER_INSIDE, slot_rules
from engine.privacy.recognisers.talk import talk_rules
from engine.privacy.recognisers.wordnames import word_name_rules
from engine.privacy.recognisers.words import is_common, is_dictionary_word, names_that_are_words

_WORD = r"[^\W\d_][\w'’\-]*"
_CAPITAL = r"[A-ZÀ-ÖØ-ÞĀ-ŽА-ЯЁΑ-Ω]"
"""A pattern that begins with letters is tried only where one of them stands, one that looks back first at every letter of
a text: so two of the patterns look back behind their first letter."""
_UPPER = rf"{_CAPITAL}[\w'’\-]*"
_INTRO = (
    r"my (?:real |full |legal |first |last |actual )?name(?:'s|’s| is|s)|name's|call me|they call me|(?:i am|i'm|im) called|(?:i )?go by"
    r"|name is|je m'appelle|je m’appelle|me llamo|mi nombre es|mi chiamo|il mio nome è|meu nome é|me chamo|ich hei(?:ß|ss)e|mein name ist"
    r"|mijn naam is|ik heet|jag heter|jeg hedder|jeg heter|nazywam się|mam na imię"
)
_INTRODUCES = contains(
    "name", "call me", "called", "go by", "appelle", "llamo", "nombre", "chiamo", "nome", "chamo", "hei", "naam", "heet", "heter", "hedder", "nazywam",
    "imię",
)  # fmt: skip
"""Texts that hold one of `_INTRO`: a part of each of them."""
_SAYS_WHO = contains("i'm", "i’m", "im ", "i am", "this is", "it's", "it’s", "its ")
_TITLES = (
    r"mr|mrs|ms|miss|mx|dr|prof|professor|sir|madam|herr|frau|mme|mlle|monsieur|madame|señor|señora|sra?|srta|signor|signora|sig|sig\.ra"
    r"|dhr|mevr|pan|pani|captain|capt|sgt|lt|rev|father|sister|uncle|aunt(?:ie)?|grandma|grandpa|coach|officer|detective|judge|senator"
)
_SHORT_TITLES = frozenset("mr mrs ms mx dr prof mme mlle sr sra srta sig dhr mevr capt sgt lt rev".split())
_NOT_NAMES = frozenset(
    """not a an the just so when if back later now tomorrow tonight crazy daddy baby babe anything whatever whenever maybe everyone
    sure here there that this it what out up down on in by in soon again please anytime today by bitch mommy master mistress goddess
    sir ok okay names old fan guys people all love hun hon honey dear both everybody team folks sweetie sweetheart darling gorgeous
    beautiful handsome buddy bro dude man girl boy lady ladies gentlemen friend friends mate sexy cutie hello hi hey yes no thanks
    thank at january february march july september october november december monday tuesday wednesday thursday friday saturday
    sunday good morning evening afternoon night sunshine world stranger customer support sales user admin sirmadam hiring manager
    """.split()
)
_MOODS = frozenset(
    "sunny rich early so young precious lucky happy may april june august summer autumn dawn angel".split()
)
_SHORT_WORDS = frozenset("An Do So He She Long You Song Sun Her Me My Man Men Fan Die May Can Tan Pan Ok Oh".split())
_SHORT_WORDS_AFTER_ROLES = frozenset(
    """I A An As At By Do For From If In Is It No Of On Or So The This That To We You Your My And But Not With Says Said Who What When
    Where Why How Was Has Had Can Could Would Should Did Does Are Please Note Notes Meeting Office Team Role Job Training Mode Account
    Access Level School Day Days Week Page List Class Course Board Guide Only Must Shall May Might""".split()
)
_NO_INITIALS = frozenset(
    "ok no hi yo oh ps xx xo ty tx lol omg pm am ps eta brb idk fyi btw tbc re id pic pdf the and you me us it is tv uk usa eu".split()
)
_SHORT_FOR = frozenset(
    """US UK EU UN DC LA NY NJ NZ PM AM BC AD PS PO ID TV RI PC AI PR HR IT IQ VP PE BA MA MD JD MS BS PT OT ET OK SA NB CV QA FC AC
    HQ ER IV OD TA RA DA CO IE EG PA SO NO OP GP CC CD DJ MC UV GI TB FB GB FM RR CB PH BO WC RV AA BB""".split()
)
_TAG_WORDS = frozenset("tiktok tuesday thursday brexit covid netflix insta onlyfans tbt ootd".split())
_SYLLABLES = re.compile(
    r"(?:(?:[bpmfdtnlgkhjqxrycswz]|zh|ch|sh)?(?:a|o|e|i|u|ü|ai|ei|ao|ou|ia|ie|iu|ua|uo|ui|ue|iao|uai)(?:n|ng|r)?){1,2}",
    re.IGNORECASE,
)
_ROLES = (
    r"(?:Team|Group|Section|Shift|Project|Squad|Crew|Class)[ ](?:Leader|Lead|Chief|Monitor|Captain)|Monitor|Colleague|Classmate|Roommate|Mentor|Manager|Director|Teacher|Landlady|Landlord|Mistress|Master|Secretary|Supervisor|Chairman|Chairwoman|President|Minister|Principal"
    r"|Headmaster|Headmistress|Nurse|Doctor|Lawyer|Engineer|Accountant|Boss|Chef|Driver|Foreman|Lady|Lord|Queen|King|Prince|Princess"
    r"|Madam|Domina|Goddess|Daddy|Mommy|Nanny|Granny|Grandpa|Grandma|Grandmother|Grandfather|Auntie|Aunty|Aunt|Uncle|Cousin|Brother|Sister"
    r"|Father|Mother|Abuela|Abuelo|Nonna|Nonno|Opa|Oma|Tante|Onkel|T[íi]a|T[íi]o|Dada|Dadi|Nana|Bibi|Xiao|Lao|Comrade|Ayi|DJ|MC|Deacon"
    r"|Mama|Mamma|Mummy|Papa|Baba|Oga|Alhaji|Alhaja|Mallam|Elder|Khun|Pak|Mbak|Kuya|Tita|Tito|Mamie|Zio|Zia|Do[ñn]a|Don|Abla|Umm|Abu|Ah|Fatty|Skinny"
    r"|Pastor|Rabbi|Imam|Sheikh|Sensei|Coach|Professor|Prof\.?|Dr\.?|Colonel|Major|General|Lieutenant|Corporal|Private|Sergeant|Inspector"
)
_OTHER_SCRIPTS = (
    r"[\u0400-\u04FF\u0500-\u052F]|[\u0370-\u03FF]|[\u0590-\u05FF]|[\u0600-\u06FF\u0750-\u077F\uFB50-\uFDFF\uFE70-\uFEFF]"
    r"|[\u0900-\u0DFF]|[\u0E00-\u0E7F]|[\u10A0-\u10FF]|[\u0530-\u058F]|[\u3040-\u30FF]|[\u3400-\u9FFF]|[\uAC00-\uD7AF]"
)
_LETTER = re.compile(r"[^\W\d_]")
_FOREIGN = re.compile(rf"(?:{_OTHER_SCRIPTS})")
_SHARE_OF_ROW = 0.4
"""A run of another script in a row that is mostly Latin is likely a name; a whole row in it is just that language."""


def _not_a_word(match: re.Match[str]) -> bool:
    name = match.group("name").split()[0]
    return len(name) >= 2 and name.casefold() not in _NOT_NAMES


def _has_a_title(match: re.Match[str]) -> bool:
    """Who stands behind a title; not the sentence behind "I live with my aunt."."""
    name = match.group("name").split()[0]
    ends = match.string[match.start("name") - 2] == "." and match.string[match.start() : match.start("name") - 2]
    return _not_a_word(match) and not (ends and ends.casefold() not in _SHORT_TITLES and is_common(name))


def _not_common(match: re.Match[str]) -> bool:
    return _not_a_word(match) and not is_common(match.group("name").split()[0])


def _no_maker(match: re.Match[str]) -> bool:
    return _not_common(match) and not is_brand(match.group("name"))


def _somebodys(match: re.Match[str]) -> bool:
    """A family name of the lists, or words that no dictionary has: "the Okafor case", not "the Supreme Court case"."""
    words = match.group("name").split()
    if any(is_label(word) or is_brand(word) or word == word.upper() for word in words if len(word.rstrip(".")) > 1):
        return False
    last = words[-1].casefold()
    return not is_common(last) and (last in listed_names() or not any(map(is_dictionary_word, words)))


def _a_stranger(match: re.Match[str]) -> bool:
    text = match.string
    if len(text) > 4000:
        text = text[max(0, match.start() - 1000) : match.end() + 1000]
    foreign = len(_FOREIGN.findall(text))
    return foreign <= _SHARE_OF_ROW * max(1, len(_LETTER.findall(text))) and len(match.group()) >= 2


def _strangers(match: re.Match[str]) -> bool:
    """Whether a run of capitalised words is likelier a name than a heading: no English word is in it."""
    words = match.group().split()
    first = words[0].casefold()
    text = match.string
    if (
        is_foreign_text(text)
        and has_capital_nouns(text)
        and not any(word.casefold() in listed_names() for word in words)
    ):
        return False
    return all(
        len(word) >= 3
        and word != word.upper()
        and not is_everyday(word)
        and (
            not is_dictionary_word(word)
            or (word is words[0] and first in names_that_are_words())
            or (word is words[-1] and word.casefold() in census_names() and not is_dictionary_word(first))
        )
        for word in words
        if len(word.rstrip(".")) > 1
    )


def _a_small_name(match: re.Match[str]) -> bool:
    name = match.group("name").casefold()
    drawn_out = re.search(r"(.)\1\1", name) is not None
    known = name in names_that_are_words()
    return not drawn_out and name not in _NOT_NAMES and not is_common(name) and (known or not is_dictionary_word(name))


def _two_small_words(match: re.Match[str]) -> bool:
    """Two words in small letters after "name" are one where neither fills a sentence."""
    words = match.group("name").casefold().split()
    return all(
        word not in _NOT_NAMES
        and not is_label(word)
        and (not is_dictionary_word(word) or word in given_names() or word in short_surnames())
        for word in words
    )


def _a_given_name(match: re.Match[str]) -> bool:
    name = match.group("name").casefold()
    return name not in _NOT_NAMES and (name in given_names() or name in names_that_are_words())


def _called_by_name(match: re.Match[str]) -> bool:
    """A name that is an everyday word too, called at: "hey will, ..."."""
    return _a_given_name(match) and not is_label(match.group("name")) and match.group("name") not in _MOODS


def _family_name_first(match: re.Match[str]) -> bool:
    first, given = match.group("family"), match.group("given").casefold()
    known = given in given_names() or given in names_that_are_words()
    return not is_label(first) and (known or not (is_dictionary_word(given) or is_dictionary_word(first)))


def _short_family_name(match: re.Match[str]) -> bool:
    return match.group("name").casefold() in short_surnames() and match.group("name") not in _SHORT_WORDS


def _two_syllables(match: re.Match[str]) -> bool:
    """A short family name and one of the syllables that such given names are made of: "Ma Long"."""
    family, given = match.group("family"), match.group("given")
    if family.casefold() not in short_surnames() or family in _SHORT_WORDS or not _SYLLABLES.fullmatch(given):
        return False
    opens = (
        re.search(r"(?:^|[.!?:\n][\"'”’)]*\s*)$", match.string[max(0, match.start() - 4) : match.start()]) is not None
    )
    return not (is_common(given) and is_common(family)) and not (
        opens and is_common(given) and is_dictionary_word(family)
    )


def _syllables_only(match: re.Match[str]) -> bool:
    """One that no word of English is, or any behind a small word that has its capital inside a sentence."""
    given = match.group("given")
    inside = re.search(r"(?<!\w)[a-z]+[ ]$", match.string[max(0, match.start() - 16) : match.start()]) is not None
    return (inside or not is_common(given)) and _SYLLABLES.fullmatch(given) is not None


def _a_role(match: re.Match[str]) -> bool:
    return match.group("short") not in _SHORT_WORDS_AFTER_ROLES


def _in_a_hashtag(match: re.Match[str]) -> bool:
    """Whether a part of a tag, as its capitals divide it, is a given name."""
    parts = re.findall(r"[A-ZÀ-Þ][a-zà-ÿ]{2,}", match.group("tag"))
    return any(
        (part.casefold() in given_names() and not is_common(part) and not is_dictionary_word(part))
        or (part.casefold() in given_names() and part.casefold() in names_that_are_words() and not is_common(part))
        or (
            len(part) >= 4
            and not is_dictionary_word(part)
            and part.casefold() not in _TAG_WORDS
            and len(parts) > 1
            and part == parts[-1]
        )
        for part in parts
    )


def _plain(word: str) -> str:
    """A word without its accents: "Resume" for "Resumé"."""
    apart = unicodedata.normalize("NFD", word)
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def _accented(match: re.Match[str]) -> bool:
    """A capitalised word with an accent inside a sentence of English, or at its start when it stands inside another."""
    text, word = match.string, match.group()
    if len(text) > 4000:
        text = text[max(0, match.start() - 2000) : match.end() + 2000]
    english = sum(is_common(one) for one in re.findall(r"[^\W\d_]+", text))
    if english * 3 < len(text.split()) or is_dictionary_word(word):
        return False
    if len(word) >= 4 and not is_everyday(word) and not is_dictionary_word(_plain(word)):
        return True
    return re.search(rf"[\w,][ ]{re.escape(word)}(?!\w)", text) is not None


def _of_a_person(match: re.Match[str]) -> bool:
    """Two initials that are short for nothing else."""
    return match.group("name").replace(".", "").replace(" ", "") not in _SHORT_FOR


def _initials(match: re.Match[str]) -> bool:
    return match.group("name").casefold() not in _NO_INITIALS


def _known_foreign(match: re.Match[str]) -> bool:
    word = match.group().casefold()
    if not is_foreign(word):
        return False
    if match.group()[0].isupper() and len(word) >= 4 and any(form in given_names() for form in undeclined(word)):
        return True
    return word in given_names() or ("가" <= word[0] <= "힣" and _PARTICLE.sub("", word) in given_names())


@functools.cache
def _han_names() -> re.Pattern[str]:
    """A family name and a given name of the lists, in Chinese, which puts no spaces beside them."""
    given = sorted((name for name in given_names() if _HAN.fullmatch(name)), key=lambda name: -len(name))
    family = "".join(name for name in listed_names() if len(name) == 1 and _HAN.fullmatch(name))
    return re.compile(rf"[{family}王李张張](?:{'|'.join(given)})")


def is_foreign(text: str) -> bool:
    """Whether a text holds letters of another script than Latin."""
    return not text.isascii() and _FOREIGN.search(text) is not None


_HAN = re.compile(r"[\u3400-\u9fff]{1,2}")
_PARTICLE = re.compile(r"(?:이랑|한테|에게|이가|이는|이도|[이가은는를을와과랑도의야아])\Z")
"""What Korean writes behind a name without a space."""


def name_recogniser() -> LooseRecognizer:
    """Finds names that their surroundings give away."""
    flags = re.IGNORECASE
    more = rf"(?:[ ]{_UPPER}){{0,3}}"
    letter = r"(?:[^\W\d_][\u0300-\u036F\u0591-\u05C7\u064B-\u0652\u0900-\u0903\u093A-\u094F\u0E31\u0E34-\u0E4E]*)"
    foreign = rf"(?:(?:{_OTHER_SCRIPTS})[\u0300-\u036F\u0610-\u061A\u064B-\u065F]*)"
    rules = [
        Rule("introduction", re.compile(rf"(?i:\b(?:{_INTRO}))[ ]+[\"'“]?(?P<name>{_WORD}{more})"), 0.7, group="name",
             check=_not_a_word, needs=_INTRODUCES),
        Rule("introduction in small letters", re.compile(
            rf"\b(?:my (?:real |full |legal )?name(?:'s|’s| is|s))[ ]+(?P<name>{_WORD}(?:[ ]{_WORD})?)(?=[ ]*(?:[.,!?)\n]|$))", flags), 0.6,
            group="name", check=_not_a_word),
        Rule("I am", re.compile(rf"(?i:\b(?:i'm|i’m|i am|this is|it's|it’s|it is|ich bin|je suis|soy|sono|sou))[ ]+(?P<name>{_UPPER}{more})"), 0.45,
             group="name", check=_not_common, needs=UPPER_INSIDE),
        Rule("greeting", re.compile(rf"(?:^|[.!?\n][ ]?)[\"'“]?(?i:(?:hi|hey|hello|hiya|yo|dear|hallo|liebe[r]?|bonjour|salut|hola|ciao|thanks|thank you"
                                    rf"|thx|ty|good (?:morning|evening|night)|happy birthday|congrats|sorry|cheers|love you|miss you))[ ,]+"
                                    rf"(?P<name>{_UPPER}{more})", re.MULTILINE), 0.5, group="name", check=_not_common, hint=True),
        Rule("greeting in small letters", re.compile(
            r"(?:^|[.!?\n][ ]?)(?:hi|hey|hello|hiya|dear|hallo|hola|ciao)[ ]+(?P<name>[a-z]{3,12})(?=[ ]?[,!.:;\n]|$)", re.MULTILINE), 0.4,
            group="name", check=_not_common),
        Rule("title", re.compile(rf"(?i:\b(?:{by_first_letter(_TITLES)}))\.?[ ](?P<name>{_UPPER}{more})"), 0.6, group="name", check=_has_a_title,
             needs=UPPER_INSIDE, hint=True),
        Rule("role and name", re.compile(rf"(?<![\w'’])(?<!\b[Tt]he )(?:(?:Vice|Deputy|Assistant|Head|Chief|Senior)[ ])?(?:{_ROLES})[ ](?P<short>[A-ZÀ-ÖØ-Þ][a-zà-ÿ]+)(?![\w])"), 0.6, check=_a_role,
             needs=UPPER_INSIDE, hint=True),
        Rule("old or young, and a short family name", re.compile(r"(?<![\w'’])(?:Little|Old|Young|Big|Skinny|Fatty|Second|Third)[ ](?P<name>[A-Z][a-z]{1,5})(?![\w'’])"), 0.6,
             check=_short_family_name, needs=UPPER_INSIDE),
        Rule("kin by their order", re.compile(r"(?<![\w'’])(?:First|Second|Third|Fourth|Fifth|Sixth|Eldest|Youngest)[ ](?:Great-)?(?:Uncle|Aunt|Auntie|Aunty|Brother|Sister|Cousin|Grandma|Grandpa)(?![\w-])"), 0.6,
             needs=contains("uncle", "aunt", "brother", "sister", "cousin", "grand")),
        Rule("small role and name", re.compile(
            r"(?<![\w'’])(?:dj|mc|uncle|aunt|auntie|cousin|tante|onkel|t[íi]a|t[íi]o|nonna|grandma|grandpa|nurse|coach|mr|mrs|ms|miss|dr|mistress)[ ]"
            r"(?P<name>[a-z]{3,12})(?![\w])"), 0.5, check=_a_small_name, hint=True),
        Rule("name, then the name", re.compile(
            rf"(?i:(?<![\w'’\-])(?:name|names|namely|attn|contact|recipient|sender|reservation under|booked under|booking under|signed off by|approved by"
            rf"|reported by|assigned to|opened by|closed by|reviewed by|written by|directed by|produced by|founded by|painted by|composed by|sung by"
            rf"|performed by|played by|photographed by|filmed by|sent by|prepared by|issued by|edited by|translated by|starring|c/o"
            rf"|(?:call(?:ed|s)?|nicknamed|named)[ ](?:him|her|them)))[ ](?P<name>{_UPPER}{more})"), 0.55, group="name",
            check=_no_maker, needs=UPPER_INSIDE),
        Rule("somebody's work, house or case", re.compile(
            rf"\b(?i:the|an?)[ ](?P<name>{_UPPER}(?:[ ][A-ZÀ-Þ]\.?(?=[ ]))?(?:[ ]{_UPPER}){{0,2}})[ ](?:novels?|version|recording|songs?|albums?|trilogy|concert|memoirs?|biography|administration|government|famil(?:y|ies)"
            r"|household|estate|residence|brothers|sisters|twins|kids|girls|boys|case|trial|affair|wedding|funeral|interview|campaign)\b"), 0.5, group="name",
            check=_somebodys, needs=UPPER_INSIDE),
        Rule("name in small letters", re.compile(
            r"(?<![\w'’\-])(?:full |real |legal )?name[ ]+(?P<name>[a-z]{2,12}[ ][a-z]{2,14})(?=[ ]*(?:[.,!?)\n;]|$))", flags), 0.6,
            group="name", check=_two_small_words, needs=contains("name")),
        Rule("family name first", re.compile(
            rf"^[ \t]*(?:[-*•]|\d{{1,3}}[.)])?[ \t]*(?P<family>{_UPPER}(?:[ ]{_UPPER})?),[ ](?P<given>{_UPPER})(?:[ ][A-Z]\.?|[ ]{_UPPER})?[ \t]*$",
            re.MULTILINE), 0.6, check=_family_name_first, needs=contains(",")),
        Rule("short names in a row", re.compile(
            r"(?<![\w'’])(?P<name>[A-Z][a-z]{1,2})(?=(?:,[ ]|[ ](?:and|&|vs)[ ])[A-Z][a-z])|(?<=\band )(?P<last>[A-Z][a-z]{1,2})(?![\w'’])"), 0.6,
            check=lambda match: _short_family_name(match) if match.group("name") else match.group("last").casefold() in short_surnames()
            and match.group("last") not in _SHORT_WORDS, needs=UPPER_INSIDE),
        Rule("family name that is a small word", re.compile(r"(?<=[\w,;:&(/] )(?:He|She|So|An|Long|You|Song|Sun|Fan|Tan|Pan|Man)[ ](?P<given>[A-Z][a-z]{2,9})(?![\w'’])"), 0.5,
             check=_syllables_only, needs=UPPER_INSIDE),
        Rule("short family name and given name", re.compile(r"(?P<family>[A-Z](?<![\w'’].)[a-z]{1,5})[ ](?P<given>[A-Z][a-z]{1,10})(?![\w])"),
             0.5, check=_two_syllables),
        Rule("name in a hashtag", re.compile(r"(?<![\w&])#(?P<tag>\w*[A-ZÀ-Þ][a-zà-ÿ]{2,}\w*)"), 0.5, group="tag", check=_in_a_hashtag,
             needs=contains("#")),
        Rule("called at", re.compile(
            r"(?:^|[.!?\n][ ]?)(?:hi|hey|hello|hiya|dear|hallo|hola|ciao|ok|thanks|yo)[ ]+(?P<name>[a-z]{3,12})(?=,)", re.MULTILINE | flags),
            0.6, group="name", check=_called_by_name),
        Rule("I am, and a greeting", re.compile(
            r"\b(?:i'm|i’m|im|i am|this is|it's|it’s|its)[ ]+(?P<name>[a-z]{3,12})(?=,?[ ]+(?:nice to|pleased to|here\b|again\b|btw\b|from\b|by the way"
            r"|speaking\b|and i'?m\b)|[ ]?,[ ]?\d\d\b)", flags), 0.6, group="name", check=_called_by_name, needs=_SAYS_WHO),
        Rule("only a name", re.compile(r"\A[ ]*(?:its|it's|it’s|this is)[ ]+(?P<name>[a-z]{3,12})[ ]*[.!]?[ ]*\Z", flags), 0.6,
             group="name", check=_called_by_name),
        Rule("accented word in English", re.compile(r"(?<![\w'’#@.\-])(?=\w*[À-ɏḀ-ỿ])[A-ZÀ-ÞĀ-Ž][a-zà-ÿā-žơưḀ-ỿ'’]{2,15}(?![\w@])"), 0.45,
             check=_accented, needs=lambda text: not text.isascii()),
        Rule("known name of another script", re.compile(rf"(?<!\w){letter}{{2,20}}(?!\w)"), 0.6, check=_known_foreign, needs=is_foreign),
        Rule("signature", re.compile(
            rf"(?i:(?:^|\n|[.!?,] ?)(?:best(?: regards| wishes)?|(?:kind |warm )?regards|sincerely|cheers|love|xoxo|xx|yours(?: truly)?|signed|"
            rf"thanks|sent by|mit freundlichen gr[üu](?:ß|ss)en|lg|mfg|cordialement|saludos))[ ]*,?[ ]*\n?[ ]*[-–—~]?[ ]*(?P<name>{_UPPER}{more})"
            r"(?=\s*(?:$|\n|x|<))"), 0.55, group="name", check=_not_common),
        Rule("dash signature", re.compile(rf"(?:^|\n|[.!?…] ?)[ ]*[-–—~]{{1,2}}[ ]?(?P<name>{_UPPER}{more})[ ]*$", re.MULTILINE), 0.5,
             group="name", check=_not_common, needs=contains("-", "–", "—", "~"), hint=True),
        Rule("relation", re.compile(
            rf"(?i:\bmy (?:husband|wife|boyfriend|girlfriend|bf|gf|fianc[ée]e?|partner|son|daughter|kid|brother|sister|mom|mum|mother|dad|father"
            rf"|boss|friend|best friend|bestie|roommate|ex|cousin|uncle|aunt|neighbou?r|manager|agent|assistant|photographer|therapist|doctor))"
            rf"(?:[ ](?i:is|called|named|was called|'s name is))?,?[ ](?P<name>{_UPPER}{more})"), 0.6, group="name", check=_not_common),
        Rule("field", re.compile(
            rf"(?i:\b(?:(?:full |first |last |sur|given |family |middle |legal |customer |client |contact |maiden )?names?|vorname|nachname|nom|pr[ée]nom"
            rf"|nombre|apellido|cognome|recipient|sender|patient|attn|from|to|signed by|cardholder|account holder|beneficiary)[ ]?[:=][ ]?)"
            rf"[\"']?(?P<name>{_UPPER}{more})"), 0.5, group="name", check=_not_common, needs=contains(":", "=")),
        Rule("possessive relation", re.compile(rf"\b(?P<name>{_UPPER})(?:'s|’s)[ ](?:mom|mum|mother|dad|father|wife|husband|sister|brother|boyfriend"
                                               r"|girlfriend|place|house|birthday|number|email|address|room|apartment|kid|son|daughter)\b"), 0.5,
             group="name", check=_not_common, needs=contains("'s", "’s")),
        Rule("family name after a known one, in Arabic", re.compile(rf"(?P<name>{letter}{{2,20}})[ ]ال{letter}{{2,16}}(?!\w)"), 0.6,
             check=lambda match: match["name"] in given_names(), needs=contains(" ال")),
        Rule("Polish name in another case", re.compile(r"[A-ZŁŚŻ](?<!\w.)[a-ząćęłńóśźż]{2,12}[ęą](?!\w)"), 0.5, check=lambda match: f"{match.group()[:-1]}a".casefold() in given_names(), needs=contains("ę", "ą")),
        Rule("another script", re.compile(rf"{foreign}+(?:[ ·.\-]{foreign}+){{0,3}}"), 0.5, check=_a_stranger,
             needs=is_foreign),
        Rule("Chinese name", _han_names(), 0.6, needs=is_foreign),
        Rule("introduction in another script", re.compile(
            r"(?:меня зовут|мо[её] имя|мене звати|我叫|我的名字是|我是|私の名前は|私は|제 이름은|저는|내 이름은|اسمي|أنا|انا|קוראים לי|שמי|मेरा नाम|με λένε|λέγομαι"
            rf"|ονομάζομαι|ผมชื่อ|ฉันชื่อ|ดิฉันชื่อ)[ ]*(?P<name>{letter}{{2,12}}(?:[ ]{letter}{{2,14}})?)"), 0.7, group="name", needs=is_foreign),
        Rule("introduction in Korean", re.compile(
            r"(?<![가-힣])(?:저|나|난)[ ](?P<name>(?!한국)[김이박최정강조윤장임한오서신권황안송류전홍][가-힣]{2})(?=이에요|예요|이야|입니다|이라고|인데)"), 0.7, group="name", needs=is_foreign),
        Rule("two capitals of another script", re.compile(
            r"(?<!\w)(?:[А-ЯЁІЇЄҐ][а-яёіїєґ'’\-]+(?: [А-ЯЁІЇЄҐ][а-яёіїєґ'’\-]+){1,2}|[Α-ΩΆΈΉΊΌΎΏ][α-ωάέήίόύώϊϋΐΰς]+(?: [Α-ΩΆΈΉΊΌΎΏ][α-ωάέήίόύώϊϋΐΰς]+){1,2})"),
            0.5, needs=is_foreign),
        Rule("title of another script", re.compile(
            r"(?:(?:господин|госпожа|г-н|г-жа|пан|пані|дядя|т[её]тя|бабушка|дедушка|κύριος|κυρία|κ\.|د\.|السيد|السيدة|أستاذ|अंकल|आंटी|श्री|श्रीमती) "
            rf"(?P<name>{letter}{{2,16}}(?: [А-ЯЁΑ-Ω]{letter}{{1,16}})?))", re.IGNORECASE), 0.6, group="name", needs=is_foreign),
        Rule("title after a name", re.compile(
            r"[\u3400-\u9fff\u3040-\u30ff]{1,6}?(?=さん|ちゃん|くん|君|様|先生|小姐|女士)|[\uac00-\ud7af]{2,4}(?= ?(?:씨|님)(?:에게|께서|[는은이가를을의와과도께])?(?![\uac00-\ud7af]))"), 0.55,
            needs=is_foreign),
        Rule("two words that no dictionary has", re.compile(
            rf"(?P<first>{_CAPITAL}(?<![\w@#./\-].)[\w'’\-]*)(?: [A-ZÀ-ÞĀ-Ž]\.?(?!\w))?(?: {_UPPER}){{1,2}}(?![\w/@])"), 0.45, check=_strangers, hint=True),
        Rule("introduction by one small word", re.compile(
            r"\b(?:i'm|i’m|im|i am|this is|it's|it’s|its)[ ]+(?P<name>[a-z]{3,12})(?=[ ]+(?:again|here|from|btw|by the way|speaking)\b|[ ]*,)",
            flags), 0.45, group="name", check=_a_small_name, needs=_SAYS_WHO, hint=True),
        Rule("initials below a letter", re.compile(
            r"(?i:(?:\b(?:thanks|thank you|thx|tx|ty|regards|wishes|best|cheers|love|later|soon|bye|sincerely|yours|hugs|xx+|xo+)|[.!?])[ ]*[,.!]*[ ]*)\n[ ]*"
            r"(?P<name>[A-Z]{2,3}|(?:[A-Z]\.[ ]?){1,2}[A-Z]\.?|[A-Z]\.|[A-Z]?[a-z]|[a-z]{2})[ ]*(?=\n|\Z)"), 0.6, group="name", check=_initials, needs=contains("\n")),
        Rule("initials after a line", re.compile(r"\n[ ]*[-–—~]{1,2}[ ]?(?P<name>[A-Za-z]{1,2})[ ]*(?=\n|\Z)"), 0.6, group="name", check=_initials,
             needs=contains("\n")),
        Rule("two initials", re.compile(
            r"(?<![\w.&/])(?P<name>[A-Z]\.[ ]?[A-Z]\.)(?=['’]s\b|[ ][a-z]|[ ]?[;,!?)\n]|[ ]*\Z)"), 0.5, group="name", check=_of_a_person, needs=contains(".")),
        *slot_rules(),
        *family_rules(),
        *talk_rules(),
        *word_name_rules(),
        *beside_rules(),
    ]  # fmt: skip
    return LooseRecognizer("PERSON", "NameContextRecognizer", rules)
