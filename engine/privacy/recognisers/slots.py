# ruff: noqa: E501, RUF001, SIM905 (patterns are broken at their parts, and hold the marks that people type)
"""Names by their place in a sentence, of several languages, and given names wherever they stand.

A list alone would hide "may" and "hope"; a place alone every noun. Here both must agree: the weaker the place, the less
a word may be anything else than a name.
"""

from __future__ import annotations

import functools
import re

from engine.privacy.recognisers.foreign import has_capital_nouns, is_everyday, is_foreign_text
from engine.privacy.recognisers.known import census_names, given_names, is_brand, is_label, listed_names, short_surnames
from engine.privacy.recognisers.patterns import Rule, both, by_first_letter, contains, matches
from engine.privacy.recognisers.wordnames import called_so
from engine.privacy.recognisers.words import is_common, is_dictionary_word, names_that_are_words
from engine.privacy.titles import AT_WORK, KIN

_WORD = r"[^\W\d_][\w'’\-]*"
_UPPER = r"[A-ZÀ-ÖØ-ÞĀ-ŽА-ЯЁΑ-Ω][\w'’\-]*"
_LETTERS = re.compile(r"[^\W\d_]+")
_NAMES_OF_THINGS = frozenset(
    "alexa alta astra chelsea cortana juliet juno kiki lima mercedes nat nova oscar romeo santiago siri stan vegas".split()
)
_NO_NAMES_THERE = frozenset(
    """not anything everyone will may can guy guys man son major king prince master baby angel honey sugar star sunny rich early young precious lucky
    happy sunshine love dear babe people someone somebody nobody everybody mom mum dad daddy mommy ma pa nan nana hon long sung mi an do don mate""".split()
)
_SHOPS = frozenset(
    "macy wendy arby denny lowe kohl carl papa domino trader zaxby popeye chili applebee sainsbury hardee".split()
)
_DOES = (
    r"says|said|told|tells|texted|texts|asked|asks|wants|wanted|thinks|thought|dumped|cheated|is my|was my|loves|loved|hates|sends|sent|knows|bought|called me"
    r"|cried|cries|laughed|laughs|smiled|left|drove|drives|forgot|lost|won|fell|kissed|hugged|rang|paid|cooked|cancell?ed|quit|married|yelled|screamed|slept|drank|ate|eats|threw|stole|lied|lies"
    r"|snored|snores|smokes|lives (?:in|with|near|at)|works (?:in|at|for|with)|stayed|gave (?:me|us|him|her|my)|took (?:me|us|him|her|my|his)|got (?:drunk|fired|hired|married|engaged|home|back|the job|me|his|her)"
    r"|hurt (?:me|his|her)|filmed|posted|replied|answered|ignored|blocked|unfollowed|invited|visited|dared|owes|snapped|proposed|apologi[sz]ed|came|went|broke (?:up|his|her|my|the|a|another)|made (?:me|us|him|her|a|the|dinner)"
    r"|brought|helped (?:me|us|him|her|with)|showed (?:me|us|him|her|up)|let (?:me|us|him|her)|keeps|kept"
)
_IS = r"is|was|isnt|isn['’]t|wasnt|wasn['’]t|has|had|hasnt|hasn['’]t|will|wont|won['’]t|would|just|still|also|always|never|really|actually|probably|finally|(?!speed|need|feed|seed|indeed|hundred|weed|breed)[a-z]{2,10}ed"
_SOONER_THINGS = frozenset(
    """hope faith grace joy dawn summer may june april august love star rose art bill will mark rich young drew chance chase hunter sky storm crystal amber ruby pearl iris ivy violet daisy
    lily olive ginger honey candy brandy sherry penny cash buck rusty sandy rocky stormy misty dusty sunny happy lucky melody harmony carol eve easter christian jewel diamond gene gem jean rod
    rob sue pat jimmy frank grant lance miles norm guy gay merry heaven haven coral clover lotus lyric ivory opal onyx saffron indigo sage fern ash nova justice genesis fox scout ember piper robin
    raven wren lark drake colt cooper mason baker carter parker tanner fletcher hall hill wells west lane park page ray ward wood brook brooks reed clay cliff dale dean duke earl king prince
    jordan paris london sydney florence victoria charlotte austin dallas denver phoenix savannah madison lincoln jackson houston israel kenya chad india china america georgia virginia carolina dakota
    sal mel mo tad chi sol van bo mi san sung chang jung kitty dolly pip ming poppy jade alpha roma easter junior major marquis berry cherry holly hazel myrtle basil rosemary heather jasmine laurel
    olive willow iva trinity destiny charity patience prudence mercy constance alma vista valencia maya aura ice ace""".split()
)
"""Names that before "is" mean something else more often."""
_BEFORE_THINGS = frozenset(
    "the a an my your his her our their this that these those some any every each one no".split()
)
_TRADES = (
    "tutor mentor clerk guard agent officer inspector detective intern conductor curator editor reporter monitor captain commander physician surgeon dentist therapist counsellor counselor librarian"
    " butcher baker plumber electrician carpenter mechanic painter tailor waiter waitress bartender barista owner colleague classmate roommate neighbour neighbor collector consultant analyst designer"
    " developer architect technician receptionist housekeeper cleaner gardener courier porter steward caretaker sexton janitor concierge landlord landlady foreman supervisor"
)
"""What people do, as a title before a family name or beside a name."""
_TRADE = "|".join(
    (
        *_TRADES.split(),
        *"teacher nurse doctor driver lawyer accountant manager director boss coach priest pastor babysitter nanny hairdresser barber chef secretary assistant principal".split(),
    )
)
_TWO_CAPITALS = matches(r"[A-Z][a-z]{3,}[ ][A-Z][a-z]")
UPPER_INSIDE = matches(r"[ ][A-ZÀ-ÖØ-ÞĀ-ŽА-ЯЁΑ-Ω][\w'’\-]")
_BEGINS = re.compile(
    r"(?:\A|[.!?,\n][ ]?|\b(?:and|but|or|if|when|so|because|bc|that|think|hope|guess|know|yo|hey|omg)[ ])\Z"
)
_OF_PEOPLE = ("#happy", "#hbd", "#rip", "#justice", "#getwell", "#congrats")
"""Tags that only somebody's name ends."""
_SPOKEN = (
    r"told|tell|ask(?:ed|ing)?|text(?:ed|ing)?|dated|dating|kiss(?:ed|ing)|b-?day|birthday|(?:talk|talked|talking|spoke|speak|lied|listen) to|chat(?:ted|ting)? with|(?:hang|hung|hanging|went|go|going|been) out with"
    r"|married|dumped|besties? with|i['’]?m with|lives? with|named|love (?:you|u|ya)|miss (?:you|u|ya)|(?:i|we|lowkey|really|still|gonna) miss|thank you|thanks|ty|sorry|good ?night|gn|morning|(?:me|you|u) (?:and|n|&)"
)
"""What stands before whom one speaks to or of."""
_CALLED_OUT = frozenset(
    "out back off over again about for him her them his the that this names yesterday today earlier twice once".split()
)
_OPENING = frozenset("He She We An So Do Oh Ma Pa".split())
_COMMON_OWNERS = frozenset("max mark matt jack john nick rob bill ray ruby randy robin rose iris ivy".split())
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
    listed = stem.casefold() in listed_names() or stem.removesuffix("e").casefold() in listed_names()
    if match.group("family") is None and (not listed or is_dictionary_word(stem)):
        return False
    return not is_brand(match.group("name")) and (listed or not is_dictionary_word(stem))


