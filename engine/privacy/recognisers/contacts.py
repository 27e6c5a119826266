# ruff: noqa: E501, RUF001 (patterns are broken at their parts, and hold the marks that people type)
"""Phones, hidden or unusual e-mail addresses, and wallets: what Presidio's own recognisers leave."""

from __future__ import annotations

import itertools
import re

from engine.privacy.recognisers.patterns import Rule, both, contains, has_digits, has_long_run, matches
from engine.privacy.recognisers.rules import RuleRecognizer

_DATE = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[-.]\d{1,2}[-.]\d{2,4}|(?:\d{1,2}/\d{1,2}/\d{4}|\d{4}[-/]\d{1,2}[-/]\d{1,2})(?:\s+\d{1,2})?"
)
"""Dates, and the hour that may follow one in the head of a letter."""
_YEAR = re.compile(r"(?:19|20)\d\d")
_SPACED_DATE = re.compile(r"\d{1,2}[ .]\d{1,2}[ .](?:19|20)\d\d|(?:19|20)\d\d[ .]\d{1,2}[ .]\d{1,2}")
_PROVIDER = r"gmail|googlemail|yahoo|ymail|hotmail|outlook|live|icloud|me|mac|proton(?:mail)?|aol|gmx|web|mail|zoho|fastmail|tutanota"
_ONE_DIGIT = (
    r"zero|oh|o|one|two|three|four|five|six|seven|eight|nine|null|eins|zwei|drei|vier|f[üu]nf|sechs|sieben|acht|neun"
    r"|cero|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|un|deux|trois|quatre|cinq|sept|huit|neuf|due|tre|quattro|cinque|sei|sette|otto|nove"
    r"|nul|een|één|twee|drie|vijf|zes|zeven|acht|negen|jeden|dwa|trzy|cztery|pi[ęe][ćc]|sze[śs][ćc]|siedem|osiem|dziewi[ęe][ćc]|\d{1,4}(?!\d)"
)
SPOKEN = contains("one", "two", "three", "five", "six", "seven", "eight", "nine", "zero", "double", "triple", "uno", "eins", "deux", "quattro", "twee", "cztery")  # fmt: skip
"""Texts that may say a digit in words."""
_TENS = r"ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
DIGIT_WORD = rf"(?:(?:double|triple|treble)\s)?(?:{_ONE_DIGIT}|{_TENS})(?:\s(?:hundred|thousand))?"
_SMALL_NUMBERS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_DOT = r"(?:\s?[(\[{<]\s?(?:dot|punkt|point|punto|\.)\s?[)\]}>]\s?|\s(?:dot|punkt|point|punto)\s|\.)"
_MARK = r"(?:\s(?:dot|underscore|dash|hyphen|minus|point|punkt|punto|unterstrich|tiret|guion)\s|\s?[(\[{](?:dot|underscore|dash|hyphen|\.|_|-)[)\]}]\s?)"
_AT = r"(?:\s?[(\[{<]\s?(?:at|a|ät|@|arobase|arroba)\s?[)\]}>]\s?|\s(?:at|arobase|arroba)\s)"


def _digits(match: re.Match[str], least: int, most: int, group: int | str = 0) -> bool:
    text = match.group(group)
    count = sum(letter.isdigit() for letter in text)
    return least <= count <= most and not _DATE.fullmatch(text.strip())


def _phone_like(match: re.Match[str]) -> bool:
    groups = re.findall(r"\d+", match.group())
    prices = len(groups) > 1 and ("000" in groups or all(map(_YEAR.fullmatch, groups)))
    return _digits(match, 8, 15) and not prices and not _SPACED_DATE.match(match.group())


def _grouped_phone(match: re.Match[str]) -> bool:
    """Groups of digits as people write a number of theirs; no date, no price, no years, no range, no round numbers."""
    text = match.group().strip()
    groups = re.findall(r"\d+", text)
    total = sum(map(len, groups))
    if not 7 <= total <= 12 or _DATE.fullmatch(text) or _SPACED_DATE.fullmatch(text):
        return False
    if all(group.endswith("00") or _YEAR.fullmatch(group) for group in groups):
        return False
    if text.startswith("("):
        return total >= 8
    if len(groups) == 2:
        return " " in text and (
            (len(groups[0]) == len(groups[1]) == 4 and groups[0][0] not in "01")
            or (len(groups[0]), len(groups[1])) in ((5, 5), (4, 5), (4, 6), (5, 6))
        )
    thousands = len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])
    return total >= 8 and not thousands


