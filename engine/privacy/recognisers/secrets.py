# ruff: noqa: E501, RUF001, SIM905 (patterns are broken at their parts, and hold the marks that people type)
"""Passwords, API keys and tokens: vendor prefixes, key=value, prose, headers, addresses with a password in them.

Nothing is verified over the network: a secret that is only suspected is hidden all the same.
"""

from __future__ import annotations

import math
import re
from collections import Counter

from engine.privacy.recognisers.announced import announced_rules
from engine.privacy.recognisers.patterns import Rule, both, contains, has_digits, has_long_run, matches
from engine.privacy.recognisers.rules import RuleRecognizer
from engine.privacy.recognisers.words import is_common

_VENDORS = (
    r"sk-(?:proj|ant|or|svcacct|admin)?-?[A-Za-z0-9_\-]{16,200}"  # OpenAI, Anthropic, OpenRouter
    r"|(?:sk|pk|rk|whsec)_(?:live|test|prod)?_?[A-Za-z0-9]{14,120}"  # Stripe
    r"|gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{22,255}"  # GitHub
    r"|gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat)-[A-Za-z0-9_\-.]{16,120}"  # GitLab
    r"|(?:AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|AROA)[A-Z0-9]{12,24}"  # AWS
    r"|AIza[A-Za-z0-9_\-]{30,45}|ya29\.[A-Za-z0-9_\-]{20,300}|GOCSPX-[A-Za-z0-9_\-]{20,40}"  # Google
    r"|xox[abeoprs]-[A-Za-z0-9\-]{10,250}|xapp-\d-[A-Za-z0-9\-]{10,250}"  # Slack
    r"|hf_[A-Za-z0-9]{20,60}|r8_[A-Za-z0-9]{20,60}|gsk_[A-Za-z0-9]{20,80}|nvapi-[A-Za-z0-9_\-]{20,100}|pplx-[A-Za-z0-9]{20,80}"
    r"|npm_[A-Za-z0-9]{20,60}|pypi-[A-Za-z0-9_\-]{20,300}|dop_v1_[a-f0-9]{32,80}|dckr_pat_[A-Za-z0-9_\-]{16,60}"
    r"|SG\.[A-Za-z0-9_\-]{12,40}\.[A-Za-z0-9_\-]{12,80}|key-[0-9a-f]{32}|(?:AC|SK)[0-9a-f]{32}"  # mail and phone services
    r"|sq0(?:atp|csp|idp)-[A-Za-z0-9_\-]{16,60}|EAA[A-Za-z0-9]{30,300}|shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{20,60}"
    r"|(?:lin|figd|ntn|secret|rnd|sntrys|dapi|tfp|pul|pscale_(?:tkn|pw)|hvs|vercel|glsa|phc|sbp|re|tvly|fal|whsec)_[A-Za-z0-9_\-]{18,200}"
    r"|\d{8,10}:AA[A-Za-z0-9_\-]{30,40}"  # Telegram bots
    r"|[MNO][A-Za-z\d_\-]{23,27}\.[A-Za-z\d_\-]{6}\.[A-Za-z\d_\-]{27,45}"  # Discord bots
    r"|eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]{4,})?"  # JWT
    r"|(?:xai|nvapi|fw|jina|fc|e2b|rpa|vck|cfut|sess|tskey-(?:auth|api|client)|lsv2_(?:pt|sk)|[ps]k-lf|PMAK|NRAK|NRII|FLWSECK(?:_TEST)?|EZ[AT]K|xkeysib|xsmtpsib|CFPAT|dckr_oat|ops|glc|phx|rzp_(?:live|test)|cal_live|sb_(?:secret|publishable)|rubygems|do[or]_v1|lin_api|sntry[us]|atlasv1|pat-(?:na|eu)\d|hvb|gdk|op)[_\-.][A-Za-z0-9_\-.=]{16,250}"
    r"|pat[A-Za-z0-9]{14}\.[0-9a-f]{40,64}|ATATT3[A-Za-z0-9_\-=]{20,250}|LTAI[A-Za-z0-9]{12,24}|AKID[A-Za-z0-9]{20,40}|[0-9a-f]{32}-us\d{1,2}|[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.\-]{20,40}|[ps]k\.eyJ[A-Za-z0-9_\-.]{20,250}|nsec1[a-z0-9]{50,64}|xprv[A-Za-z0-9]{60,120}"
    r"|AGE-SECRET-KEY-1[A-Z0-9]{40,70}|A3-[A-Z0-9]{6}-[A-Z0-9\-]{20,60}"
)
_NAMES = (
    r"pass ?words?|pass ?phrase|passwd|passcode|pwd|pw|secret(?:[_\- ]?key)?|token|api[_\- ]?(?:key|secret|token)|apikey"
    r"|access[_\- ]?(?:key|token)|auth[_\- ]?(?:key|token|code)|private[_\- ]?key|client[_\- ]?secret|credentials?"
    r"|signing[_\- ]?key|encryption[_\- ]?key|license[_\- ]?key|recovery[_\- ]?(?:code|key|phrase)|seed phrase"
    r"|(?<=_)pass|pass(?:wort|word|wd)|kennwort|zugangscode|contrase[ñn]a|mot de passe|mdp|senha|wachtwoord|hasło|salasana|lösenord(?:et)?"
)
_NAMED = contains(
    "pass", "pwd", "pw", "secret", "token", "api", "access", "auth", "private", "client", "credential", "signing", "encryption", "license",
    "recovery", "seed phrase", "kennwort", "zugangscode", "contrase", "mdp", "senha", "wachtwoord", "hasło", "salasana", "lösenord",
)  # fmt: skip
"""Texts that hold one of `_NAMES`: a part of each of them."""
_CODES = r"pin(?:[ -]?code)?|puk2?|cvv2?|cvc2?|otp|2fa(?: code)?|pass ?(?:word|code)|security code|verification code|door code|gate code|alarm code|wifi code"
_CODES += (
    r"|(?:locker|safe|garage|entry|access|lock ?box|key ?box|building|front door|back door|gym|elevator|lift|bike|suitcase)(?: lock)?(?: \d{1,3})?"
    r" (?:code|combo|combination)|combination|combo|(?:gate|garage|buzzer|key ?pad|key ?box|lock ?box|(?:key|room|hotel|office|wall) ?safe)(?=\W{1,3}\d{4})"
)
_FILLER = frozenset(
    """is was the my your a an and or to for not it that this be reset wrong changed change same again please here there
    required protected manager managers field forgotten forgot policy none null true false undefined xxx string your
    correct invalid incorrect expired hint hash with from in on at of now then too example strong weak safe new old
    str int bool bytes float optional changeme change_me your_password yourpassword
    """.split()
)