@functools.cache
def telling_names() -> frozenset[str]:
    """Given names, in small letters, that are nothing else: no word of a dictionary, no label, no maker of things."""
    return frozenset(
        name
        for name in given_names() - _NAMES_OF_THINGS
        if len(name) >= 3
        and name.isalpha()
        and not (is_dictionary_word(name) or is_everyday(name) or is_label(name) or is_brand(name))
    )


@functools.lru_cache(maxsize=4)
def words_of(text: str) -> list[str]:
    """The words of a text, in small letters; kept for the next rule that asks."""
    return _LETTERS.findall(text.casefold())


def _a_listed_name(match: re.Match[str]) -> bool:
    """A given name, also one that is a word: its place says which."""
    name = match.group("name").casefold()
    return (
        name not in _NO_NAMES_THERE and not is_label(name) and (name in given_names() or name in names_that_are_words())
    )


def _an_owner(match: re.Match[str]) -> bool:
    """Whose place it is: a name of any list, or a word that no dictionary has; not "at today's"."""
    name = match.group("name")
    if is_common(name) or is_label(name) or is_brand(name) or name in _NO_NAMES_THERE or name in _SHOPS:
        return name in _COMMON_OWNERS
    return (
        name in listed_names()
        or name in names_that_are_words()
        or name in census_names()
        or not is_dictionary_word(name)
    )


