# ruff: noqa: E501, RUF001, SIM905 (patterns are broken at their parts, and hold the marks that people type)
"""User names: @handles, profile addresses, "discord is ...", user#1234, u/name."""

from __future__ import annotations

import re

from engine.privacy.recognisers.foreign import is_everyday, is_foreign_text
from engine.privacy.recognisers.known import given_names, is_brand, is_label
from engine.privacy.recognisers.links import in_short_link
from engine.privacy.recognisers.patterns import Rule, begins_like, both, by_first_letter, contains, has_digits, matches
from engine.privacy.recognisers.rules import RuleRecognizer
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
    r"|loyalfans\.com|manyvids\.com|fanvue\.com|beacons\.ai|allmylinks\.com|discord\.gg|throne\.com|wishtender\.com|fetlife\.com(?:/users)?|chaturbate\.com"
    r"|stripchat\.com|clips4sale\.com(?:/studio)?|kick\.com|rumble\.com(?:/c|/user)?|justfor\.fans|fancentro\.com|iwantclips\.com(?:/store)?|vsco\.co|etsy\.com/shop|depop\.com|vinted\.com/member"
)
_A_SITE = re.compile(rf"(?:www\.)?(?:{_SITES})/?", re.IGNORECASE)
_PAGES = frozenset(
    """p reel reels explore stories watch hashtag search login signup about help home share intent status groups pages
    events marketplace settings privacy terms shorts playlist channel features pricing topics in company jobs
    """.split()
)
_PLACES = (
    r"discord|insta(?:gram)?|ig|snap(?:chat)?|telegram|tele|tiktok|twitter|kik|only ?fans|fansly|steam|psn|xbox"
    r"|gamer ?tag|user ?name|user ?id|nick ?name|handle|login|screen ?name|skype|line id|wechat|weixin|twitch|reddit"
    r"|cash ?app|venmo|paypal|github|linkedin|facebook|fb|whatsapp|signal|threads|bluesky|bsky|user|usr|uid|account name|sc"
    r"|tumblr|fetlife|mastodon|chaturbate|manyvids|loyalfans|fanvue|myspace|viber|wickr|grindr|tinder|bumble|hinge|okcupid|badoo|soundcloud|youtube|depop|vinted|poshmark|patreon|ko-?fi|kick|rumble|streamate|mfc|bongacams|stripchat|camsoda|clips4sale|iwantclips|throne|wishtender|roblox|minecraft|valorant|epic|gt|bnet|ubisoft|chess\.com|lichess|strava|spotify|letterboxd|goodreads|ao3|wattpad|deviantart|bandcamp|vrchat|duolingo|pinterest|quora|lovense|furaffinity|pixiv|imvu"
    r"|benutzername|nutzername|identifiant|pseudo|usuario|nome utente"
)
_APPS = (
    r"insta(?:gram)?|ig|snap(?:chat)?|telegram|tele|tg|discord|tiktok|twitter|kik|only ?fans|fansly|skype|wechat|twitch|reddit|whatsapp"
    r"|steam|xbox|psn|tumblr|fetlife|chaturbate|manyvids|fanvue|tinder|bumble|hinge|youtube|patreon|streamate|clips4sale|throne|roblox"
)
_NAME = r"[A-Za-z0-9_](?:[\w.\-]{1,30}[\w])"


def is_site(value: str) -> bool:
    """Whether a value is only where people have profiles: "instagram.com"."""
    return _A_SITE.fullmatch(value) is not None


def _not_code(match: re.Match[str]) -> bool:
    after = match.string[match.end() : match.end() + 1]
    return match.group()[1:].casefold() not in _CODE_WORDS and after not in ("/", "(")


def _a_user(match: re.Match[str]) -> bool:
    return match.group(1).casefold() not in _PAGES and not in_short_link(match.string, *match.span(1))


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
    if after[:1] == "(":
        return False  # a call in a program
    sentence = _goes_on(match) and after[:1] == " " and after[1:].isalpha()
    return _not_a_word(match) and not sentence and not re.match(rf"(?:{_SITES})$", match.group("name"), re.IGNORECASE)


def _no_word(match: re.Match[str]) -> bool:
    return _not_a_word(match) and not _goes_on(match) and not is_label(match.group("name"))