_JOINING = frozenset(
    """the and but you i me we he she it they is are was were be been to of in on at for with from by as so or if not no do did
    does has have had will would can could should a an my your his her our their this that these those there then than what
    who which when where how why because about just like get got all""".split()
)
_FINGERPRINT = re.compile(
    r"\b(?:commits?|git|revision|rev|ref|head|merge[ds]?|revert(?:ed|s)?|cherry-pick(?:ed)?|checkout|rebased?|blob|tree|hash|sha-?\d{0,3}"
    r"|md5|checksum|digest|etag|image|layer|isbn|issn|doi|rfc|pep|cve)\b(?:\s(?:is|of|to|onto|at))?[\s:=@(`\"']{1,4}$", re.IGNORECASE
)  # fmt: skip

_VERSION = re.compile(
    r"v\d{1,4}(?:\.\d{1,5}){1,4}(?:[-.+]?\w{1,8}\.?\d*)?|\d{1,3}(?:\.\d{1,3}){1,3}[-+](?:rc|alpha|beta|dev|post|preview|nightly|snapshot)\.?\d*",
    re.IGNORECASE,
)
_FORMULA = re.compile(r"C\d{1,3}H\d{1,3}(?:(?:N|O|S|P|F|Cl|Br|I|Na|K)\d{0,3})*")
_MEASURED = re.compile(r"-?\d{1,6}\.\d{4,}")
"""One point with four digits and more behind it."""
_THING = re.compile(
    r"\b(?:isbn(?:-?1[03])?|issn|doi|arxiv|pmid|pmcid|cas|rfc|pep|cve|kb|sku|ean|gtin|upc|asin|mpn|p/n|(?:part|model|product|item|article|catalog(?:ue)?|cat|stock|patent)\s?(?:no\.?|number|nr\.?|#|code)"
    r"|version|firmware|build|release)\b(?:\s(?:is|of|to|at))?[\s:=(`\"'#.]{1,4}(?:[\d.]{1,12}[./])?$", re.IGNORECASE
)  # fmt: skip
_AFTER_ARTICLE = re.compile(r"\b(?:an?|models?|the new)\s$", re.IGNORECASE)
_COLOUR = re.compile(r"[0-9a-fA-F]{6}|[0-9a-fA-F]{3}")
_IN_TOKEN = re.compile(r"[\w\-./]")
_LONGEST_TOKEN = 40
_KEY_NEXT = re.compile(
    r"[\"'`]?(?:\s?[,;/|(\-]{1,2}|\sand|\swith)?\s(?:the\s|its\s)?(?:key|pass\w*|pw|pwd|code|pin)\b", re.IGNORECASE
)
_VARIABLE = re.compile(r"<|\{\{|\$[({]|\$[A-Za-z_]+$")
"""What stands for a value: `<your key>`, `$TOKEN`."""
_EXPRESSION = re.compile(
    r"(?:await|new|typeof|lambda|return|self|this|process|environ|config|settings|secrets|args|request|req|env|input|getenv)\b(?=[\s.(\[])"
    r"|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?:\(|\[[\"'\d\w])|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\s?(?:\|\||\?\?|or\b)"
)