def _a_name_of_a_tag(match: re.Match[str]) -> bool:
    name = match.group("name").casefold()
    if name in _NO_NAMES_THERE or name.startswith(("our", "the", "your")):
        return False
    if match.group("name")[0].islower() and name != match.group("name"):
        return False  # "#FreebieFriday" is nobody's.
    if match.group().casefold().startswith(_OF_PEOPLE) and name in called_so():
        return True
    return (name in names_that_are_words() or name in given_names() or not is_dictionary_word(name)) and not is_common(
        name
    )


def _somebody(match: re.Match[str]) -> bool:
    """Who does what people do; of who only "is", a name that hardly means anything else."""
    name = match.group("name")
    if not _a_listed_name(match):
        return False
    return match.group("is") is None or name not in _SOONER_THINGS


def _called_out(match: re.Match[str]) -> bool:
    return _a_listed_name(match) and match.group("name") not in _SOONER_THINGS


def _at_their_place(match: re.Match[str]) -> bool:
    """Whose place it is, without an apostrophe: "omw to beths"."""
    name = match.group("name")
    owner = name[:-1]
    listed = owner in given_names() or owner in names_that_are_words()
    return listed and not {owner, name} & (_SOONER_THINGS | _SHOPS | _NO_NAMES_THERE) and not is_brand(name)


def _asked_about(match: re.Match[str]) -> bool:
    """A name where a question or a clause begins; "what he is may still come" is none."""
    return _a_listed_name(match) and _BEGINS.search(match.string, max(0, match.start() - 10), match.start()) is not None


def _an_owner_by_name(match: re.Match[str]) -> bool:
    before, name = (match.group("before") or "").strip().casefold(), match.group("name")
    if before in _BEFORE_THINGS or name in _NO_NAMES_THERE or is_label(name):
        return False
    return name in given_names() or name in names_that_are_words() or not (is_dictionary_word(name) or is_brand(name))


def _of_the_lists(match: re.Match[str]) -> bool:
    name = match.group("name").casefold()
    return (name in listed_names() or name in short_surnames()) and not is_common(name)


def _so_called(match: re.Match[str]) -> bool:
    name = match.group("name")
    return name not in _NO_NAMES_THERE and name not in _CALLED_OUT and not is_label(name)


def _of_a_list_of_people(match: re.Match[str]) -> bool:
    """A name of any list, of words that people are called too, which is no everyday word."""
    name = match.group("name").casefold()
    if is_common(name) or is_label(name) or is_brand(name) or name in _NO_NAMES_THERE:
        return False
    return name in listed_names() or name in names_that_are_words() or name in census_names()


def _not_a_thing(match: re.Match[str]) -> bool:
    """A first word that no dictionary has, or a name of the lists that is no everyday word."""
    first = match.group("name").split()[0]
    if is_label(first) or is_brand(first) or is_everyday(first) or is_common(first):
        return False
    small = first.casefold()
    return small in listed_names() or small in census_names() or not is_dictionary_word(first)


def _a_short_surname(match: re.Match[str]) -> bool:
    name = match.group("name")
    return name.casefold() in short_surnames() and not is_common(name) and name not in _OPENING


def _an_owner_without_apostrophe(match: re.Match[str]) -> bool:
    """Whose dog it is, as people write in a hurry: "sarahs dog"; a word of the dictionary must be a name besides."""
    name = match.group("name").casefold()[:-1]
    return name in called_so() and (name == "will" or name not in _NO_NAMES_THERE) and not is_label(name)