def _marked(match: re.Match[str]) -> bool:
    """Whether the word beside an app's name is no word: it holds a digit, or a dot or a line inside."""
    name = match.group("name")
    a_site = re.fullmatch(rf"{_SITES}|[23]fa|mfa", name, re.IGNORECASE) is not None
    return any(letter.isalpha() for letter in name) and re.search(r"\d|\w[._]\w", name) is not None and not a_site


_SOCIAL = (
    "insta", "snap", "telegram", "discord", "tiktok", "twitter", "kik", "onlyfans", "fansly", "reddit", "twitch", "follow", "handle",
    "backup", "search", "clips", "cam", "fetlife", "find me", "dm ", "sub to", "subbed", "add me", "add my", "socials", "profile", "acc ", "account", "user", "page", "subscribe", "tip", "shout", "gamer", "steam", "psn", "xbox", "stream", "fans", " ig ", " ign ", " tg ", " sc ", "yt", "skype", "venmo", "cash", "paypal", "ttv",
)  # fmt: skip
_CAMELS = frozenset(
    """onlyfans youtube tiktok paypal cashapp linkedin facebook snapchat whatsapp github gitlab javascript typescript powerpoint photoshop playstation justforfans loyalfans
    manyvids chaturbate myfreecams clips4sale fancentro bongacams livejasmin streamate pornhub wishtender macbook ipad iphone imessage facetime icloud itunes ebay youporn xvideos fansly
    openai chatgpt pytorch numpy mongodb postgresql mysql graphql airbnb doordash ubereats mcdonalds mastercard bluesky soundcloud wordpress xbox airpods""".split()
)
_social = contains(*_SOCIAL)
_LONG_WORD = matches(r"(?<![a-z])[a-z]{11}")
_CODE = re.compile(
    r"[={}()<>;\\`|]|\b(?:def|import|return|git|pip|npm|sudo|select|column|field|function|variable|branch|repo|config|endpoint|log|logs)\b",
    re.IGNORECASE,
)
_ENDINGS = re.compile(
    r"\.(?:com|net|org|io|co|uk|de|fr|es|it|nl|pt|eu|us|me|app|dev|ai|gov|edu|info|biz|ly|gg|tv|html?|php|aspx?|jsx?|tsx?|py|rs|go|java|c|cpp|cs|rb|sh"
    r"|txt|pdf|docx?|xlsx?|pptx?|csv|json|ya?ml|xml|md|log|png|jpe?g|gif|webp|mp[34]|mov|avi|zip|gz|exe|ini|cfg|toml|lock|env|sql|m|am|pm)$",
    re.IGNORECASE,
)
_NUMBERED_THINGS = frozenset(
    """clips covid windows python photo image video file page step version level chapter season episode part model room item area round week test draft
    final form class grade group phase stage unit track type size scene team player channel section figure table sha base utf ipad iphone
    galaxy pixel xbox playstation html css web gpt llama claude vitamin omega ver rev words mp aa aaa img pic dsc screenshot clip set vol issue day year""".split()
)


def _a_name_of_parts(match: re.Match[str]) -> bool:
    """Words or digits joined by dots or lines, as no sentence joins them: "velvet_fern.x", not "report.pdf"."""
    name = match.group("name")
    head = re.match(r"[a-z]+", name, re.IGNORECASE)
    return (
        sum(letter.isalpha() for letter in name) >= 4
        and _ENDINGS.search(name) is None
        and not re.fullmatch(r"(?:[A-Za-z]\.){2,}[A-Za-z]?|\w\.\w", name)
        and not (head and head.group().casefold() in _NUMBERED_THINGS)
        and not _a_full_stop(name)
        and not _a_constant(match)
        and _code_free(match)
    )


def _a_constant(match: re.Match[str]) -> bool:
    """Whether it is a name in capitals that a program gives a value: `SMTP_PASS=`, `TOKEN_A: `."""
    return match.group("name").isupper() and match.string[match.end("name") : match.end("name") + 1] in ("=", ":")


def _a_full_stop(name: str) -> bool:
    """Whether a sentence ends there and the space was forgotten: "sorry.thanks"."""
    parts = name.split(".")
    return len(parts) == 2 and all(part.isalpha() and is_dictionary_word(part) for part in parts)


