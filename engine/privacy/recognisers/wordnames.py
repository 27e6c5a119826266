# ruff: noqa: E501, RUF001, SIM905 (patterns are broken at their parts, and hold the marks that people type)
"""Names that are everyday words ("Autumn", "will", "Chase"), where only a person can stand.

Nobody can hide every "may". But "tell may", "Chance wants the same", "my roommate autumn walked in" and "April (wife)"
leave no other reading: after a verb that asks for a listener, before what only people do, beside what people are to each
other. The list holds words that somebody is called and that no list of names has; pet names count only where nobody is called to.
"""

from __future__ import annotations

import functools
import re

from engine.privacy.recognisers.foreign import is_everyday
from engine.privacy.recognisers.known import census_names, given_names, is_brand, is_label
from engine.privacy.recognisers.patterns import Rule, by_first_letter, contains
from engine.privacy.recognisers.words import is_common, is_dictionary_word, names_that_are_words
from engine.privacy.titles import AT_WORK, KIN

_WORDS = frozenset(
    """april may july autumn summer winter river ocean sky star stormy rain story royal rebel reign blue grey art rich jet colt sorrel tansy briar
    bramble linnet sparrow dove hawk wolf bear paris london asia india vienna siena cairo memphis bronx brooklyn camden chase chance mason
    lucky candy blaze ace buck major bishop deacon judge honor honour amity clarity unity rhapsody cadence reed cliff forest lake bay dune
    stone rock flint garnet crystal sapphire gem silver sterling copper cinnamon cherry apple taffy bentley lexus ford skip chip ranger
    archer fisher tucker baker porter walker turner sawyer miller drake buster spike ziggy moon comet venus bliss merry gay norm peg dot lux
    win bunker dash hardy rusty dusty hayes lane banks wells woods hart wednesday holiday rowdy gunner rogue cannon steel stormi breezy
    remington colter zeal valor shade echo sailor navy denim velvet satin lace rainbow meadow prairie valley harbor maple cedar aspen oak
    birch primrose dahlia zinnia magnolia camellia petal blossom plum peach mango chili pepper tito""".split()
)
_PET_NAMES = frozenset(
    "precious star moon bear petal blossom peach lucky buck duke ace junior sky blue chip rainbow wednesday holiday rich rain summer storm mate love".split()
)
"""What somebody may be called to without being called so, or what else ends a greeting."""
_NOBODY = frozenset("mate love babe baby princess king queen prince master guy long song man".split())
"""Words of the lists of names that a chat hardly means somebody by."""
_SHORTHAND = frozenset(
    """plss tmw tonite bcz bcs dets deets prolly defo deffo smth smt istg fml ffs ofc obvs urself hella lowkey highkey gimme whatcha innit aint mfs
    convo sesh twt yer hunny luv bby bae ilysm hehe exes exs""".split()
)
"""What people write in a hurry; no list of words here has it, and nobody is called so."""
_MODALS_AND_MONTHS = frozenset("will april may june july august".split())
_FINITE = frozenset("will may can might rose drew love hope wells".split())
"""What may go on after "my mum" as a verb."""
_STANDS = r"(?:^|[.!?,:;\n(][\"”’)]?[ ]?|\b(?:that|then|because|bc|cuz|cause|and|but|so|if|when|while|omg|lol|until|til|since|think|thinks|hope|guess|bet|swear|says?|said|telling me|told me|tell me)[ ])"
HUMAN = (
    r"says?[ ]|said|told|tells|texted|texts[ ]me|asked|wants|wanted|thinks|thought|dumped|cheated|loves|loved|hates|hated|knows|knew|cried|cries|laughed|laughs|smiled|grinned|shrugged"
    r"|nodded|sighed|whispered|moaned|giggled|winked|leaned|blushed|kissed|hugged|apologi[sz]ed|proposed|married|yelled|screamed|forgot|promised|swore|swears|refused|begged|agreed|cancell?ed|tweets|tweeted|posted|replied|answered|ignored|blocked|unfollowed"
    r"|invited|dared|owes|lied|quit|snores|snored|fucked[ ]up|messed[ ]up|screwed[ ]up|walked[ ]in|walks[ ]in|paid|tipped|bought[ ]me|lent|borrowed|stole|babysat|picked[ ](?:me|us|up[ ](?:the|my|his|her))|dropped[ ](?:me|us|off)|called[ ](?:me|him|her|back|in[ ]sick)"
    r"|(?:don['’]?t|doesn['’]?t|didn['’]?t)[ ](?:@|know|want|like|care|even|ever|you)|(?:is|was|isn['’]?t|wasn['’]?t)[ ](?:my|editing|filming|asking|texting|calling|crying|sleeping|drunk|asleep|mad|pissed|jealous|pregnant|married|single|obsessed|gay|so[ ](?:mad|sweet|drunk|cute|annoying))"
    r"|\w{2,10}(?:s|ed)[ ](?:his|her)[ ]"
)
_SIGNED = re.compile(r"(?:[,~–—\-]|\n)[ ]*[-–—~]*[ ]*[A-Za-z][a-z]+[^\w.!?,;:]*\Z")
_OF = r"tell|tells|telling|told|ask|asked|asking|text|texted|texting|call|called|calling|dm|dmed|message|messaged|meet|met|invite|invited|blame|blamed|dreamt of|dreamed of|dated|dating|dumped|married|marry|talk(?:ed|ing)? to|spoke to"
_TO = r"hate|kiss|kissed|hug|hugged|fuck|fucked|fucking|let|except|thank you|thank u|love u|miss u|thanks|thx|ty|tysm|sorry|good ?night|gn|night|happy (?:birthday|bday|anniversary)|hbd|thinking (?:of|about) (?:u|you)|sweet dreams|chatting with|hang(?:ing)? out with|hung out with|sat with|went with|live with|lives with|video call with|phone call with|call with|lunch with|dinner with|coffee with|drinks with"
_IS_OF = re.compile(_OF, re.IGNORECASE)
_AFTER_TELL = r"(?=[ ]?[,.!?\n❤💕😘🥰🔥😂🙄😭💀🥺💋]|[ ]*\Z|['’]s\b|[ ](?:about|that|to|if|i|im|i['’]m|ill|we|he|she|hes|shes|his|her|and|n|is|was|yesterday|today|tonight|again|last|at|near|from|for|my|sent|said|up|once|instead|too|first|into|anyway)\b)"
_PERSONS = f"{KIN} {AT_WORK}".replace(" ", "|")
_BY = r"(?:approved|committed|requested|reported|signed|written|edited|filmed|posted|reviewed|sent|created|assigned|recorded|shot|photographed) (?:by|to)"
_ORDERED = r"order|orders|parcel|package|delivery|reservation|booking|table|appointment|gift|present|card|message|letter|note|voicemail|invoice|prescription|room|cake|tickets?"