def _after_a_small_word(match: re.Match[str]) -> bool:
    return _a_listed_name(match) or match.group("name").casefold() in called_so()


def _holds_a_name_and_s(text: str) -> bool:
    return not _names_with_s().isdisjoint(words_of(text))


@functools.cache
def _names_with_s() -> frozenset[str]:
    """Given names with an s that make no everyday word."""
    forms = (f"{name}s" for name in called_so())
    return frozenset(form for form in forms if not is_common(form))


@functools.lru_cache(maxsize=4)
def _holds_any_name(text: str) -> bool:
    words = words_of(text)
    return not (given_names().isdisjoint(words) and names_that_are_words().isdisjoint(words))


def slot_rules() -> list[Rule]:
    """The rules, for the recogniser of names."""
    flags = re.IGNORECASE
    return [
        Rule("spoken to or of", re.compile(
            rf"\b(?:{by_first_letter(_SPOKEN)})[ ](?P<name>[a-z]{{3,12}})"
            r"(?=[ ]?[,.!?\n❤💕😘🥰]|[ ]*$|['’]s\b|[ ](?:about|that|to|if|i|we|and|is|was|are|should|on|for|the|my|yesterday|today|again|last)\b)", flags), 0.6,
            group="name", check=_a_listed_name, needs=_holds_any_name),
        Rule("who does it", re.compile(
            r"(?:^|[.!?,\n][ ]?|\b(?:that|then|because|bc|cuz|and|but|so|if|when|while|omg|lol|until|since|believe)[ ])(?P<name>[a-z]{3,12})[ ]"
            rf"(?:{_DOES}|(?P<is>{_IS}))\b", re.MULTILINE), 0.6, group="name", check=_somebody, needs=_holds_any_name, hint=True),
        Rule("somebody's, in small letters", re.compile(
            rf"(?<![\w'’])(?P<before>\w{{1,12}}[ ])?(?P<name>[a-z]{{3,12}})['’]s[ ](?:{'|'.join([*KIN.split(), *AT_WORK.split()])}|turn|place|house|flat|birthday|bday|wedding|party|phone|dog|cat|car|room|desk|fault|idea|voice|face)(?![\w-])"), 0.6,
            group="name", check=_an_owner_by_name, needs=contains("'s", "’s"), hint=True),
        Rule("trade and family name", re.compile(rf"(?<![\w'’])(?<!\b[Tt]he )(?:{'|'.join(word.capitalize() for word in _TRADES.split())})[ ](?P<name>[A-Z][a-z]{{1,12}})(?![\w'’\-])"), 0.6, check=_of_the_lists, needs=_TWO_CAPITALS),
        Rule("the trade and the name", re.compile(
            rf"\b(?i:the|our|my|his|her|their|your|an?)[ ](?:\w+[ ])?(?:{_TRADE}),?[ ](?P<name>{_UPPER}(?:[ ]{_UPPER}){{0,2}})(?![\w@])"), 0.5, group="name", check=_not_a_thing, needs=UPPER_INSIDE),
        Rule("the name, then the trade", re.compile(
            rf"(?<![\w@#'’\-])(?P<name>{_UPPER}(?:[ ]{_UPPER}){{0,2}}),[ ](?:the|our|my|his|her|their|your)[ ](?:\w+[ ]){{0,2}}?(?:{_TRADE}|{KIN.replace(' ', '|')})(?![\w-])"), 0.6, group="name", check=_not_a_thing,
            needs=contains(", the ", ", our ", ", my ", ", his ", ", her ", ", their ", ", your ")),
        Rule("in brackets", re.compile(r"\((?P<name>[A-Z][a-z]{2,12})\)"), 0.6, group="name", check=_a_listed_name, needs=both(contains("("), _holds_any_name)),
        Rule("somebody called", re.compile(
            r"\b(?:boy|girl|man|woman|guy|kid|baby|lady|someone|somebody|dude|bloke|chick|daughter|son|friend|baby|twins?)[ ](?:named|called|by the name of)[ ](?P<name>[a-z]{3,12})(?=[ ]?[.,!?;)\n]|[ ]?$|[ ](?:who|and|that|from|in|at|with|is|was|has|had)\b)"),
            0.6, group="name", check=_so_called, needs=contains("named", "called", "by the name")),
        Rule("says it, and a small word", re.compile(
            r"(?:^|[.!?:][\"”’)]?[ ]|\n)(?P<name>[A-Z][a-z]{2,12})[ ](?:says|said|thinks|told|texted|phoned|asked|reckons|swears|claims)[ ](?:she|he|they|me|us|him|her|it|I|that|the|my|we|you|to)\b"), 0.6, group="name",
             check=_of_a_list_of_people),
        Rule("short family name that says it", re.compile(
            r"(?:^|[.!?:][\"”’)]?[ ]|\n)(?P<name>[A-Z][a-z]{1,5})[ ](?:thinks|says|said|told|asked|wants|called|texted|phoned|brought|owes|lent|came by|forgot|promised|laughed|agreed)\b"),
            0.6, group="name", check=_a_short_surname),
        Rule("name without its apostrophe", re.compile(
            rf"(?<![\w'’])(?P<name>[A-Za-z][a-z]{{2,11}}s)[ ](?:{'|'.join(KIN.split())}|house|place|birthday|bday|wedding|phone|number|dog|cat|car|room|flat|party)(?![\w-])"), 0.6, group="name",
            check=_an_owner_without_apostrophe, needs=_holds_a_name_and_s),
        Rule("called out", re.compile(
            r"(?:\b(?:come on|cmon|hurry up|please|pls|oi|yo|oh|yes|yeah|ok|sorry|well|stop|wait|listen|look|bye|night|nite|morning|sis|bro|dude|girl|omg|lol|ffs)[, ][ ]?|,[ ])(?P<name>[a-z]{3,12})(?=[ ]?(?:[!?.]+(?:\s|$)|,[ ]|(?:pls|please)\b)|[ ]?$)"),
            0.6, group="name", check=_called_out, needs=_holds_any_name, hint=True),
        Rule("off to somebody's", re.compile(r"\b(?:omw to|round|at|over to|to|from)[ ](?P<name>[a-z]{3,11}s)(?=[ ]?[.,!?\n]|[ ]?$|[ ](?:tonight|tomorrow|later|now|place|house|flat)\b)"), 0.6, group="name",
             check=_at_their_place, needs=_holds_a_name_and_s),
        Rule("asked about", re.compile(
            r"\b(?:[Ii]s|[Hh]as|[Dd]id|[Dd]oes|[Ww]as|[Cc]an|[Cc]ould|[Ww]ould|[Ss]hould|[Ww]here['’]?s|[Hh]ow['’]?s|[Ww]hen['’]?s)[ ](?P<name>[a-z]{3,12})[ ]"
            r"(?:\w{2,10}ing|home|here|there|back|still|ok|okay|awake|alive|around|up|at|on|with|cancel|come|go|get|call|say|tell|know|want|have|take|leave|bring|need|eat|sleep|finish|send|fix|pay|text|reply|forget|ever|even|already)\b",
            ), 0.6, group="name", check=_asked_about, needs=_holds_any_name),
        Rule("at somebody's", re.compile(
            r"\b(?:at|to|from|over at|round|outside)[ ](?P<name>[a-z]{3,12})['’]s(?=[ ]*(?:[.,!?;)\n]|$)|[ ](?:place|house|flat|party|wedding|desk|room|birthday|bday|tonight|tomorrow|today|later|now|for|with|and|on|til|till|until|after|before)\b)"),
            0.6, group="name", check=_an_owner, needs=contains("'s", "’s")),
        Rule("after a small word for somebody, in small letters", re.compile(r"\b(?:big|lil|papi|mc|dj|sir|lady|duchess|queen|king|prince)[ ](?P<name>[a-z]{3,12})(?![\w'’])"), 0.6,
             group="name", check=_a_listed_name, needs=_holds_any_name),
        Rule("noble title", re.compile(r"\b(?:Duchess|Duke|Countess|Baroness|Baron|Empress|Domme|Domina|Madame|Mistress|Goddess|Princess|Queen|Lord|Lady|Sir|Miss|Papi|Big|Lil|Saint|Sister|Brother|Chief|Captain|Mayor|Sheriff|Governor|Senator)[ ](?P<name>[A-Z][a-z]{1,14})(?!\w)(?![ ](?:of|the)\b)"), 0.5, group="name",
             check=lambda match: match.group("name").casefold() in given_names() or not is_dictionary_word(match.group("name"))),
        Rule("after a small word for somebody", re.compile(r"\b(?i:baby|lil|little|big|old|young|sweet|poor)[ ](?P<name>[A-Z][a-z]{2,12})(?![\w])"), 0.5, group="name",
             check=_after_a_small_word, needs=UPPER_INSIDE),
        Rule("Japanese or Korean address", re.compile(r"(?<![\w])[A-Z][a-z]{1,12}-(?:san|chan|kun|sama|sensei|senpai|ssi|nim|oppa|noona|unnie|hyung)(?!\w)"), 0.6, needs=contains("-")),
        Rule("as on a ticket", re.compile(r"(?i:\b(?:passenger|pax|name|traveller|traveler|guest|reisende[r]?|passager|pasajero)s?)\W{1,3}(?P<name>[A-Z]{2,24}/[A-Z]{2,24}"
             r"(?:\s(?:MRS?|MS|MISS|MSTR|DR))?)(?!\w)"), 0.8, group="name", needs=contains("/")),
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
            check=_a_foreign_name, needs=_in_another_language, hint=True),
        Rule("relation in small letters", re.compile(
            r"\b(?:my|his|her|our|their|ur|your)[ ](?:\w+[ ])?(?:husband|hubby|wife|wifey|boyfriend|girlfriend|bf|gf|fianc[ée]e?|partner|son|daughter|kid|brother|bro|sister|sis|mom|mum|mother|dad|father|boss|friend|bestie|bff|mate"
            r"|roommate|flatmate|ex|cousin|uncle|aunt(?:ie)?|neighbou?r|manager|agent|assistant|photographer|therapist|coworker|colleague|teacher|coach|landlord|niece|nephew|gran(?:ny|dma|dpa|dad)?|nana|stepdad|stepmom|sub|dom|slave)"
            r"(?:[ ](?:is|called|named|was called))?,?[ ](?P<name>[a-z]{2,14})(?=[ ]*(?:[.,!?)\n]|$)|['’]s\b|[ ](?:is|was|and|n|who|says?|said|has|had|will|wants?|wanted|loves?|loved|thinks?|got|gets|did|does|just|would|can|could|called|told|asked|took|came|went|works?|lives?|likes?|dared|made|sent|gave|bought"
            r"|filmed|films|shot|helped|helps|in|from|at|on|to|for)\b)", flags), 0.6, group="name", check=_a_listed_name, needs=contains("my ", "his ", "her ", "our ", "their ", "ur ")),
        Rule("capital in a Romance sentence", re.compile(r"(?<=[a-zà-ÿ,][ ])[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ]{2,14}(?![\w@/]|\.\w)"), 0.4, check=_a_capital_apart, needs=_in_another_language, hint=True),
        Rule("a family", re.compile(r"\b[Tt]he (?P<name>[A-Z][a-z]{2,14}s)(?P<family>['’]?(?=[ ](?:are|were|have|had|next door|upstairs|downstairs|from|family|came|come|live|lived|over)\b|[ ]*[.,;!?)\n]|[ ]*$))?(?![\w\-]|[ ][A-Z])"),
             0.5, group="name", check=_a_family),
        Rule("capital that no dictionary has", re.compile(r"(?<![\w'’])(?!(?:the|a|an|of|by|per|with|on|in|my|your|via|using|vs|new)[ ])[a-z]\w*,?[ ](?P<name>[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ]{2,14})(?![\w@/(=]|\.\w|['’][a-rt-z]|[ ][A-Z])"), 0.4, group="name", check=_unknown_capital,
             needs=both(UPPER_INSIDE, _short), hint=True),
    ]  # fmt: skip
