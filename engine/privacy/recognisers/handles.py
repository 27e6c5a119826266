# ruff: noqa: E501, RUF001, SIM905 (patterns are broken at their parts, and hold the marks that people type)
"""User names: @handles, profile addresses, "discord is ...", user#1234, u/name."""

from __future__ import annotations

import re

from engine.privacy.recognisers.known import is_label
from engine.privacy.recognisers.rules import Rule, RuleRecognizer, contains
from engine.privacy.recognisers.words import is_common, is_dictionary_word

_CODE_WORDS = frozenset(
    """property media import override staticmethod classmethod dataclass param return returns throws deprecated
    interface component injectable input output app test before after types babel angular vue nestjs keyframes
    font-face charset supports layer apply tailwind include mixin extend everyone here channel todo author since see
    link code version abstractmethod pytest click flask router cache lru_cache functools gmail yahoo hotmail
    outlook icloud""".split()
)
_SITES = (
    r"instagram\.com|tiktok\.com|twitter\.com|x\.com|facebook\.com|fb\.com|fb\.me|onlyfans\.com|fansly\.com"
    r"|patreon\.com|twitch\.tv|youtube\.com(?:/c|/user)?|youtu\.be|snapchat\.com/add|linkedin\.com/in|github\.com"
    r"|gitlab\.com|reddit\.com/u(?:ser)?|t\.me|telegram\.me|threads\.net|threads\.com|bsky\.app/profile|linktr\.ee"
    r"|ko-fi\.com|buymeacoffee\.com|cash\.app|venmo\.com(?:/u)?|paypal\.me|paypal\.com/paypalme|medium\.com"
    r"|pinterest\.com|soundcloud\.com|vk\.com|tumblr\.com|flickr\.com/people|behance\.net|dribbble\.com|wa\.me"
    r"|mastodon\.social|keybase\.io|about\.me|steamcommunity\.com/id|open\.spotify\.com/user|substack\.com"
    r"|loyalfans\.com|manyvids\.com|fanvue\.com|beacons\.ai|allmylinks\.com|discord\.gg"
)
_PAGES = frozenset(
    """p reel reels explore stories watch hashtag search login signup about help home share intent status groups pages
    events marketplace settings privacy terms shorts playlist channel features pricing topics in company jobs
    """.split()
)
_PLACES = (
    r"discord|insta(?:gram)?|ig|snap(?:chat)?|telegram|tele|tiktok|twitter|kik|only ?fans|fansly|steam|psn|xbox"
    r"|gamer ?tag|user ?name|user ?id|nick ?name|handle|login|screen ?name|skype|line id|wechat|weixin|twitch|reddit"
    r"|cash ?app|venmo|paypal|github|linkedin|facebook|fb|whatsapp|signal|threads|bluesky|bsky|user|usr|uid|account name"
    r"|benutzername|nutzername|identifiant|pseudo|usuario|nome utente"
)
_APPS = (
    r"insta(?:gram)?|ig|snap(?:chat)?|telegram|tele|tg|discord|tiktok|twitter|kik|only ?fans|fansly|skype|wechat|twitch|reddit|whatsapp"
    r"|steam|xbox|psn"
)
_NAME = r"[A-Za-z0-9_](?:[\w.\-]{1,30}[\w])"


def _not_code(match: re.Match[str]) -> bool:
    after = match.string[match.end() : match.end() + 1]
    return match.group()[1:].casefold() not in _CODE_WORDS and after not in ("/", "(")


def _a_user(match: re.Match[str]) -> bool:
    return match.group(1).casefold() not in _PAGES


def _not_a_word(match: re.Match[str]) -> bool:
    name = match.group("name")
    marked = any(letter.isdigit() or letter in "._-" for letter in name)
    return (marked or len(name) >= 4) and not is_common(name) and "http" not in name


def _goes_on(match: re.Match[str]) -> bool:
    """Whether a word of the dictionary stands there as part of a sentence: "User: remind me", "find content on"."""
    name = match.group("name")
    return name.isalpha() and is_dictionary_word(name)


def _named(match: re.Match[str]) -> bool:
    after = match.string[match.end("name") : match.end("name") + 2]
    sentence = _goes_on(match) and after[:1] == " " and after[1:].isalpha()
    return _not_a_word(match) and not sentence and not re.match(rf"(?:{_SITES})$", match.group("name"), re.IGNORECASE)


def _no_word(match: re.Match[str]) -> bool:
    return _not_a_word(match) and not _goes_on(match) and not is_label(match.group("name"))


