# ruff: noqa: E501, RUF001 (patterns are broken at their parts, and hold the marks that people type)
"""Codes and passwords that a sentence announces: what a door, a safe, a phone or a network opens with.

"Password is ..." says it plainly. More often two words do it together, with others between them: what is locked
("gate", "safe", "wifi"), and what is done with the code ("opens with", "press", "the key is"). What follows them and
holds a digit, or stands in quotation marks, is the code.
"""

from __future__ import annotations

import re

from engine.privacy.recognisers.contacts import DIGIT_WORD, SPOKEN, spoken_digits
from engine.privacy.recognisers.patterns import Rule, both, contains, has_digits, matches
from engine.privacy.recognisers.words import is_common

_LOCKED = (
    r"safe|lockers?|lock ?box|key ?box|key ?safe|vault|pad ?lock|(?:bike|door|gate|suitcase|combination) ?lock|key ?pad|doors?|gates?|garage|alarm|intercom|buzzer|entry ?phone|lobby"
    r"|building|cabinet|parcel|pick-?up|mail ?box|wi-?fi|wlan|hot ?spot|router|network|phone|mobile|tablet|ipad|laptop|sim(?: card)?|voice ?mail|storage|airbnb|lift|elevator"
)
_DONE = r"opens?|unlocks?|unlocking|codes?|combo|combination|pin|puk|pass ?word|pass ?code|pass|pw|key|press|type|types|enter|dial|punch(?: in)?|then|tap|hit|put in|key in|arm|disarm"
_LOCKS = contains(
    "safe", "lock", "key", "vault", "door", "gate", "garage", "alarm", "intercom", "buzzer", "entry", "lobby", "building", "cabinet", "parcel", "pick",
    "mailbox", "wifi", "wi-fi", "wlan", "hotspot", "router", "network", "phone", "mobile", "tablet", "ipad", "laptop", "sim", "voicemail", "storage", "airbnb", "lift", "elevator",
)  # fmt: skip
_TURN = r"\d{1,2}(?:\s(?:left|right|clockwise|l|r))?"
_TURNS = rf"(?:{_TURN}(?:[,\-]\s?|\s){_TURN}(?:(?:[,\-]\s?|\s){_TURN}){{1,2}}|\d(?:\s\d){{3,7}})"
_GROUPS = r"\d{2,4}(?:[ \-]\d{2,4}){1,3}"
_FOREIGN_CODE = (
    r"code|codes|kod|koden|kode|c[óo]digo|codice|clave|combinaci[óo]n|chiave|schl[üu]ssel|digicode|codigo|код"
)
_OTHER_CODES = r"(?:post|zip|bar|qr|promo|country|vs|gutschein|rabatt|area|source|uni|op|byte|geo|en|de|l[äa]nder|fehler|vorwahl|streepjes|kortings|strich|quell|trans|pseudo|error|exit|status)[^\W\d_]{0,8}-?(?:code|kod)"
_FOREIGN_LOCKED = (
    r"t[üu]r|haust[üu]r|tor|schloss|safe|tresor|spind|keller|alarm(?:anlage)?|garage|fahrrad|wlan|handy|porte|portail|immeuble|coffre|casier|interphone|entr[ée]e|alarme|wifi|puerta|portal|port[óo]n|verja|caja fuerte|candado|alarma|entrada"
    r"|porta|portone|cancello|cassaforte|lucchetto|armadietto|allarme|ingresso|deur|voordeur|poort|kluis|slot|kluisje|fiets|alarm|bram[ay]|drzwi|sejfu?|domofonu?|szafki|k[łl][óo]dki|port[ãa]o|cofre|cadeado|d[öo]rren|porten|kassask[åa]pet|двери|сейфа|подъезда|домофона"
)
_CODE = rf"(?:{_TURNS}|[#*]?(?=[\w\-#*!]*\d)\w(?:[\w\-#*!]{{1,24}}[\w#*!]))"
_NO_CODE = re.compile(
    r"\d+(?:st|nd|rd|th|am|pm|h|hrs?|mins?|s|ms|k|m|km|cm|mm|ft|kg|g|x|gb|mb|gbps|mbps|ghz|mhz|hz|px|p|v|w|mah|°|fps)|[0-9]{1,2}[:h][0-9]{2}|\w\d?|(?:v|ios|ipad|iphone|windows|android|wifi|usb|ip|ipv|mp|covid|photo|page|step|room|level|floor|gate)-?\d{1,2}\w?",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_OF_A_YEAR = re.compile(
    r"\b(?:in|since|from|of|by|until|till|year|built|early|late|summer|winter|spring|fall|in the|[a-z]{3,9}\.? \d{1,2},?)\s$",
    re.IGNORECASE,
)
_ODD = r"(?<![\w@./:$€£+#%=\-<(])(?P<value>[#*]?(?=[\w&!#*+~^\-]{0,40}\d)(?=[\w&!#*+~^\-]{0,40}[^\W\d_])\w[\w&!#*+~^\-]{3,40}|[#*]?\d{4,8}[#*]?|\d(?:-\d){2,7})(?![\w@%°/=(<]|[.:,]\d|[.]\w)"
_VOUCHER = re.compile(r"[A-Z]{3,}\d{1,3}|[A-Z]{1,5}-\d{1,5}")
_NO_ODD = re.compile(
    _VOUCHER.pattern
    + r"|\d+(?:-\w+){1,3}|[A-Z]?[a-z]+-?\d{1,2}|[a-z]+(?:-[a-z]+)*-\d|(?:19|20)\d{2}s?|\d{1,2}(?:am|pm)?-\d{1,2}(?:am|pm)?|[0-9a-f]{7,12}|v\d.*|(?:sha|md|aes|rsa|utf|ipv|http|mp|base|h)-?\d+\w*",
)
_THING_BEFORE = re.compile(
    r"\b(?:promo|discount|coupon|voucher|gift|referral|invite|zip|post|postal|area|country|dress|bar|error|exit|status|source|morse|tax|sort|swift|product|http)\s(?:codes?|keys?)\b[^\n]{0,24}$",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\s(?:[a-z]{2,}[a-rt-z]s|people|percent|more|of|per|dollars|euros?)\b", re.IGNORECASE)
_NEAR = r"pass ?words?|pass ?phrases?|pass ?codes?|passwd|pwd|pw|wpa[23]?|psk|2fa|mfa|totp|otp|login|log-?in|unlock\w*|credentials?|creds|vault|key ?card|master key|keys?|codes?|combo|combination|pins?|puk|disarm|duress|memorable|security answer|contrase[ñn]a|passwort|kennwort|mot de passe|mdp|senha|wachtwoord|parola|has[łl]o|şifre|пароль|код|密码|暗証番号|비밀번호"
_SURELY = r"pass ?words?|pass ?phrases?|pass ?codes?|passwd|pwd|pw|pins?|puk|wpa[23]?|otp|combo|combination|vault|disarm|duress|key ?pad|pad ?lock|lock ?box|key ?safe|(?:bike|luggage|suitcase|door|gate|phone|screen) ?lock|(?:alarm|door|gate|entry|security|access) (?:panel|code|pin)|contrase[ñn]a|passwort|kennwort|mdp|senha|wachtwoord|parola|has[łl]o|şifre|пароль|密码|暗証番号|비밀번호"
_NEAR_BEFORE = re.compile(rf"(?<![^\W_])(?P<word>{_NEAR})(?![^\W_])(?P<between>[^\n]{{1,48}})$", re.IGNORECASE)
_SURELY_BEFORE = re.compile(rf"(?<![^\W_])(?:{_SURELY})(?![^\W_])(?P<between>[^\n]{{1,40}})$", re.IGNORECASE)
_SURELY_AFTER = re.compile(
    rf"\s(?:is|for|opens|unlocks|=|was|at|on)\s(?:(?:the|my|your|our|his|her|their)\s)?(?:\w+\s){{0,2}}(?:{_SURELY}|codes?|gate|alarm|safe|garage)\b",
    re.IGNORECASE,
)
_ASKED_FOR = re.compile(
    rf"\s(?:\w+\s){{0,3}}(?:asks?|prompt(?:s|ed)?|wants?|needs?)\s(?:\w+\s){{0,4}}(?:{_SURELY})\b", re.IGNORECASE
)
_CLAUSE_ENDS = re.compile(
    r"[.!?;](?:\s|$)|\s(?:but|because|so|while|when|after|before|until|error|version|page|line|at|by|from)\s",
    re.IGNORECASE,
)
_NEAR_A_SECRET = contains(
    "pass", "pw", "wpa", "psk", "2fa", "mfa", "otp", "login", "log-in", "unlock", "cred", "vault", "key", "code", "combo", "combination", "pin", "puk", "disarm", "duress",
    "lock", "memorable", "security", "contrase", "kennwort", "mdp", "senha", "wachtwoord", "parola", "has", "şifre", "пароль", "код", "密码", "暗証", "비밀",
)  # fmt: skip
_WORDS = r"pass[ -]?phrases?|pass ?words?|pass ?codes?|(?:code|magic|secret|key)[ -]?(?:word|phrase)s?|word to get (?:in|through|past)|pwd?|pin"
_PLACEHOLDERS = frozenset(
    "password passwort string none null true false required optional example changeme hidden value text your".split()  # noqa: SIM905
)


def _a_code(match: re.Match[str]) -> bool:
    """Refuse "the door opens at 10am" and "press 3": a measure, a time, a year or one digit opens nothing."""
    value = match.group("value").strip("-!")
    digits = sum(letter.isdigit() for letter in value)
    if value.isdigit() and _COUNTED.match(match.string, match.end("value")):
        return False
    if _NO_CODE.fullmatch(value) or _of_a_year(match):
        return False
    return digits >= 3 or (digits >= 1 and len(value) >= 5)


def _of_a_year(match: re.Match[str]) -> bool:
    """Whether four digits are a year: a word of time stands before them."""
    at = match.start("value")
    return (
        _YEAR.fullmatch(match.group("value")) is not None
        and _OF_A_YEAR.search(match.string[max(0, at - 16) : at]) is not None
    )


def _a_foreign_code(match: re.Match[str]) -> bool:
    """A code of a door or the like, in words of another language; no code of the post and no error."""
    return _a_code(match) and sum(map(str.isdigit, match.group("value"))) >= 3


def _of_a_thing(match: re.Match[str]) -> bool:
    """A code of the shed or the sluice; none of the post, of a discount or of an error, and no year."""
    before = match.string[max(0, match.start("value") - 72) : match.start("value")]
    value = match.group("value")
    with_a_letter = not value.isdigit() and sum(map(str.isdigit, value)) >= 4
    return (with_a_letter or _a_code(match)) and not _THING_BEFORE.search(before)


def _groups_of_a_key(match: re.Match[str]) -> bool:
    """Groups of one length, most of them of letters and digits at once."""
    groups = re.split(r"[ \-]", match.group())
    mixed = sum(any(map(str.isdigit, group)) and any(map(str.isalpha, group)) for group in groups)
    return len({len(group) for group in groups}) == 1 and mixed * 2 >= len(groups)


def _a_key(match: re.Match[str]) -> bool:
    """Whatever no sentence goes on with: a word with a digit, a mark or capitals inside."""
    value = match.group("value").rstrip(".!?")
    return len(value) >= 6 and not value.isalpha() and value.casefold() not in _PLACEHOLDERS


def _a_key_and_no_file(match: re.Match[str]) -> bool:
    """The same, but not the file that is copied to a machine: `ann@host.example:photos-2.zip`."""
    return _a_key(match) and re.search(r"\.\w{1,4}\Z", match.group("value")) is None


def _in_words(match: re.Match[str]) -> bool:
    """Three digits and more that are said one at a time."""
    return spoken_digits(match.group("value")) >= 3


def _odd_beside(match: re.Match[str]) -> bool:
    """A word of letters and digits or marks, as no sentence has it, in the clause of a word for a secret."""
    value = match.group("value")
    before = match.string[max(0, match.start("value") - 72) : match.start("value")]
    mixed = not value.isdigit() and any(map(str.isalpha, value))
    if _NO_CODE.fullmatch(value) or _of_a_year(match) or _THING_BEFORE.search(before):
        return False
    if not mixed or _NO_ODD.fullmatch(value):
        if _COUNTED.match(match.string, match.end("value")) or _VOUCHER.fullmatch(value):
            return False
        near = _SURELY_BEFORE.search(before)
        after = not mixed and _SURELY_AFTER.match(match.string, match.end("value")) is not None
        return after or (near is not None and not _CLAUSE_ENDS.search(near["between"]))
    near = _NEAR_BEFORE.search(before)
    if near is not None and not _CLAUSE_ENDS.search(near["between"]):
        return True
    end = match.end("value")
    return (_SURELY_AFTER.match(match.string, end) or _ASKED_FOR.match(match.string, end)) is not None


def _a_phrase(match: re.Match[str]) -> bool:
    value = match.group("value")
    return value.casefold().strip() not in _PLACEHOLDERS and not re.search(r"[{}<>$\[\]]|\.\.\.", value)


def _a_word(match: re.Match[str]) -> bool:
    value = match.group("value")
    return not is_common(value) and value.casefold() not in _PLACEHOLDERS


def announced_rules() -> list[Rule]:
    """The rules, for the recogniser of secrets."""
    flags = re.IGNORECASE
    return [
        Rule("what something opens with", re.compile(
            rf"\b(?:{_LOCKED})\b(?:[^\n.!?]|[.](?=\w)){{0,48}}?\b(?:{_DONE})\b(?:[^\w\n#*]{{1,4}}|[^\w\n#*]{{0,2}}(?='s\b|’s\b))(?:(?:['’]?s|is|are|was|with|to|on|by|in|it['’]?s|now|still|just|set|changed)\b[^\w\n#*]{{1,3}}){{0,3}}"
            rf"(?P<value>{_CODE})(?![\w/%°]|[.:]\d)", flags), 0.7, group="value", check=_a_code, needs=both(has_digits(1), _LOCKS)),
        Rule("turns of a dial", re.compile(
            rf"\b(?:combo|combination|pin|code|safe|lock|key ?safe|keypad|vault|dial)\b(?:\s(?:on|for|to|of)\s(?:\S+\s){{1,3}}?)?(?:\s?(?:is|was|:|=|,|->)){{0,2}}(?:\s|(?<=\s))(?P<value>{_TURNS})(?![\w/%°]|[.:,]\d)", flags), 0.65, group="value",
             needs=both(has_digits(3), contains("combo", "combination", "pin", "code", "safe", "lock", "keypad", "vault", "dial"))),
        Rule("code in other languages", re.compile(
            rf"(?<![^\W_])(?:(?:{_FOREIGN_CODE})\s(?:[^\W\d_]{{1,6}}['’\s]\s?){{1,3}}?(?:{_FOREIGN_LOCKED})|(?!{_OTHER_CODES})[^\W\d_]{{2,20}}-?(?:code|kod|koden|kode))(?:\s?[:=]|\s(?:is|ist|lautet|est|es|è|é|e|jest|to|är|er|c['’]est))?\s(?P<value>{_GROUPS}|{_CODE})(?![\w/%°]|[.:,]\d)", flags), 0.65,
             group="value", check=_a_foreign_code, needs=both(has_digits(3), contains("code", "kod", "códi", "codi", "clave", "combinaci", "chiave", "schl", "код", "pin"))),
        Rule("mail and password", re.compile(
            r"(?<![\w.])[\w.+\-]{2,40}@[\w\-]{2,40}(?:\.[a-z]{2,10}){1,2}\s?[/|:]\s?(?P<value>(?=[^\s]*\d|[^\s]*[!#$%^&*_~\-])[^\s/|\"”,;]{6,40})(?![\w/])", flags), 0.65, group="value",
             check=_a_key_and_no_file, needs=both(contains("@"), contains("/", "|", ":"))),
        Rule("network and its key", re.compile(
            r"\b(?:wi-?fi|wlan|ssid|hot ?spot|network)\b[ ]?[:=][ ]?(?:[\"“][^\"”\n]{2,30}[\"”]|[^\s/|,]{2,30})[ ]?[/|,][ ]?(?:key|pw|pass(?:word)?)?[:=]?[ ]?[\"“]?(?P<value>[^\s\"”,;]{6,60})", flags), 0.7, group="value",
             check=_a_key, needs=both(contains("wifi", "wi-fi", "wlan", "ssid", "hotspot", "hot spot", "network"), contains("/", "|", ","))),
        Rule("what a lock was changed to", re.compile(
            rf"\b(?:changed|set|reset|switched)\s(?:the|my|our|her|his|their|your)\s(?:{_LOCKED})(?:\s(?:code|pin|combination))?\s(?:back\s)?to\s(?P<value>{_GROUPS}|{_CODE})(?![\w%/°]|[.:,]\d)", flags), 0.65, group="value",
             check=_a_code, needs=both(has_digits(3), _LOCKS)),
        Rule("code of a door, after a colon", re.compile(
            rf"\b(?:{_LOCKED})\s(?:code|pin)\b[^\n.!?:]{{1,48}}:\s(?P<value>{_CODE})(?![\w%/°]|[.:,]\d)", flags), 0.65, group="value",
             check=_a_code, needs=both(has_digits(3), _LOCKS)),
        Rule("code of a thing", re.compile(
            r"\bcode\s(?:for|on|to|of)\s(?:the|my|our|ur|his|her|their)\s(?:[\w'’]+\s){1,3}?(?:(?:is|was|=|:)\s)?(?P<value>\d(?:-?\d){2,7}[A-Za-z]?|[A-Za-z]\d{3,7})(?![\w%/°]|[.:,]\d)", flags), 0.65, group="value",
             check=_of_a_thing, needs=both(has_digits(3), contains("code"))),
        Rule("groups of a recovery key", re.compile(
            r"(?<![\w\-])(?=(?:[a-z\-\s]{0,40}\d){3})(?=[\d\-\s]{0,40}[a-z])(?:[0-9a-z]{4,5}[ \-]){4,12}[0-9a-z]{4,5}(?![\w\-])"), 0.65, check=_groups_of_a_key, needs=has_digits(5)),
        Rule("code in words", re.compile(
            rf"\b(?:{_SURELY}|codes?|gate|locker|alarm|cvv|cvc)\b[^\n.!?\d]{{0,40}}?\s(?P<value>(?:{DIGIT_WORD})(?:[\s,.\-]{{1,3}}(?:{DIGIT_WORD})){{2,9}})\b", flags), 0.65, group="value", check=_in_words, needs=both(_NEAR_A_SECRET, SPOKEN)),
        Rule("number in words", re.compile(
            rf"\b(?:account|acct|order|policy|member(?:ship)?|customer|booking|case|claim|badge|employee|student|passport|licen[cs]e|ref(?:erence)?|number|plate|id)\b[^\n.!?\d]{{0,30}}?\s(?P<value>(?:{DIGIT_WORD})(?:[\s,.\-]{{1,3}}(?:{DIGIT_WORD})){{3,14}})\b", flags), 0.55,
            group="value", entity="ID", check=lambda match: 4 <= spoken_digits(match.group("value")) < 7, needs=SPOKEN),
        Rule("unlocks it", re.compile(
            rf"\bunlock(?:s|ed|ing)?\b[^\n.!?]{{0,30}}?\b(?:it['’]?s|is|with|use|code|pin)[^\w\n#*]{{1,3}}(?P<value>{_CODE})(?![\w/%°]|[.:]\d)", flags), 0.7, group="value",
             check=_a_code, needs=both(has_digits(3), contains("unlock"))),
        Rule("phrase in quotation marks", re.compile(
            rf"\b(?:{_WORDS})\b(?:\s(?:for|to|of|on|at)\s(?:[\w'’]+\s?){{1,4}}?)?(?:['’]s|\s(?:is|was|are)(?:\s(?:now|still))?|\s?[:=])\s?(?:[\"“«](?P<value>[^\"”»\n]{{3,80}})[\"”»])", flags),
             0.8, group="value", check=_a_phrase, needs=both(contains("pass", "word", "phrase", "pw", "pin"), matches("[\"“«]"))),
        Rule("word that lets in", re.compile(
            r"\b(?:(?:code|magic|secret|pass)[ -]?word|word to get (?:in|through|past))(?:\s(?:is|was)|\s?:|['’]s)\s[\"'“‘]?(?P<value>[^\W\d_]{4,20})\b", flags), 0.65, group="value",
             check=_a_word, needs=contains("word")),
        Rule("user and password", re.compile(
            r"\b(?:user(?:name)?|login|log in)\b[:\s]{1,3}\S{2,40}[\s,;/]{1,3}(?:and\s)?(?:pass(?:word|wd|code)?|pwd?)[:\s]{1,3}[\"'`]?(?P<value>[^\s\"'`,;]{4,60})", flags), 0.7,
             group="value", check=_a_word, needs=both(contains("user", "login", "log in"), contains("pass", "pw"))),
        Rule("odd word beside a word for a secret", re.compile(_ODD), 0.55, group="value", check=_odd_beside, needs=both(has_digits(1), _NEAR_A_SECRET)),
        Rule("argument of a call that logs in", re.compile(
            r"\b\w{0,20}(?:auth|login|log_in|authenticate|sign_?in|set_?password|HTTPBasicAuth)\w{0,12}\s?=?\s?\(\s?(?:[\"'][^\"'\n]{1,60}[\"'],\s?)?[\"'](?P<value>[^\"'\s]{5,80})[\"']", flags), 0.75, group="value",
             check=_a_word, needs=both(contains("("), contains("auth", "login", "log_in", "sign_in", "signin", "set_password", "setpassword"))),
        Rule("user before a password", re.compile(
            r"(?:\b(?:user(?:name)?|uid|usr|login)\s?[=:]\s?[\"']?(?P<user>[\w.\-]{2,40})[\"']?[\s,;&|]{1,3}(?:pass(?:word|wd)?|pwd|pw)\s?[=:])", flags), 0.75, group="user", entity="USERNAME",
             needs=both(contains("=", ":"), contains("pass", "pwd", "pw"), contains("user", "uid", "usr", "login"))),
        Rule("user of a call that logs in", re.compile(
            r"\b\w{0,20}(?:auth|login|authenticate|sign_?in|HTTPBasicAuth)\w{0,12}\s?=?\s?\(\s?[\"'](?P<user>[^\"'\s]{2,60})[\"'],\s?[\"'][^\"'\s]{4,80}[\"']", flags), 0.7, group="user", entity="USERNAME",
             needs=both(contains("("), contains("auth", "login", "sign_in", "signin"))),
        Rule("account of a device", re.compile(
            r"\b(?:router|vpn|nas|ftp|server|admin(?: panel)?)\b[^\n]{0,40}?[:\s][\w.@+\-]{3,60}\s?[/|]\s?(?P<value>(?=[^\s]*[\d!#$%^&*+~\-])(?=[^\s]*[A-Za-z])[^\s/|]{6,60})(?=[\s,;.]|$)", flags), 0.6, group="value",
             check=_a_code, needs=both(contains(" / ", "|"), contains("router", "vpn", "nas", "ftp", "server", "admin"))),
        Rule("pass, then the value", re.compile(
            r"(?<![\w\-])(?:pass|pw|pwd|psw)\s[\"'`]?(?P<value>(?=[^\s]*[^\W\d_])(?=[^\s]*[\d!#$%^&*_+])[^\s\"'`,;()]{6,40})", flags), 0.55, group="value", check=_a_code,
             needs=both(has_digits(1), contains("pass", "pw", "psw"))),
    ]  # fmt: skip