def _local_phone(match: re.Match[str]) -> bool:
    return _digits(match, 6, 15, "number")


def _a_spoken_number(match: re.Match[str]) -> bool:
    return spoken_digits(match.group()) >= 7


def spoken_digits(text: str) -> int:
    """How many digits are said, most of them one at a time; 0 for a count up or down and the words of two years."""
    words = [word for word in re.split(r"[\s,.\-]+", text.casefold()) if word]
    single = [word for word in words if re.fullmatch(_ONE_DIGIT, word)]
    if all(word.isdigit() for word in words):
        return 0
    digits = sum(len(word) if word.isdigit() else 1 for word in single) + 2 * sum(
        word in ("hundred", "thousand") or re.fullmatch(_TENS, word) is not None for word in words
    )
    digits += sum(word == "double" for word in words) + 2 * sum(word in ("triple", "treble") for word in words)
    places = [_SMALL_NUMBERS.index(word) if word in _SMALL_NUMBERS else -9 for word in words]
    counts = {second - first for first, second in itertools.pairwise(places)}
    return digits if len(single) >= 3 and not counts <= {1} and not counts <= {-1} else 0


def phone_recogniser() -> RuleRecognizer:
    """Finds phone numbers with a +, in the 3-3-4 form, in local forms, and any number after a word such as "call"."""
    words = (
        r"phone|cell|mobile|mob|tel|telephone|fax|whats ?app|call|text|txt|ring|sms|signal|viber|number|handy|telefon|nummer"
        r"|t[ée]l[ée]phone|portable|tel[ée]fono|m[óo]vil|celular|telefone|cellulare|landline|callback|direct|ph|hp|cel|cell|zap|contact (?:no|number)|tlf|puh(?:elin)?|telef|gsm|natel|kom[óo]rka"
        r"|telefoon|mobiel|mobiili|telefonnummer|telefonszám|telefón|telefonas|телефон|тел|моб|τηλ(?:έφωνο)?|電話|电话|전화"
    )
    rules = [
        Rule("international", re.compile(r"(?<![\w+])\+\s?\d[\d\s().\-/]{6,18}\d(?!\d)"), 0.75, check=_phone_like,
             needs=contains("+")),
        Rule("00 prefix", re.compile(r"(?<![\w.])00\d{1,3}[\s\-/]?\(?\d[\d\s().\-/]{5,14}\d(?!\w)"), 0.6,
             check=_phone_like, needs=contains("00")),
        Rule("3-3-4", re.compile(r"(?<![\w.\-])(?:\+?1[\s.\-]?)?(?:\(\d{3}\)\s?|\d{3}[\s.\-/])\d{3}[\s.\-]\d{4}"
                                 r"(?:\s?(?:x|ext\.?|extension)\s?\d{1,6})?(?![\w\-])", re.IGNORECASE), 0.7,
             needs=has_digits(10)),
        Rule("3-4", re.compile(r"(?<![\w.\-$€£])\d{3}[\-.]\d{4}(?![\w.\-])"), 0.45, needs=has_digits(7)),
        Rule("groups of digits", re.compile(
            r"(?<![\w.,\-+/#$€£:])(?:\(\d{1,5}\)\s?|\d{1,5}[ .\-])\d{2,5}(?:[ .\-]\d{2,5}){0,4}(?![\w%€$£]|[.,\-:/]\d|\s?(?:kg|km|mm|cm|ms|people|users|views|euros?|dollars|steps|kcal|kr)\b)"), 0.4,
             check=_grouped_phone, needs=has_digits(7)),
        Rule("leading zero", re.compile(r"(?<![\w.\-+])(?:\(0\)\s?\d{1,5}|\(?0\d{1,5}\)?)[\s/\-.]\d[\d\s/\-.]{4,12}\d(?![\w])"), 0.5,
             check=_phone_like, needs=has_digits(8)),
        Rule("leading zero", re.compile(r"(?<![\w.\-+])0[1-9]\d{7,10}(?!\w)"), 0.5, needs=has_digits(9)),
        Rule("pairs", re.compile(r"(?<![\w.\-])\d{2,4}(?:[\s.\-]\d{2,4}){3,4}(?![\w\-])"), 0.4, check=_phone_like,
             needs=has_digits(8)),
        Rule("after a word", re.compile(rf"\b(?:{words})\b[^\d\n+]{{0,24}}?(?P<number>\+?\(?\d[\d\s().\-/]{{4,18}}\d)"
                                        r"(?!\w)", re.IGNORECASE), 0.65, group="number", check=_local_phone,
             needs=has_digits(6)),
        Rule("one digit at a time", re.compile(r"(?<![\w.])\d(?:[ .\-]\d){6,14}(?![\w.])"), 0.6, needs=has_digits(7)),
        Rule("digits in words", re.compile(rf"\b(?:{DIGIT_WORD})(?:[\s,.\-]{{1,3}}(?:{DIGIT_WORD})){{3,14}}\b", re.IGNORECASE), 0.6,
             check=_a_spoken_number, needs=SPOKEN),
        Rule("letters for digits", re.compile(r"(?<![\w.\-])(?:\+?1[\s.\-])?8(?:00|33|44|55|66|77|88)[\s.\-](?:[A-Z]{7,9}|\d{3}[\s.\-][A-Z]{4}|[A-Z]{3}[\s.\-](?:\d{4}|[A-Z]{4}))(?!\w)"), 0.6, needs=contains("8")),
        Rule("short number after a word", re.compile(r"\b(?:at|on|it'?s|is|me|number|nr|no|#|:)\s?(?P<number>\d{3}\s\d{4})(?![\w.,%]\d|\w|\s\d)", re.IGNORECASE), 0.5, group="number",
             needs=has_digits(7)),
        Rule("extension after a word", re.compile(
            r"\b(?:phone|desk|office|dial|call|ring|reach me|internal|ext|extension)\b[^\w\n]{0,3}(?:me\s|at\s|on\s|is\s){0,2}"
            r"(?P<number>(?:x|ext\.?|extension)\s?\d{2,6})(?!\w)", re.IGNORECASE), 0.6, group="number", needs=has_digits(2)),
        Rule("extension", re.compile(r"\d[\d\s().\-]{6,18}\d\s?(?:x|;?ext[.=]?)\s?\d{1,6}\b", re.IGNORECASE), 0.65,
             check=_phone_like, needs=has_digits(9)),
    ]  # fmt: skip
    return RuleRecognizer("PHONE_NUMBER", "LocalPhoneRecognizer", rules)