@functools.cache
def called_so() -> frozenset[str]:
    """Words, in small letters, that somebody has as a first name; everyday words too."""
    return frozenset(_WORDS | names_that_are_words() | given_names())


def _called(match: re.Match[str]) -> bool:
    """A word of the list, where people are spoken of."""
    name = match["name"].casefold()
    return name in called_so() and name not in _NOBODY and not is_label(name)


def _called_to(match: re.Match[str]) -> bool:
    """A word of the list that is no pet name, where people are called to."""
    return _called(match) and match["name"].casefold() not in _PET_NAMES


def _told(match: re.Match[str]) -> bool:
    """Who is told, asked, met or missed; "will" and "may" only where no verb may stand, pet names not in thanks."""
    name = match["name"].casefold()
    if not _IS_OF.fullmatch(match["verb"]):
        return _called_to(match) and name not in _MODALS_AND_MONTHS
    asked = match["verb"].casefold() in ("told", "tell", "ask", "asked")
    return _called(match) or is_odd(name) or (asked and name in census_names() and _ends(match))


def _ends(match: re.Match[str]) -> bool:
    """Whether nothing, or a clause, goes on after the name: "ask lane", not "ask price of"."""
    return re.match(r"[ ]*(?:\Z|[,.!?\n]|(?:i|if|to|that|about)\b)", match.string[match.end("name") :]) is not None


def _of_kin(match: re.Match[str]) -> bool:
    name = match["name"].casefold()
    rare = name in census_names() and not is_common(name) and not is_label(name)
    return (rare or _called(match)) and name not in _FINITE


def _or_odd(match: re.Match[str]) -> bool:
    """A word of the list, or one that no dictionary has."""
    return is_odd(match["name"]) or _called_to(match)


def is_odd(name: str) -> bool:
    """Whether no list of words here has a word, so that it is a name more often than not."""
    if len(name) < 3 or name.casefold() in _SHORTHAND:
        return False
    return not (is_dictionary_word(name) or is_everyday(name) or is_brand(name) or is_label(name))