def _holds_a_given_name(match: re.Match[str]) -> bool:
    parts = [part.casefold() for part in match.group("name").split("_")]
    if any(len(part) >= 3 and part in given_names() and not is_dictionary_word(part) for part in parts):
        return True
    odd = [
        part for part in parts if len(part) >= 5 and part.isalpha() and not (is_dictionary_word(part) or is_label(part))
    ]
    return bool(odd) and _code_free(match) and not any(is_brand(part) for part in parts)


def _a_name_with_digits(match: re.Match[str]) -> bool:
    """Letters that are no word, or two words written together, with digits after them: "mossypaw77"."""
    letters = (match.group("letters") or match.group("long")).casefold()
    return (
        letters not in _NUMBERED_THINGS
        and not is_dictionary_word(letters)
        and not is_label(letters)
        and not is_brand(letters)
        and _code_free(match)
    )


def _no_product(match: re.Match[str]) -> bool:
    name = match.group("name")
    return not is_brand(name) and name.casefold() not in _CAMELS and _code_free(match)


def _an_account(match: re.Match[str]) -> bool:
    """An initial and a family name in small letters, as firms name accounts: "p.oduya"."""
    return not is_dictionary_word(match.group("name")[2:]) and _code_free(match)


def _code_free(match: re.Match[str]) -> bool:
    return _CODE.search(match.string[max(0, match.start() - 60) : match.end() + 60]) is None


def _words_in_one(match: re.Match[str]) -> bool:
    """Two or three words written as one, as no dictionary has them: "velvetotterdesk"."""
    name = match.group("name")
    return _odd_word(match) and _splits(name.casefold()) and _code_free(match)


def _splits(name: str, least: int = 2) -> bool:
    """Whether `name` is made of words of the dictionary and given names, with one letter between them at most."""
    for cut in range(3, len(name) - 2):
        head = name[:cut]
        if not (is_dictionary_word(head) or head in given_names()):
            continue
        for rest in {name[cut:], name[cut + 1 :]} if cut > 3 else {name[cut:]}:
            if len(rest) >= 3 and (
                is_dictionary_word(rest)
                or rest in given_names()
                or (len(rest) >= 7 and least and _splits(rest, least - 1))
            ):
                return True
    return False


def _odd_word(match: re.Match[str]) -> bool:
    """A word that no dictionary has, where a user name may stand, in a row about such things."""
    name = match.group("name")
    return (
        not (is_dictionary_word(name) or is_label(name) or is_brand(name) or is_everyday(name))
        and not is_foreign_text(match.string)
        and re.fullmatch(_SITES, name, re.IGNORECASE) is None
    )


def _odd_page(match: re.Match[str]) -> bool:
    name = match.group("name")
    return (
        name.casefold() not in _PAGES
        and not in_short_link(match.string, *match.span("name"))
        and not is_dictionary_word(name)
        and not is_label(name)
        and _ENDINGS.search(name) is None
        and sum(letter.isalpha() for letter in name) >= 4
        and not name.isupper()
    )