def email_recogniser() -> RuleRecognizer:
    """Finds e-mail addresses that are spelt out or whose domain is not a public one."""
    flags = re.IGNORECASE
    at_word = matches(r"[@(\[{<]|\W[Aa](?:[Tt]|[Rr][Rr]?[Oo][Bb][Aa](?:[Ss][Ee])?)\b")
    rules = [
        Rule("any domain", re.compile(r"(?<![\w.+\-/])[\w.+%\-]{1,64}[@＠]{1,3}[\w\-]+(?:\.[\w\-]+)+"), 0.7, check=_no_version,
             needs=contains("@", "＠")),
        Rule("local domain", re.compile(r"(?<![\w.+\-])[\w.+%\-]{2,64}@(?:localhost|[a-z]+)\b(?!\.\w)", flags), 0.4,
             needs=contains("@")),
        Rule("spelt out", re.compile(rf"(?<![\w.])[\w.+\-]{{1,64}}(?:{_MARK}[\w\-]{{1,40}}){{0,4}}{_AT}[\w\-]{{2,40}}(?:{_DOT}[a-z]{{2,12}}){{1,3}}\b",
                                     flags), 0.8, check=_spelt_out,
             needs=both(at_word, contains("dot", "punkt", "point", "punto", "(.", "[.", "(at", "[at", "{at", "<at", "(a)"))),
        Rule("at a provider", re.compile(rf"(?<![\w.])[\w.+\-]{{2,64}}\s?(?:@|\bat\b|{_AT})\s?(?:{_PROVIDER})"
                                         rf"(?:{_DOT}|\s?)(?:com|net|org|me|de|fr|co\.uk|ch|at|it|es)\b", flags), 0.8,
             check=lambda match: " " in match.group() or "@" in match.group() or "(" in match.group(), needs=at_word),
        Rule("written to, spelt half", re.compile(
            r"\b(?:e-?mail|mail|write|reach|contact|ping|paypal|zelle|address)\b[^\n@]{0,24}?\s(?P<address>[\w.+\-]{2,64}\sat\s[a-z0-9\-]{2,40}\.(?:com|net|org|io|co|uk|de|fr|es|it|me|ch|nl|be|at|pt|eu|edu|info)(?:\.[a-z]{2})?)\b", flags), 0.65,
            group="address", needs=contains(" at ")),
        Rule("gapped", re.compile(r"(?<![\w.])[\w.+\-]{2,64}\s?@\s?[\w\-]{2,40}\s?\.\s?(?:com|net|org|io|me|de|co|fr)\b",
                                  flags), 0.7, needs=contains("@")),
        Rule("gapped, any ending", re.compile(r"(?<![\w.])[\w.+\-]{2,64}\s@\s[\w\-]{2,40}\s?\.\s?[a-z]{2,6}\b(?!\s?\.\s?\d)", flags), 0.65,
             needs=contains("@")),
    ]  # fmt: skip
    return RuleRecognizer("EMAIL_ADDRESS", "SpeltEmailRecognizer", rules)