def _marked(match: re.Match[str]) -> bool:
    """Whether the word beside an app's name is no word: it holds a digit, or a dot or a line inside."""
    name = match.group("name")
    a_site = re.fullmatch(_SITES, name, re.IGNORECASE) is not None
    return any(letter.isalpha() for letter in name) and re.search(r"\d|\w[._]\w", name) is not None and not a_site


def handle_recogniser() -> RuleRecognizer:
    """Finds user names; the platform's name and the address around them stay."""
    flags = re.IGNORECASE
    rules = [
        Rule("@handle", re.compile(r"(?<![\w@/.`&])@[A-Za-z0-9_À-ɏ](?:(?:[\w.]|-(?=[A-Z0-9])){0,38}\w)?"), 0.9, check=_not_code,
             needs=contains("@")),
        Rule("@handle", re.compile(r"(?<!\w)＠\w{2,30}"), 0.9),
        Rule("profile address", re.compile(rf"(?<![\w.])(?:{_SITES})/[@$+]?([\w.\-]{{2,60}}\w)", flags), 0.9, group=1,
             check=_a_user, needs=contains("/")),
        Rule("user name after the platform's name",
             re.compile(rf"\b(?:{_PLACES})\s?(?:(?:handle|name|tag|id|user|account)\s?)?"
                        rf"(?:\s(?:is|ist|est|es)\s|\s?[:=]\s?|\s[-–>]+\s)"
                        rf"\s?[\"'`]?[@$]?(?P<name>{_NAME})", flags),
             0.75, group="name", check=_named),
        Rule("user name asked for", re.compile(rf"\b(?:{_PLACES})\s?\?\s(?P<name>{_NAME})", flags), 0.65, group="name",
             check=_marked, needs=contains("?")),
        Rule("search for a name", re.compile(
            rf"\b(?:search|find|look up|look for|looking for|follow|add|subscribe to|sub to)\s(?:for\s|up\s)?(?P<name>{_NAME})\s(?:on|over on|at)"
            rf"\s(?:my\s|the\s)?(?:{_APPS})\b", flags), 0.7, group="name", check=_no_word),
        Rule("odd word after the app", re.compile(rf"\b(?:{_APPS})\s(?P<name>[a-z][a-z0-9_.]{{6,29}})(?![\w'’])"), 0.5,
             group="name", check=_no_word),
        Rule("on the app as", re.compile(rf"\b(?:on|at)\s(?:{_APPS})\s(?:as|under)\s@?(?P<name>{_NAME})", flags), 0.7, group="name",
             check=_no_word),
        Rule("live:name", re.compile(r"(?<![\w.:])live:(?:\.cid\.)?[\w.\-]{3,40}\w"), 0.85, needs=contains("live:")),
        Rule("user name after a phrase",
             re.compile(rf"\b(?:add me|find me|follow me|dm me|hit me up|hmu|message me|my user(?:name)?)"
                        rf"(?:\s(?:on|at|as|@)\s?(?:{_PLACES})?)?\s?(?:as|at|under|is|:|@|-)\s[\"'`]?"
                        rf"(?P<name>{_NAME})", flags),
             0.7, group="name", check=_not_a_word),
        Rule("marked name after the app", re.compile(rf"\b(?:{_APPS}|signal|viber|line)(?:,|\s?[:\-–>]+)?\s(?P<name>{_NAME})", flags), 0.65, group="name",
             check=_marked),
        Rule("marked name before the app",
             re.compile(rf"(?<![\w@.])(?P<name>{_NAME})\s(?:on|at)\s(?:my\s|the\s)?(?:{_APPS})\b", flags), 0.65,
             group="name", check=_marked),
        Rule("user#1234", re.compile(r"(?<![\w#])[A-Za-z][\w.\-]{1,31}#\d{4,5}(?!\w)"), 0.85, needs=contains("#")),
        Rule("u/name", re.compile(r"(?<![\w/.])/?u/([A-Za-z0-9_\-]{3,20})\b"), 0.85, group=1, needs=contains("u/")),
        Rule("cash tag", re.compile(r"(?<![\w$])\$[A-Za-z][A-Za-z0-9_\-]{3,19}(?![\w$({])"), 0.5, needs=contains("$")),
        Rule("user in an address", re.compile(r"\b\w+://([^\s/:@]{2,64}):[^\s/@]{2,}@"), 0.8, group=1,
             needs=contains("://")),
    ]  # fmt: skip
    return RuleRecognizer("USERNAME", "HandleRecognizer", rules)