def handle_recogniser() -> RuleRecognizer:
    """Finds user names; the platform's name and the address around them stay."""
    flags = re.IGNORECASE
    marked = matches(r"\d|\w[._]\w")
    on_an_app = begins_like(f"{_PLACES}|{_APPS}|signal|viber|line")
    places, apps = by_first_letter(_PLACES), by_first_letter(_APPS)
    rules = [
        Rule("@handle", re.compile(r"(?<![\w@/.`&])@[A-Za-z0-9_À-ɏ](?:(?:[\w.]|-(?=[A-Z0-9])){0,38}\w)?"), 0.9, check=_not_code,
             needs=contains("@")),
        Rule("@handle with lines", re.compile(r"(?<![\w@/.`&])@[A-Za-z0-9]{1,20}(?:-[A-Za-z0-9]{1,20}){1,3}(?![\w/(])"), 0.8,
             needs=both(contains("@"), contains("venmo", "github", "gitlab", "etsy"))),
        Rule("@handle", re.compile(r"(?<!\w)＠\w{2,30}"), 0.9, needs=contains("＠")),
        Rule("profile address", re.compile(rf"(?<![\w.])(?:{_SITES})/[@$+]?([\w.\-]{{2,60}}\w)", flags), 0.9, group=1,
             check=_a_user, needs=contains("/")),
        Rule("user name after the platform's name",
             re.compile(rf"\b(?:{places})\s?(?:(?:handle|name|tag|id|user|account)\s?)?"
                        rf"(?:\s(?:is|ist|est|es)\s|[\"'`]?\s?[:=]\s?|\s[-–>]+\s)"
                        rf"\s?[\"'`]?[@$]?(?P<name>{_NAME})", flags),
             0.75, group="name", check=_named, needs=both(on_an_app, matches(r"[:=>\-–]|\s[ieIE][sS][tT]?\s"))),
        Rule("user name asked for", re.compile(rf"\b(?:{places})\s?\?\s(?P<name>{_NAME})", flags), 0.65, group="name",
             check=_marked, needs=both(contains("?"), on_an_app, marked)),
        Rule("search for a name", re.compile(
            rf"\b(?:search|find|look up|look for|looking for|follow|add|subscribe to|sub to)\s(?:for\s|up\s)?(?P<name>{_NAME})\s(?:on|over on|at)"
            rf"\s(?:my\s|the\s)?(?:{apps})\b", flags), 0.7, group="name", check=_no_word,
             needs=both(on_an_app, contains("search", "find", "look", "follow", "add", "subscribe", "sub to"))),
        Rule("odd word after the app", re.compile(rf"\b(?:{apps})\s(?P<name>[a-z][a-z0-9_.]{{6,29}})(?![\w'’])"), 0.5,
             group="name", check=_no_word, needs=on_an_app),
        Rule("on the app as", re.compile(rf"\b(?:on|at)\s(?:{apps})\s(?:as|under)\s@?(?P<name>{_NAME})", flags), 0.7, group="name",
             check=_no_word),
        Rule("live:name", re.compile(r"(?<![\w.:])live:(?:\.cid\.)?[\w.\-]{3,40}\w"), 0.85, needs=contains("live:")),
        Rule("user name after a phrase",
             re.compile(rf"\b(?:add me|find me|follow me|dm me|hit me up|hmu|message me|my user(?:name)?)"
                        rf"(?:\s(?:on|at|as|@)\s?(?:{places})?)?\s?(?:as|at|under|is|:|@|-)\s[\"'`]?"
                        rf"(?P<name>{_NAME})", flags),
             0.7, group="name", check=_not_a_word,
             needs=contains("add me", "find me", "follow me", "dm me", "hit me up", "hmu", "message me", "my user")),
        Rule("marked name after the app", re.compile(rf"\b(?:{apps}|signal|viber|line|user ?name|login|nick(?:name)?)(?:,|\s?[:\-–>]+)?\s(?P<name>{_NAME})", flags), 0.65, group="name",
             check=_marked, needs=both(on_an_app, marked)),
        Rule("marked name before the app",
             re.compile(rf"(?<![\w@.])(?P<name>{_NAME})\s(?:on|at)\s(?:my\s|the\s)?(?:{apps})\b", flags), 0.65,
             group="name", check=_marked, needs=both(on_an_app, marked)),
        Rule("words joined as in user names", re.compile(
            r"(?<![\w@./\-:#+&%])(?P<name>[A-Za-z0-9]{1,20}(?:[._]{1,2}[A-Za-z0-9]{1,20}){1,4}_?)(?![\w@/(\-]|\.\w|:\w)"), 0.55, group="name",
            check=_a_name_of_parts, needs=_social),
        Rule("a given name between lines", re.compile(r"(?<![\w@./\-:#+&%])(?P<name>[A-Za-z0-9]{0,16}(?:_[A-Za-z0-9]{1,16}){1,4}_?)(?![\w@/(\-]|\.\w|:\w)"), 0.5,
             group="name", check=_holds_a_given_name, needs=contains("_")),
        Rule("a line and digits", re.compile(
            r"(?<![\w@./\-:#+&%])(?P<name>(?=\w{0,28}[a-z]{3})(?=\w*_)[A-Za-z][A-Za-z0-9_]{3,28}\d_{0,2}|[xX]{1,2}_\w{3,24}_[xX]{1,2})(?![\w@/(\-.]|:\w)"), 0.5,
            group="name", check=_a_name_of_parts, needs=contains("_")),
        Rule("letters and digits", re.compile(
            r"(?<![\w@./\-:#+&%$])(?P<letters>[A-Za-z][a-z]{4,20})\d{2,4}(?![\w@/(\-%]|[.:]\w)|(?<![\w@./\-:#+&%$])(?P<long>[a-z]{8,20})\d(?![\w@/(\-%]|[.:]\w)"), 0.45,
            check=_a_name_with_digits, needs=has_digits(1)),
        Rule("odd word where a user name stands", re.compile(
            r"\b(?:as|is|its|it[’']s|im|i[’']m|under|called|my|user|name|follow|add|me(?: on| at)?)(?:\s?[:\-–]|,)?\s(?P<name>[a-z](?:[a-z0-9]|-(?=[a-z])){5,24})(?![\w'’@]|[.\-]\w)", flags),
            0.5, group="name", check=_odd_word, needs=_social),
        Rule("words in one", re.compile(r"(?<![\w@./\-:#+&%$'’])(?P<name>[a-z]{11,26})(?![\w@/(\-'’]|[.:]\w)"), 0.4, group="name", check=_words_in_one, needs=_LONG_WORD, hint=True),
        Rule("r/name", re.compile(r"(?<![\w/.])/?r/([A-Za-z0-9_]{3,21})\b"), 0.5, group=1, check=lambda match: not is_dictionary_word(match.group(1)), needs=contains("r/")),
        Rule("digits inside a word", re.compile(
            r"(?<![\w@./\-:#+&%$])(?P<name>[A-Za-z]{3,12}\d{1,3}[A-Za-z]{3,12}\d{0,4})(?![\w@/(\-%]|[.:]\w)"), 0.45, group="name",
            check=_a_name_of_parts, needs=has_digits(1)),
        Rule("a page of somebody", re.compile(
            r"(?<![\w@.\-])(?:https?://)?(?:www\.)?[a-z0-9\-]{2,30}\.(?:com|tv|me|app|gg|ly|bio|fans|link|net|live|xxx|cam|chat|vip|club|page|social|co|io)/@?(?P<name>[A-Za-z][\w.\-]{3,30}\w)(?=[\s,;!?)]|[.]?$|[.]\s)",
            flags), 0.6, group="name", check=_odd_page, needs=contains("/")),
        Rule("name that ends in .eth", re.compile(r"(?<![\w.@/])[a-z0-9\-]{3,40}\.(?:eth|sol|crypto|bnb|xmr|near|lens|algo)(?![\w.])", flags), 0.7, needs=contains(".eth", ".sol", ".crypto", ".bnb", ".xmr", ".near", ".lens", ".algo")),
        Rule("a line at the end", re.compile(r"(?<![\w@./\-:#+&%$`])(?P<name>(?=[\w.]{0,28}[a-z]{4})[A-Za-z][A-Za-z0-9.]{5,28}_{1,3})(?![\w@/(\-=\[.:`])"), 0.5, group="name", check=_code_free,
             needs=contains("_ ", "_,", "_!", "_?", "_\n")),
        Rule("capitals inside a word", re.compile(
            r"\b(?i:search|searching|find|follow|following|add|added|as|im|i['’]m|is|its|it['’]s|on|by|from|to|user|shout ?out to|handle|account|at|under|message|dm|hit up|check out|subbed to|thanks|thank you|ty|ign|gamertag|called|named)(?:\s(?i:for|my|the|to|me))?[:]?\s"
            r"(?P<name>(?:[A-Z][a-z]{1,14}){2,4}\d{0,4}|[a-z]{2,10}(?:[A-Z][a-z]{1,14}){1,3}\d{0,4})(?![\w@(/]|\.\w)"), 0.5, group="name", check=_no_product, needs=_social),
        Rule("initial and family name", re.compile(r"(?<![\w.@/\-])(?P<name>[a-z]\.[a-z]{4,16}\d{0,3})(?![\w.@(/=\[])"), 0.45, group="name", check=_an_account,
             needs=contains(".")),
        Rule("name of a mailbox", re.compile(rf"\bmy\s(?:work\s|new\s|other\s)?(?:g|e-?|proton|hot)?mail\s?(?:is|:|=)\s(?P<name>{_NAME})", flags), 0.6,
             group="name", check=_no_word, needs=contains("mail")),
        Rule("user#1234", re.compile(r"(?<![\w#])[A-Za-z][\w.\-]{1,31}#(?:\d{4,5}|[A-Z][A-Z0-9]{2,4})(?!\w)"), 0.85, needs=contains("#")),
        Rule("u/name", re.compile(r"(?<![\w/.])/?u/[A-Za-z0-9_\-]{3,20}\b"), 0.85, needs=contains("u/")),
        Rule("cash tag", re.compile(r"(?<![\w$])\$(?![A-Z_]+\b)[A-Za-z][A-Za-z0-9_\-]{3,19}(?![\w$({])"), 0.5, needs=contains("$")),
        Rule("account in a record", re.compile(
            r"(?<![^\s,;{(\[\"'`&?|<])(?:\w{1,20}[_.\-])?(?:user(?:[_\-]?name)?|usr|uname|login|account[_\-]?name|nick(?:name)?|handle|screen[_\-]?name|principal|owner|actor)"
            r"[\"'`]?\s?[:=]\s?[\"'`]?(?P<name>\w[\w.\-]{2,40})(?![\w@(])", flags), 0.65, group="name", check=_no_word,
             needs=both(contains("=", ":"), contains("us", "login", "uname", "name", "nick", "handle", "princ", "owner", "actor"))),
        Rule("account in a log", re.compile(
            r"\b(?:for|user|by|as|account)\s(?:invalid\suser\s)?(?P<name>[a-z_][\w.\-]{2,31})\s(?:from|at|@)\s(?=\d{1,3}\.\d{1,3}\.|[0-9a-f]{1,4}:[0-9a-f:]{3})", flags),
             0.65, group="name", needs=both(has_digits(3), contains(" from ", " at ", " @ "))),
        Rule("who logged in", re.compile(
            r"\b(?:log(?:ged)?[ \-]?(?:in|on)|sign(?:ed)?[ \-]?in|session|access(?:ed)?|request)\b[^\n]{0,60}?\b(?:by|as|user)\s(?P<name>[a-z_][\w.\-]{2,31})(?![\w@])", flags), 0.6, group="name",
             check=_marked, needs=both(marked, contains(" by ", " as ", " user "))),
        Rule("odd word after a login", re.compile(
            r"\b(?:user ?name|log(?:ged )?[ \-]?in from [\da-f.:]{7,39} (?:by|as))\s(?P<name>[a-z]{4,30})(?=[ ]*(?:[,;.\n]|\Z))", flags), 0.6, group="name",
             check=_odd_word, needs=contains("user name", "username", "login", "log in", "logged")),
        Rule("client of a server", re.compile(r"[\da-f]\s-\s(?P<name>[\w.\-]{2,40})\s\[\d{1,2}/[A-Z]"), 0.65, group="name", needs=contains(" - ")),
        Rule("account of a command", re.compile(
            r"\b(?:mysql|mysqldump|mariadb|psql|mongo(?:sh)?|sqlcmd|ssh|scp|ftp|smbclient|ldapsearch)\b[^\n]{0,60}?\s-[uUl]\s?(?P<name>[A-Za-z][\w.\-]{2,31})(?=\s|$)"), 0.65, group="name",
             needs=contains(" -u", " -l")),
        Rule("account that somebody has", re.compile(
            rf"\b(?:(?:real|fake|new|old|other|main|second|backup|spam|private|alt|actual|only)\s(?:acct?|account|profile|page|one|insta|user|handle)|finsta|alt account)\s(?:is|was|:|=|called|named)\s[\"'`]?(?P<name>{_NAME})(?![\w@(])", flags), 0.65, group="name",
             check=_marked, needs=both(marked, contains("acc", "profile", "page", " one ", "insta", "user", "handle"))),
        Rule("user in an address", re.compile(r"\b\w+://([^\s/:@]{2,64}):[^\s/@]{2,}@"), 0.8, group=1,
             needs=contains("://")),
    ]  # fmt: skip
    return RuleRecognizer("USERNAME", "HandleRecognizer", rules)