def entropy(text: str) -> float:
    """Shannon entropy in bits per character."""
    counts = Counter(text)
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())


def _prose(match: re.Match[str]) -> bool:
    """A word after "password is" counts unless it is an everyday word that goes on with the sentence."""
    value = match.group("value").strip("\"'`.,!?;:")
    if len(value) < 3 or value.casefold() in _FILLER or _VARIABLE.match(value) or _is_code(match):
        return False
    marked = any(not letter.isalpha() for letter in value) or (value != value.lower() and value != value.capitalize())
    if match.group().casefold().startswith(("secret", "token", "credential")) and not marked:
        return False
    strict = match.group("joint").strip() not in (":", "=", "->", "=>")
    return marked or not (strict and is_common(value))


def _is_code(match: re.Match[str]) -> bool:
    """Whether what is assigned is an expression of a program: `os.environ["X"]`, `await read(...)`."""
    return _EXPRESSION.match(match.string, match.start("value")) is not None


def _pass_word(match: re.Match[str]) -> bool:
    """Refuse "pass is valid"; "pass: Kiwi77" is one."""
    value = match.group("value").strip("\"'`.,!?;:")
    return len(value) >= 4 and any(not letter.isalpha() for letter in value) and value.casefold() not in _FILLER


def _no_name_of_a_network(match: re.Match[str]) -> bool:
    """Refuse "the wifi is Brook5G and the key is ...": what comes before the key is the name of the network."""
    return _KEY_NEXT.match(match.string, match.end("value")) is None


def _a_real_answer(match: re.Match[str]) -> bool:
    return match.group("value").casefold() not in _FILLER and not is_common(match.group("value"))


def _assigned(match: re.Match[str]) -> bool:
    value = match.group("value")
    if value.casefold() in _FILLER or len(value) < 4 or _VARIABLE.match(value) or _is_code(match):
        return False
    return not re.fullmatch(r"[*x•·.]+", value, re.IGNORECASE)


def _seed_words(match: re.Match[str]) -> bool:
    """Twelve words and more that make no sentence: hardly any of them is one that joins others."""
    words = re.findall(r"[a-z]+", match.group("value").casefold())
    return len(words) >= 11 and sum(word in _JOINING for word in words) <= len(words) // 8


def _loose_words(match: re.Match[str]) -> bool:
    words = match.group("value").casefold().split()
    phrase = "phrase" in match.group().casefold()
    return not any(word in _JOINING or (word in _FILLER and not phrase) for word in words)


def _no_fingerprint(match: re.Match[str]) -> bool:
    """A key, unless the word before says that it is the name of a commit or a checksum."""
    return _hex_key(match) and not is_fingerprint(match.string, match.start())


def is_fingerprint(text: str, start: int) -> bool:
    """Whether the words before a place say that a commit or a checksum stands there."""
    return _FINGERPRINT.search(text[max(0, start - 24) : start]) is not None