def word_name_rules() -> list[Rule]:
    """The rules, for the recogniser of names."""
    flags = re.IGNORECASE
    return [
        Rule("a word that is told", re.compile(rf"(?<![\w'’])(?P<verb>{by_first_letter(f'{_OF}|{_TO}')})[ ](?P<name>[a-z]{{2,12}}){_AFTER_TELL}", flags), 0.6, group="name", check=_told, hint=True),
        Rule("a word that does what people do", re.compile(rf"{_STANDS}(?P<name>[A-Za-z][a-z]{{2,11}})[ ](?=(?:(?:never|always|still|just|finally|almost|really|actually|literally|already|also|only)[ ])?(?:{by_first_letter(HUMAN)}))", re.MULTILINE), 0.6, group="name", check=_called, hint=True),
        Rule("a word and I", re.compile(rf"{_STANDS}(?P<name>[A-Za-z][a-z]{{1,11}})[ ](?:and|n|&)[ ](?:i|I|me)\b(?![ ](?:mean|guess|think|love|hope)\b)", re.MULTILINE), 0.6, group="name",
             check=_or_odd, needs=contains(" and i", " and me", " n me", " n i ", "& me", "& i")),
        Rule("who that is", re.compile(r"\bwho(?:['’]?s|[ ]is|[ ]tf[ ]is|[ ]the[ ](?:hell|fuck)[ ]is)[ ](?P<name>[a-z]{2,12})(?=[ ]?[?!]|[ ]*\Z|[ ](?:and[ ](?:why|what|how|where)|again|to[ ]you|anyway)\b)", flags), 0.6,
             group="name", check=_or_odd, needs=contains("who")),
        Rule("word below a letter", re.compile(
            r"(?i:(?:\b(?:love|xoxo|xx+|cheers|kisses|hugs|regards|wishes|sincerely|yours|thanks|thx|ty|best)[ ,.!]*(?:\n|,|(?=[-–—~]))|[.!?\n][ ]*(?=[-–—~]))[ ]*[-–—~]*[ ]*)(?P<name>[A-Za-z][a-z]{1,11})[ ]*(?:x+|[❤💋💕😘🥰✨💖💌♥️ ]+)?\s*\Z"),
            0.6, group="name", check=_or_odd, needs=lambda text: _SIGNED.search(text[-60:]) is not None),
        Rule("relation and a word", re.compile(
            rf"(?<!\w)(?:my|his|her|our|their|ur|your)[ ](?:\w+[ ])?(?:{_PERSONS}|friend|bestie|bff|mate|sub|dom|editor)[ ](?P<name>[a-z]{{2,12}})(?=[ ](?:\w{{2,10}}(?:ed|s)|is|was|told|said|came|went|got|found|took|gave|made|sent|left|ran|saw|had|did|will|would|can|could|just|never|always|and|who|from|thinks?|wants?)\b|[ ]*(?:[,.!?)\n]|\Z))", flags), 0.6,
            group="name", check=_of_kin, needs=contains("my ", "his ", "her ", "our ", "their ", "ur ")),
        Rule("who that is, in brackets", re.compile(rf"(?<![\w@#])(?P<name>[A-Z][a-z]{{1,14}})[ ]\((?i:{_PERSONS}|she/her|he/him|they/them)\b"), 0.6, group="name", check=_or_odd, needs=contains(" (")),
        Rule("done by a word", re.compile(rf"(?<!\w){_BY}[ ]?:?[ ](?P<name>[a-z]{{2,12}})(?=[ ]*(?:[,;.\n)]|\Z)|[ ](?:yesterday|today|on|at)\b)", flags), 0.6, group="name", check=_called_to,
             needs=contains(" by", " to")),
        Rule("order for a word", re.compile(rf"(?<!\w)(?i:{_ORDERED})[ ]for[ ](?P<name>[A-Z][a-z]{{2,14}})(?=[ ]*(?:[:;,.!?)\n]|\Z)|['’]s\b)"), 0.6, group="name", check=_called_to, needs=contains(" for ")),
        Rule("called to in speech", re.compile(r"[\"“](?P<name>[A-Z][a-z]{1,13})[,.!?…—\-]{1,3}[\"”][ ](?:he|she|I|they|[A-Z][a-z]+)[ ][a-z]{2,12}(?:ed|id|s|t)\b"), 0.6, group="name", check=_called_to, needs=contains('"', "“")),
        Rule("I am, and nothing else", re.compile(r"\A[ ]*(?:im|i'm|i’m|i am)[ ]+(?P<name>[a-z]{3,12})[ ]*[.!]?[ ]*\Z", flags), 0.6, group="name",
             check=lambda match: match["name"].casefold() in given_names() and not is_label(match["name"])),
    ]  # fmt: skip
