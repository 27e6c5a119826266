# ruff: noqa: E501, RUF001, SIM905 (patterns are broken at their parts, and hold the marks that people type)
"""Names by their company: who is called to, and who stands in a pair, a row or a list with somebody.

"precious and blessing" or "Alba → Win" are words by themselves; beside a name, or beside each other before what only
people do, they are people. So it is with one word that no dictionary has at the end of "thank you so much, ...", and with
what follows "sup" or "tudo bem".
"""

from __future__ import annotations

import re

from engine.privacy.cases import gives_no_hint
from engine.privacy.recognisers.families import says
from engine.privacy.recognisers.foreign import is_everyday, is_foreign_text
from engine.privacy.recognisers.known import census_names, given_names, is_brand, is_label, listed_names
from engine.privacy.recognisers.patterns import Rule, both, by_first_letter, contains, has_digits, matches
from engine.privacy.recognisers.slots import UPPER_INSIDE, telling_names, words_of
from engine.privacy.recognisers.wordnames import HUMAN, called_so, is_odd
from engine.privacy.recognisers.words import is_common, is_dictionary_word
from engine.privacy.titles import AT_WORK, KIN

_WORD = r"[^\W\d_]{2,14}"
_JOIN = r",?[ ](?:and|&|n|\+|→|->|=>|und|et|y|e|og|och|en|i)[ ]"
_SMALL_JOINS = (
    " and ",
    " & ",
    " n ",
    " + ",
    "→",
    "->",
    "=>",
    " und ",
    " et ",
    " y ",
    " e ",
    " og ",
    " och ",
    " en ",
    " i ",
)
_HAS_A_ROW = matches(r",[ ][^\W\d_]+,?[ ](?:and|or|&|n)[ ]")
_LAST_WORD = re.compile(r"(?<![\w@#'’.\-])[^\W\d_]{2,14}\Z")
_GOES_ON = re.compile(r"[ ][a-z]")
_REACH = 24
_NEVER = frozenset("will may might can mark long you me we they he she it us them love i'm im".split())
"""Words behind a name and "and" that go on with the sentence."""
_NOT_AFTER = frozenset("will may can must rose drew".split())
_ASKS = (
    r"sup|wass?up|what['’]?s up|whats good|oi|oy|yo|ey|ayo|aye|hiya|heya|heyy+|howdy|g['’]?day|gday|welcome back|welcome|wb|ggs?|wp|bye|byee+|goodnight|good night|night|nite|gn|gm|morning|good morning|evening"
    r"|cheers|thx|thanks|thank you|thank u|ty|tysm|congrats|hbd|happy birthday|happy bday|luv u|love you|love u|miss you|miss u|sorry|calm down|relax|chill|no worries|good one|nice one|well done|good luck"
)
_ABROAD = (
    r"tudo bem|tudo bom|bom dia|boa tarde|boa noite|e a[íi]|beleza|fala|obrigad[oa]|buenos d[íi]as|buenas|buenas tardes|buenas noches|qu[ée] tal|oye|gracias|feliz cumple(?:años)?|buongiorno|buonasera|grazie|auguri|guten morgen|guten tag|moin|servus"
    r"|danke|alles gute|bonjour|bonsoir|salut|coucou|wesh|merci|bon anniversaire|hoi|goedemorgen|bedankt|gefeliciteerd|hej|hejsan|tack|grattis|moi|moikka|kiitos|cze[śs][ćc]|dzi[ęe]kuj[ęe]|dzi[ęe]ki|ahoj|d[íi]ky|zdravo|merhaba|selam|te[şs]ekk[üu]rler|kamusta|kumusta|salamat"
)
_THANKED = r"thank you|thank u|thanks|thx|tysm|ty|happy (?:birthday|bday|anniversary)|hbd|welcome|congrats|love (?:you|u|ya)|miss (?:you|u|ya)|good ?night|sweet dreams|proud of (?:you|u)"
_MOODS_OF_SPEECH = frozenset(
    "tonight tomorrow lol lmao tho fr ngl xx xxx xo pls plz thx btw tbh rn irl again everyone everybody guys".split()
)
_PERSONS = f"{KIN} {AT_WORK}".replace(" ", "|")
_MONTHS = frozenset(
    "january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
_AT_A_START = tuple(
    "sup wassup wasup what whats oi oy yo ey ayo aye hiya heya heyy heyyy howdy g gday welcome wb gg ggs wp bye byee byeee goodnight good night nite gn gm morning evening cheers thx thanks thank ty tysm congrats hbd happy luv love miss sorry calm relax chill no nice well".split()
)
_AT_A_START_ABROAD = tuple(
    "tudo bom boa e beleza fala obrigado obrigada buenos buenas qué que oye gracias feliz buongiorno buonasera grazie auguri guten moin servus danke alles bonjour bonsoir salut coucou wesh merci bon hoi goedemorgen bedankt gefeliciteerd hej hejsan tack grattis moi moikka kiitos cześć czesć cześc czesc dziękuję dziękuje dziekuję dziekuje dzięki dzieki ahoj díky diky zdravo merhaba selam teşekkürler tesekkürler teşekkurler tesekkurler kamusta kumusta salamat".split()
)
"""The first words of the above."""
_MESSAGE = 280
"""Characters up to which a text reads like a message; longer ones are full of names of things."""
_SHORTEST = frozenset("al bo cy di ed em jo lu mo ro vi zo".split())
_ALSO_PLACES = frozenset(
    "paris london asia india vienna siena cairo memphis bronx brooklyn camden ford lexus bentley".split()
)
_DAYS = re.compile(r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?s?", re.IGNORECASE)


def _holds_somebody(text: str) -> bool:
    return not telling_names().isdisjoint(words_of(text))


def _a_word_beside(word: str, other: str, text: str) -> bool:
    """Whether a word that people are called too stands beside one that is nothing but a name, written like it."""
    small = word.casefold()
    if other.casefold() not in telling_names() or small in telling_names() or small in _NEVER or _DAYS.fullmatch(word):
        return False
    alike = word[0].isupper() if other[0].isupper() else gives_no_hint(text)
    return alike and (small in called_so() or is_odd(word)) and not (is_label(word) or is_brand(word))


def _beside_left(match: re.Match[str]) -> bool:
    return _a_word_beside(match["name"], match["other"], match.string)


def _beside_right(match: re.Match[str]) -> bool:
    """A word behind a name. Behind a comma a sentence goes on; so there both must have capitals."""
    text, name = match.string, match["name"]
    before = _LAST_WORD.search(text[max(0, match.start() - _REACH) : match.start()])
    if before is None or (match["comma"] and not (name[0].isupper() and before[0][0].isupper())):
        return False
    goes_on = name.casefold() in _NOT_AFTER and _GOES_ON.match(text, match.end("name"))
    return not goes_on and _a_word_beside(name, before[0], text)


def _both_called(match: re.Match[str]) -> bool:
    """Two words that people are called, before what only people do: "Chip and Sky eloped"."""
    return all(_is_called(match[part]) for part in ("one", "two"))


def _all_called(match: re.Match[str]) -> bool:
    return all(_is_called(match[part]) for part in ("one", "two", "three"))


def _one_of_them_told(match: re.Match[str]) -> bool:
    """Whether all three are words that people are called, and one of them nothing else: "jade, immy and cait"."""
    words = [match[part] for part in ("one", "two", "three")]
    told = any(word.casefold() in telling_names() for word in words)
    return told and all(_is_called(word) or is_odd(word) for word in words)


def _is_called(word: str) -> bool:
    small = word.casefold()
    return small in called_so() and small not in _MONTHS and small not in _ALSO_PLACES and not is_label(word)


def _greeted(match: re.Match[str]) -> bool:
    """A name, or a word that no dictionary has and no chat ends with."""
    name = match["name"]
    small = name.casefold()
    if is_common(name) or is_label(name) or is_brand(name) or small in _MOODS_OF_SPEECH:
        return False
    if small in _SHORTEST or small in given_names() or (small in listed_names() and not is_dictionary_word(name)):
        return True
    return is_odd(name) or (len(name) == 2 and name[0].isupper() and not is_dictionary_word(name))


def _greeted_abroad(match: re.Match[str]) -> bool:
    name = match["name"]
    return not (is_everyday(name) or is_common(name) or is_brand(name) or is_label(name))


def _thanked(match: re.Match[str]) -> bool:
    name = match["name"]
    return len(name) >= 4 and name.casefold() not in _MOODS_OF_SPEECH and is_odd(name)


def _spoken_of(match: re.Match[str]) -> bool:
    """A name of any list that hardly means anything else: "i think ro is mad at me"."""
    small = match["name"].casefold()
    if is_common(small) or is_label(small) or is_brand(small) or small in _MONTHS:
        return False
    return small in listed_names() or (small in called_so() and not is_dictionary_word(small))


def _with_somebody(match: re.Match[str]) -> bool:
    """A word with a capital inside a sentence that people are called: "a collab w/ Sapphire"."""
    before = match.string[max(0, match.start() - 2) : match.start()]
    return before[-1:] == " " and not before[:1].isupper() and _called(match)


def _called(match: re.Match[str]) -> bool:
    small = match["name"].casefold()
    return small in called_so() and small not in _MONTHS and not (is_label(small) or is_brand(small))


def _known_as(match: re.Match[str]) -> bool:
    """What somebody is called, also where it is a word: "knows me as Peach"."""
    words = match["name"].split()
    return not any(is_label(word) or is_brand(word) for word in words) and not (
        is_common(words[0]) and words[0].casefold() not in called_so()
    )


def _played(match: re.Match[str]) -> bool:
    """A name of the lists, or a word that no dictionary has, with a capital inside a sentence."""
    name = match["name"]
    small = name.casefold()
    if is_label(name) or is_brand(name) or is_everyday(name) or small in _MONTHS or is_foreign_text(match.string):
        return False
    return small in called_so() or (small in listed_names() and not is_common(small)) or is_odd(name)


def _of_kin(match: re.Match[str]) -> bool:
    name = match["name"]
    return (
        not (is_common(name) and name.casefold() not in called_so())
        and not is_label(name)
        and name.casefold() not in _MONTHS
    )


def _possessed(match: re.Match[str]) -> bool:
    return match["name"].casefold() in called_so()


def _of_the_lists(match: re.Match[str]) -> bool:
    """A name of any list that is no everyday word."""
    small = match["name"].casefold()
    if is_common(small) or is_label(small) or is_brand(small) or small in _MONTHS:
        return False
    return small in listed_names() or small in census_names() or small in called_so() or is_odd(small)


def _after_initials(match: re.Match[str]) -> bool:
    last = match["name"].split()[-1]
    return is_odd(last) or last.casefold() in listed_names()


def _placed(match: re.Match[str]) -> bool:
    """Who came where in a race, or in what time: "Webber 2nd, Button 3rd"."""
    small = match["name"].casefold()
    if small in _MONTHS or _DAYS.fullmatch(small) or is_label(small) or is_brand(small):
        return False
    return small in listed_names() or small in census_names() or is_odd(small)


def _short(text: str) -> bool:
    return len(text) <= _MESSAGE


def _opens_oddly(match: re.Match[str]) -> bool:
    """A message that opens with a word no list has: "Vettel on pole"."""
    return is_odd(match["name"]) and not is_foreign_text(match.string)


def _who(match: re.Match[str]) -> bool:
    name = match["name"]
    return name.casefold() in called_so() or not is_dictionary_word(name)


def beside_rules() -> list[Rule]:
    """The rules, for the recogniser of names; each is asked only of texts that hold a word of it."""
    flags = re.IGNORECASE
    human = by_first_letter(HUMAN)
    return [
        Rule("beside a name, before it", re.compile(rf"(?<![\w@#'’.\-])(?P<name>{_WORD})(?={_JOIN}(?P<other>{_WORD})(?!\w))"), 0.6, group="name", check=_beside_left,
             needs=both(_holds_somebody, contains(*_SMALL_JOINS))),
        Rule("beside a name, after it", re.compile(rf"(?:{_JOIN}|(?P<comma>[ ]/[ ]|,[ ]))(?P<name>{_WORD})(?![\w'’])"), 0.6, group="name", check=_beside_right,
             needs=both(_holds_somebody, contains(", ", " / ", *_SMALL_JOINS))),
        *(
            Rule("two together", re.compile(rf"(?P<one>[A-Z](?<![\w@#'’.\-].)[a-z]{{1,12}})[ ](?:and|&|n)[ ](?P<two>[A-Z][a-z]{{1,12}})[ ](?={human}|eloped|will|would|can|could|should|won['’]t|have|got|are|were|had|met|went|came|broke up|moved|took)"), 0.6, group=part,
                 check=_both_called, needs=both(UPPER_INSIDE, contains(" and ", " & ", " n ")))
            for part in ("one", "two")
        ),
        *(
            Rule("two behind a word", re.compile(r"[a-z][ ](?P<one>[A-Z][a-z]{1,12})[ ](?:and|&|n)[ ](?P<two>[A-Z][a-z]{1,12})(?![\w@'’\-]|[ ][A-Z])"), 0.6, group=part, check=_both_called, needs=both(UPPER_INSIDE, contains(" and ", " & ", " n ")))
            for part in ("one", "two")
        ),
        *(
            Rule("a row of people who are told", re.compile(rf"\b(?:ask|tell|call|text|dm|message|invite|bring|meet|with|miss|love|thank|from|for)[ ](?P<one>{_WORD}),[ ](?P<two>{_WORD}),?[ ](?:and|or|&|n)[ ](?P<three>{_WORD})(?![\w'’])", flags), 0.6, group=part,
                 check=_all_called, needs=_HAS_A_ROW)
            for part in ("one", "two", "three")
        ),
        *(
            Rule("a row of people", re.compile(rf"(?<![\w@#'’.\-])(?P<one>{_WORD}),[ ](?P<two>{_WORD}),?[ ](?:and|or|&|n)[ ](?P<three>{_WORD})(?![\w'’])"), 0.6, group=part,
                 check=_one_of_them_told, needs=both(_HAS_A_ROW, _holds_somebody))
            for part in ("one", "two", "three")
        ),
        Rule("who gets how much", re.compile(r"(?P<other>[A-ZÀ-Þ](?<![\w@#'’.\-].)[a-zà-ÿ]{1,14})[ :]{1,2}[$€£]?\d+[$€£]?(?:,|[ ]and|;|[ ]/)[ ](?P<name>[A-ZÀ-Þ][a-zà-ÿ]{1,14})(?=[ :]{1,2}[$€£]?\d)"), 0.6, group="name", check=_beside_left, needs=both(has_digits(2), _holds_somebody)),
        Rule("one letter below a letter", re.compile(r"[.!?)][ ]?[-–—~][ ]?(?P<name>[A-Z])(?=[ )]*\Z)"), 0.6, group="name", needs=contains("-", "–", "—", "~")),
        Rule("booked under", re.compile(r"\b(?:rooms?|rm|table|book(?:ing|ed)|reserv(?:ation|ed)|hotel|hilton|marriott|appointment|order|check(?:ed)?[ -]in)\b[^\n.!?]{0,30}?\bunder[ ](?:the name[ ])?(?P<name>(?-i:[A-ZÀ-Þ])[\w'’\-]{1,20})", flags), 0.6, group="name", needs=contains("under ")),
        Rule("whose child", re.compile(r"(?P<name>[A-ZÀ-Þ](?<![\w@#'’.\-].)[\w'’\-]{1,14}),?[ ](?:son|daughter|wife|widow|husband|brother|sister|mother|father|child)[ ]of[ ](?=[A-ZÀ-Þ])"), 0.6, group="name", check=_known_as, needs=contains(" of ")),
        Rule("of a register", re.compile(r"\b(?:baptised|baptized|buried|married|deceased|bride|groom|witness|godparents?|plaintiff|defendant|nominee|winner|host|guest|chair|speaker|photo|artist|author|reviewer)s?:[ ](?P<name>(?-i:[A-ZÀ-Þ])[a-zà-ÿ'’]{1,14}(?:[ ](?-i:[A-ZÀ-Þ])[a-zà-ÿ'’]{1,14}){0,2})(?!\w)", flags), 0.55, group="name", check=_known_as, needs=contains(": ")),
        Rule("signed with one word", re.compile(r"[.!?][ ](?P<name>[A-ZÀ-Þ][a-zà-ÿ]{2,11})[ ]?x*\s*\Z"), 0.5, group="name", check=_greeted, needs=UPPER_INSIDE),
        Rule("called to at the start", re.compile(rf"(?:^|[.!?\n][ ]?)(?:{by_first_letter(_ASKS)})[ ,]{{1,2}}(?P<name>[A-Za-zÀ-ÿ]{{2,14}})(?=[ ]?(?:[^\w\s'’\-@#]|\n|\Z))", flags | re.MULTILINE), 0.6, group="name", check=_greeted, needs=says(*_AT_A_START)),
        Rule("called to in another language", re.compile(rf"(?i:(?<!\w)(?:{by_first_letter(_ABROAD)}))[ ,]{{1,2}}(?P<name>[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ]{{1,13}})(?![\w'’])"), 0.6, group="name", check=_greeted_abroad, needs=says(*_AT_A_START_ABROAD)),
        Rule("called to at the end", re.compile(rf"(?:^|[.!?,:\n][ ]?)(?:{by_first_letter(_THANKED)})(?:[ ,]{{1,2}}[a-z'’]{{1,12}}){{0,7}}[ ,]{{1,2}}(?P<name>[a-z]{{4,14}})(?=[ ]?(?:[!?.\n]|\Z))", flags | re.MULTILINE), 0.6, group="name", check=_thanked,
             needs=says("thank", "thanks", "thx", "tysm", "ty", "happy", "hbd", "welcome", "congrats", "love", "miss", "good", "goodnight", "sweet", "proud")),
        Rule("spoken of", re.compile(r"\b(?:think|thinks|thought|says|said|heard|knew|swear|reckon|reckons|guess|because|bc|cuz|apparently|turns out|now|hope)[ ](?P<name>[a-z]{2,10})[ ](?:is|was|has|isn['’]?t|wasn['’]?t|doesn['’]?t|didn['’]?t|won['’]?t|got|went|likes|hates|wants)\b"), 0.6, group="name",
             check=_spoken_of, needs=says("think", "thinks", "thought", "says", "said", "heard", "knew", "swear", "reckon", "reckons", "guess", "because", "bc", "cuz", "apparently", "turns", "now", "hope")),
        Rule("with somebody", re.compile(r"(?:w(?:ith[ ]|/[ ]?)|f(?:ea)?t\.?[ ]|vs\.?[ ]|by[ ]|owes?[ ])(?P<name>[A-Z][a-z]{1,12})(?![\w@'’\-]|[ ][A-Z])"), 0.6, group="name",
             check=_with_somebody, needs=says("with", "w", "feat", "ft", "vs", "by", "owe", "owes")),
        Rule("who somebody is", re.compile(rf"(?P<name>[A-Z](?<![\w@#'’.\-].)[a-z]{{1,14}})(?:[ ](?:is|was)|['’]s)[ ](?:my|our|his|her|their)[ ](?:\w+[ ])?(?:{_PERSONS}|friend|bestie|mate)(?![\w\-])"), 0.6, group="name", check=_of_kin,
             needs=both(says("my", "our", "his", "her", "their"), says("is", "was", "s"))),
        Rule("whose kin", re.compile(rf"(?P<name>[A-Z](?<![\w@#'’.\-].)[a-z]{{1,14}})['’]s[ ](?:\w+[ ])?(?:{_PERSONS}|friend|bestie|birthday|bday|wedding|funeral|school|teacher|phone|number)(?![\w\-])"), 0.6, group="name", check=_possessed, needs=contains("'s ", "’s ")),
        Rule("who is given it", re.compile(rf"\b(?:{by_first_letter('give|gives|gave|bring|brought|hand|handed|show|showed|send|sent|lend|lent|feed|fed|owe|paid|bought')}|{by_first_letter('Give|Bring|Hand|Show|Send|Lend|Feed')})[ ](?P<name>[A-Z][a-z]{{1,14}})[ ](?:her|his|their|back|a|an|the|my|our|some|\d+|[$€£]\d+)(?!\w)"), 0.6, group="name", check=_called,
             needs=says("give", "gives", "gave", "bring", "brought", "hand", "handed", "show", "showed", "send", "sent", "lend", "lent", "feed", "fed", "owe", "paid", "bought")),
        Rule("who died or turns", re.compile(r"(?P<name>[A-Z](?<![\w@#'’.\-].)[a-z]{2,14})[ ](?:has[ ]|just[ ]|'s[ ])?(?:died|dies|passed away|is trending|was born|turns (?:\d|one|two|three|four|five|six|seven|eight|nine|ten)|is \d{1,2} (?:today|tomorrow))(?!\w)"), 0.6, group="name", check=_of_the_lists,
             needs=says("died", "dies", "passed", "trending", "born", "turns", "today", "tomorrow")),
        Rule("one letter after a title", re.compile(r"\b(?:coach|mrs?|ms|miss|dr|prof|uncle|aunt(?:ie|y)?|lil|big|dj|mc)\.?[ ](?P<name>[a-z])(?=[ ]?(?:[,!?;:)\n]|['’]s\b|\.(?!\w)|\Z))", flags), 0.6, group="name",
             needs=says("coach", "mr", "mrs", "ms", "miss", "dr", "prof", "uncle", "aunt", "auntie", "aunty", "lil", "big", "dj", "mc")),
        Rule("a word of its own behind and", re.compile(r"[ ](?:&|and|\+)[ ](?P<name>[A-ZÀ-Þ][a-zà-ÿ]{2,14})(?![\w@'’\-]|[ ][A-Z])"), 0.5, group="name", check=_opens_oddly, needs=both(contains(" & ", " and ", " + "), _short), hint=True),
        Rule("known as", re.compile(r"\b(?:(?:knows?|knew|known|call|calls|called) (?:me |him |her |them |us |you )?(?:online |there |mostly |only |just )?as|a\.?k\.?a\.?|go(?:es|ing)? by|went by|nicknamed|(?:listed|saved|registered|signed up|booked|filed|down) (?:me |him |her |it )?(?:as|under))[ ][\"“'‘]?(?P<name>[A-ZÀ-Þ][\w'’\-]{1,14}(?:[ ][A-ZÀ-Þ][\w'’\-]{1,14})?)(?!\w)"), 0.6, group="name", check=_known_as,
             needs=both(says("as", "aka", "a", "by", "nicknamed", "under"), UPPER_INSIDE)),
        Rule("whom a model plays", re.compile(r"(?:[Yy]ou(?: a|['’])re|[Yy]our name is|[Aa]ct as|[Pp]lay as|[Pp]retend to be|[Rr]oleplay as|RP as|character is|[Uu]ser is|I play|I'll be)[ ](?P<name>[A-ZÀ-Þ][a-zà-ÿ]{1,14})(?=[ ]?[,(.]|[ ](?:and|from|in)\b|\s*\Z)"), 0.6, group="name", check=_played,
             needs=both(says("are", "re", "is", "as", "be", "play", "ll"), UPPER_INSIDE)),
        Rule("whom a question is about", re.compile(r"\b(?:[Ii]s|[Ww]as|[Ii]sn't|[Aa]re)[ ](?P<name>[A-ZÀ-Þ][a-zà-ÿ]{1,14})[ ](?=(?:an?|real|ok|okay|alright|free|coming|single|here|there|still|your|ur|really|around|back|home|mad|sick|in|at|going|with|married|gay|alive|dead|working|the)\b)"), 0.6, group="name", check=_played,
             needs=both(says("is", "was", "isn", "are"), UPPER_INSIDE)),
        Rule("whose it is", re.compile(r"[a-z][ ](?P<name>[A-Z][a-z]{2,12})['’]s[ ](?=[a-z])"), 0.6, group="name", check=_possessed, needs=contains("'s ", "’s ")),
        Rule("who goes or won", re.compile(r"(?P<name>[A-Z](?<![\w@#'’.\-].)[a-z]{3,14})[ ](?=(?:out|in)(?:[ ]?[!,.]|[ ]?\Z)|\d-\d[ ,]+\d-\d)"), 0.5, group="name", check=_of_the_lists,
             needs=matches(r"[ ](?:(?:out|in)[ ]?(?:[!,.]|\Z)|\d-\d[ ,]+\d-\d)")),
        Rule("who came where", re.compile(r"(?P<name>[A-Z](?<![\w@#'’.\-].)[a-z]{2,14})[ ](?=(?:1st|2nd|3rd|[4-9]th|1\dth|20th)(?=[ ]*(?:[,;.\n]|\Z))|P\d{1,2}(?!\w)|\d{1,2}[:.]\d\d\.\d)"), 0.6, group="name", check=_placed,
             needs=has_digits(1), hint=True),
        Rule("opens with a word of its own", re.compile(r"(?P<name>[A-ZÀ-Þ](?:(?<=\A.)|(?<=[.!?][ ].)|(?<=\n.))[a-zà-ÿ]{3,14})(?=['’]s[ ][a-z]|,?[ ][a-z])"), 0.4, group="name", check=_opens_oddly, needs=_short, hint=True),
        Rule("who, then the name", re.compile(r"(?i:who):[ ]@?(?P<name>[A-ZÀ-Þ][a-zà-ÿ]{1,14})(?!\w)"), 0.6, group="name", check=_who, needs=contains("who:")),
        Rule("initials without a full stop", re.compile(r"(?P<name>[A-Z](?<![\w'’.&+\-/].)[ ](?:[A-Z][ ])?[A-Z]{4,20})(?!\w)"), 0.6, group="name", check=_after_initials),
    ]  # fmt: skip