def is_of_a_thing(text: str, start: int) -> bool:
    """Whether a number is one of a book, a product, a program or a colour, by the words before all that is written in one.

    Letters and digits after an article are the name of a product: "a WAN28282GB"; a number of somebody has none.
    """
    at, end = _token_at(text, start, start)
    token, before = text[at:end], text[max(0, at - 32) : at]
    if _THING.search(before) is not None:
        return True
    mixed = any(map(str.isdigit, token)) and any(map(str.isalpha, token))
    return mixed and (_AFTER_ARTICLE.search(before) or (_COLOUR.fullmatch(token) and before.endswith("#"))) is not None


def token_around(text: str, start: int, end: int) -> str:
    """What a stretch stands in: all that is written in one with letters, digits, dots, lines and strokes."""
    first, last = _token_at(text, start, end)
    return text[first:last]


def _token_at(text: str, first: int, last: int) -> tuple[int, int]:
    start, end = first, last
    while first > max(0, start - _LONGEST_TOKEN) and _IN_TOKEN.match(text, first - 1):
        first -= 1
    while last < min(len(text), end + _LONGEST_TOKEN) and _IN_TOKEN.match(text, last):
        last += 1
    while first < start and text[first] in "-._/":
        first += 1
    while last > end and text[last - 1] in "-._/":
        last -= 1
    return first, last


def is_plain_figure(text: str) -> bool:
    """Whether a number is one of a book, a version or a measured value by its form alone."""
    if _VERSION.fullmatch(text) or _MEASURED.fullmatch(text) or _FORMULA.fullmatch(text):
        return True
    digits = re.sub(r"[ -]", "", text)
    if len(digits) != 13 or not digits.isdigit() or not digits.startswith(("978", "979")):
        return False
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10 == 0


def _random(match: re.Match[str]) -> bool:
    """Long, mixed and without pattern: a key nobody named."""
    text = match.group()
    digits = sum(letter.isdigit() for letter in text)
    return (
        digits >= 3
        and any(letter.isupper() for letter in text)
        and any(letter.islower() for letter in text)
        and entropy(text) >= 3.8
    )


def _hex_key(match: re.Match[str]) -> bool:
    text = match.group()
    return (
        entropy(text) >= 3.0 and any(letter.isalpha() for letter in text) and any(letter.isdigit() for letter in text)
    )