def _no_version(match: re.Match[str]) -> bool:
    """Refuse `package@1.2.3`: the last part of a domain is no number, unless all of it is an address in numbers."""
    domain = re.split("[@＠]", match.group())[-1]
    return not domain.rpartition(".")[2].isdigit() or domain.count(".") == 3


def _spelt_out(match: re.Match[str]) -> bool:
    """Refuse "look at example.com" is not an address, "anna at example dot com" is one."""
    text = match.group().casefold()
    return bool(re.search(r"[(\[{<]|\s(?:dot|punkt|point|punto)\s", text))


def wallet_recogniser() -> RuleRecognizer:
    """Finds wallet addresses: Ethereum, bech32, and the base58 forms of Bitcoin, Tron, Litecoin, Monero, Solana."""
    base58 = r"[1-9A-HJ-NP-Za-km-z]"
    rules = [
        Rule("ethereum", re.compile(r"(?<!\w)0x[0-9a-fA-F]{40}(?!\w)"), 0.95, needs=has_long_run),
        Rule("transaction or key", re.compile(r"(?<!\w)0x[0-9a-fA-F]{64}(?!\w)"), 0.9, needs=has_long_run),
        Rule("bech32", re.compile(r"(?<!\w)(?:bc|tb|ltc|addr|cosmos|osmo|bnb|stake|erd|kaspa:?|inj|terra|juno)1[a-z0-9]{20,98}"
                                  r"(?!\w)", re.IGNORECASE), 0.9, needs=has_long_run),
        Rule("any bech32", re.compile(r"(?<!\w)[a-z]{2,12}1(?=[a-z]{0,30}\d)[ac-hj-np-z02-9]{38,120}(?!\w)"), 0.8, needs=has_long_run),
        Rule("other chains", re.compile(
            rf"(?<![\w/])(?:1[1-9A-HJ-NP-Za-km-z]{{46,47}}|tz[1-4]{base58}{{33}}|[UEk]Q[A-Za-z0-9_\-]{{46}}|(?:bitcoincash:)?[qp][a-z0-9]{{41}}|G[A-Z2-7]{{55}}|[A-Z2-7]{{58}}|t[13]{base58}{{33}}|[xyz]pub{base58}{{100,112}}|[5KL]{base58}{{50,51}}|Ae2{base58}{{50,60}})(?!\w)"), 0.75,
             check=_no_word, needs=has_long_run),
        Rule("base58", re.compile(rf"(?<![\w/]){base58.replace('1-9', '13LMDTXr')}{{1}}{base58}{{25,34}}(?!\w)"), 0.6,
             check=_mixed, needs=has_long_run),
        Rule("monero", re.compile(rf"(?<!\w)[48][0-9AB]{base58}{{93}}(?!\w)"), 0.95, needs=has_long_run),
        Rule("after a word", re.compile(rf"\b(?:wallet|btc|bitcoin|eth|sol|solana|doge|xmr|ltc|trx|usdt|xrp)\b.{{0,40}}?"
                                        rf"(?<!\w)(?P<wallet>{base58}{{25,64}})(?!\w)", re.IGNORECASE), 0.8,
             group="wallet", check=lambda match: any(letter.isdigit() for letter in match.group("wallet")),
             needs=has_long_run),
    ]  # fmt: skip
    return RuleRecognizer("CRYPTO", "WalletRecognizer", rules)


def _no_word(match: re.Match[str]) -> bool:
    return sum(letter.isdigit() for letter in match.group()) >= 3


def _mixed(match: re.Match[str]) -> bool:
    text = match.group()
    return (
        sum(letter.isdigit() for letter in text) >= 3
        and any(letter.isupper() for letter in text)
        and any(letter.islower() for letter in text)
        and text[0] in "13LMDTXr"
    )