def secret_recogniser() -> RuleRecognizer:
    """Finds secrets; the word that announces one stays, so that the sentence still reads."""
    flags = re.IGNORECASE
    rules = [
        Rule("vendor prefix", re.compile(rf"(?<![\w\-])(?:{_VENDORS})(?![\w])"), 0.98, needs=has_long_run),
        Rule("private key", re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----.{0,20000}?"
                                       r"(?:-----END [A-Z ]{0,40}-----|\Z)", re.DOTALL), 0.99,
             needs=contains("PRIVATE KEY")),
        Rule("ssh key", re.compile(r"ssh-(?:rsa|ed25519|dss) AAAA[A-Za-z0-9+/=]{20,}"), 0.9),
        Rule("key = value", re.compile(rf"(?<![A-Za-z])[\w\-.]{{0,40}}(?:{_NAMES})[\w\-]{{0,20}}[\"']?\s?(?:=>|:=|=|:|>(?=[^\s<>]{{4,80}}</))\s?"
                                       r"(?P<quote>[\"'`]?)(?P<value>[^\s\"'`,;}{)(<][^\s\"'`,;}{)(<]{3,199})", flags), 0.85,
             group="value", check=_assigned, needs=both(contains("=", ":", "</"), _NAMED)),
        Rule("password in prose",
             re.compile(rf"\b(?:{_NAMES})(?:\s(?:for|to|of|on|at|in|here|inside|von|vom|für|fürs|zu|zum|zur|im|beim|de|del|della|du|des|para|per|voor|till)\s(?:\S+\s?){{1,4}}?|\s?[(][^)]{{0,30}}[)])?"
                        r"(?P<joint>(?:'s|’s)\s|\s(?:(?:was |is |got |been )?(?:re)?set to|changed (?:it )?to|is|was|to|ist|lautet|est|es|é|jest|on|är|are|will be|stays|be|now|still)\s(?:now\s|still\s|just\s)?"
                        r"(?:set to\s)?|\s?[:=]\s?|\s?[-=]>\s?|\s-\s)"
                        r"[\"'`“‘«]?(?P<value>[^\s\"'`”’»]{3,80})", flags),
             0.85, group="value", check=_prose, needs=_NAMED),
        Rule("short word for a password", re.compile(r"(?<![\w\-])(?:pass|psw|psswd|pswd|pword|p/w|passw)(?:\s(?:is|was)\s|\s?[:=]\s?|\s-\s)[\"'`]?(?P<joint>)(?P<value>[^\s\"'`]{4,60})", flags), 0.7,
             group="value", check=_pass_word, needs=contains("pass", "psw", "pword", "p/w")),
        Rule("answer to a question", re.compile(
            r"\b(?:security (?:question|answer)|secret (?:question|answer)|mother'?s maiden name|first pet(?:'s name)?|name of my first pet|recovery answer)\b[^\n.!?]{0,50}?(?:\bis\b|\bwas\b|:|=|->)\s?[\"'`]?(?P<value>[^\s\"'`.,!?]{3,40})", flags),
            0.7, group="value", check=_a_real_answer, needs=contains("security", "secret", "maiden", "first pet", "recovery")),
        Rule("passphrase of several words", re.compile(
            r"\b(?:pass ?phrases?|pass ?words?|passwort|diceware)\b(?:\s(?:is|was)|(?:'s|’s)|\s?[:=]|\s[-–])\s?[\"'`“]?"
            r"(?P<value>[a-z]{3,12}(?:[ \-_][a-z]{3,12}){3,7})(?=[\"'`”]?\s*(?:$|[.,;!?\n)]))", flags), 0.75, group="value",
            check=_loose_words),
        Rule("recovery phrase", re.compile(
            r"\b(?:seed|recovery|mnemonic|backup|secret|wallet|bip-?39)(?:[ \-](?:phrase|words?|key|seed))?\b[^\n]{0,30}?[:\s]\s?[\"'`“]?"
            r"(?P<value>\b[a-z]{3,8}(?:(?:,\s?|[\s\-])(?:\d{1,2}[.)]\s?)?[a-z]{3,8}){10,23})(?![\w])", flags), 0.9, group="value",
            check=_seed_words, needs=contains("seed", "recovery", "mnemonic", "backup", "secret", "wallet", "bip")),
        Rule("web hook", re.compile(
            r"(?://(?:[\w\-]+\.)?(?:web)?hooks?\.[\w.\-]+/(?:hooks?/|services/|workflows/|catch/){0,2}|discord(?:app)?\.com/api/webhooks/|hooks\.slack\.com/(?:services|workflows)/|\.webhook\.office\.com/webhookb2/)"
            r"(?P<value>[\w\-/@.]{8,250}[\w])", flags), 0.95, group="value", needs=contains("hook")),
        Rule("password, then the value",
             re.compile(rf"\b(?:{_NAMES})\s[\"'`]?(?P<value>(?=[^\s]*\d)(?=[^\s]*[A-Za-z])[^\s\"'`,;]{{6,60}})", flags),
             0.6, group="value", needs=_NAMED),
        Rule("user / password", re.compile(r"\b(?:login|log ?in|credentials|creds|account|sign in)\b[^\n]{0,40}?[:\s]"
                                           r"[\w.@+\-]{3,60}\s?[/|]\s?(?P<value>(?=[^\s]*[\d\W])[^\s/|]{5,60})", flags),
             0.7, group="value", needs=contains("/", "|")),
        Rule("key of a network", re.compile(
            r"\b(?:wi-?fi|wlan|hotspot|router)\b[^\n.!?]{0,40}?(?:\sis|:|=)\s[\"'`]?(?P<value>(?=[^\s]*\d)(?=[^\s]*[^\W\d])[^\s\"'`,;]{6,60}(?<![.!?]))",
            flags), 0.6, group="value", check=_no_name_of_a_network, needs=contains("wifi", "wi-fi", "wlan", "hotspot", "router")),
        Rule("code after a word",
             re.compile(rf"\b(?:{_CODES})\b(?:\s(?:for|to|at|of|in|on)\s(?:\S+\s){{1,4}}?|\s?(?:number|code))?\s?(?:is|:|=|-|ist|est|es)?\s?"
                        r"[\"'`]?(?P<value>\d{2,4}(?:[ \-]\d{2,4}){1,3}|\d{3,8}[#*]?)(?!\w)", flags), 0.75, group="value",
             needs=has_digits(3)),
        Rule("turns of a lock", re.compile(
            r"\b(?:safe|locker|lock ?box|key ?box|vault|padlock|lock|combo|combination|alarm|keypad|door|gate|code|intercom|buzzer)\b(?:\s(?:on|for|to|at|of)\s(?:\S+\s){1,3}?|\s(?:code|combo|number|pin)?\s?)?"
            r"(?:is|:|=|was)?\s?(?P<value>(?:\d{1,4}|[A-Za-z])(?:-\d{1,4}){2,3})(?![\w\-])", flags), 0.7, group="value",
             needs=contains("safe", "lock", "vault", "combo", "combination", "alarm", "keypad", "door", "gate", "code", "intercom", "buzzer")),
        Rule("keys of a door", re.compile(
            r"\b(?:keypad|door|gate|alarm|intercom|buzzer|elevator|lift|garage|lobby|entry|panel|code|press|dial|type|enter|punch in)\b[^\n.!?\d]{0,30}?(?P<value>[#*]?\d{3,8}[#*]|[#*]\d{3,8})(?![\w.])", flags), 0.65,
             group="value", needs=contains("#", "*")),
        Rule("digits after a card", re.compile(r"(?<!\d)\d{4}(?:[ \-]?\d{4}){2}[ \-]?\d{3,4}[,;/|\s]{1,3}(?:(?:exp\.?\s?)?\d{1,2}\s?[/\-]\s?\d{2,4}[,;/|\s]{1,3})?(?P<value>\d{3,4})(?![\w/\-.:])"), 0.6,
             group="value", needs=matches(r"\d{3}[,;/|\s]+\d")),
        Rule("authorisation header", re.compile(r"\b(?:bearer|basic|token|apikey)\s+(?P<value>[A-Za-z0-9_\-.=+/]{16,400})",
                                                flags), 0.85, group="value", needs=has_long_run),
        Rule("password in an address", re.compile(r"\b\w+://[^\s/:@]{0,64}:(?P<value>[^\s/@]{2,100})@"), 0.95,
             group="value", needs=contains("://")),
        Rule("password of a command", re.compile(r"\b(?:mysql|mysqldump|mysqladmin|mariadb|sshpass|redis-cli)\b[^\n]{0,80}?\s(?:-p|-a\s|(?<=sshpass\s)-p\s)[\"']?(?P<value>[^\s\-\"'][^\s]{3,60})"), 0.85,
             group="value", needs=contains("mysql", "mariadb", "sshpass", "redis")),
        Rule("session", re.compile(
            r"\b(?:[A-Za-z]{1,12}sess(?:ion)?[_\-]?id|session[_\-]?(?:id|token|key)?|connect\.sid|sid|csrf[_\-]?token|xsrf[_\-]?token|auth|remember_token|refresh[_\-]?token)[\"']?\s?[=:]\s?[\"']?(?P<value>[\w%.\-+/]{16,400})", flags), 0.75,
             group="value", needs=both(has_long_run, contains("sess", "sid", "srf", "auth", "token"))),
        Rule("code of a house door", re.compile(
            r"\b(?:digicode|code d['’]entr[ée]e|code de la porte|t[üu]rcode|interphone|c[óo]digo de (?:la )?(?:puerta|entrada)|codice (?:del )?(?:portone|cancello)|memorable (?:word|place|name|date|phrase))\s?(?:is|est|ist|es|:|=|è)?\s(?P<value>[^\s,.;)]{3,20})", flags), 0.7,
             group="value", needs=contains("code", "interphone", "codi", "códi", "memorable")),
        Rule("curl -u", re.compile(r"(?:\s-u|--user)[\s=][\"']?(?P<value>[^\s:\"']{1,64}:[^\s\"']{2,100})"), 0.9,
             group="value", needs=contains("-u")),
        Rule("hex key", re.compile(r"(?<![\w\-/])(?:[0-9a-f]{32,128}|[0-9A-F]{32,128})(?![\w\-])"), 0.55, check=_no_fingerprint, needs=has_long_run),
        Rule("random text", re.compile(r"(?<![\w/.\-@#+])[A-Za-z0-9_\-+]{24,128}={0,2}(?![\w/])"), 0.5, check=_random, needs=has_long_run),
        *announced_rules(),
        Rule("license key", re.compile(r"(?<![\w\-])(?:[A-Z0-9]{5}-){3,6}[A-Z0-9]{5}(?![\w\-])"), 0.75, needs=has_long_run),
    ]  # fmt: skip
    return RuleRecognizer("SECRET", "SecretRecognizer", rules)
