# ruff: noqa: E501, RUF001 (patterns are broken at their parts, and hold the marks that people type)
"""Dates of birth: a date near "born" or "birthday" in several languages, or a full date of a likely birth year."""

from __future__ import annotations

import re

from engine.privacy.recognisers.patterns import Rule, both, contains, has_digits
from engine.privacy.recognisers.rules import RuleRecognizer

_MONTH = (
    r"(?:jan(?:uary|uari|uar|vier|eiro)?|feb(?:ruary|ruari|ruar|braio|rero|ruarie)?|f[ée]v(?:rier|ereiro)?|mar(?:ch|s|zo|[çc]o)?|märz|maart|apr(?:il|ile)?|avr(?:il)?|abr(?:il)?"
    r"|may|mai|mei|mayo|maio|maggio|june?|juni|juin|junio|junho|giugno|july?|juli|juillet|julio|julho|luglio|aug(?:ustus|ust)?|ao[ûu]t|ago(?:sto)?"
    r"|sep(?:t(?:ember|embre|iembre)?)?|set(?:embro|tembre)?|oct(?:ober|obre|ubre)?|okt(?:ober)?|out(?:ubro)?|ott(?:obre)?"
    r"|nov(?:ember|embre|iembre|embro)?|dec(?:ember)?|dez(?:ember|embro)?|d[ée]c(?:embre)?|dic(?:iembre|embre)?|gen(?:naio)?|ene(?:ro)?"
    r"|ianuarie|martie|aprilie|iunie|iulie|septembrie|octombrie|noiembrie|decembrie|maret|agustus|siječnja|veljače|ožujka|travnja|svibnja|lipnja|srpnja|kolovoza|rujna|listopada|studenoga?|prosinca|januari|februari|mars|maj|augusti|oktober|januar|februar|marts|juni|juli|desember|stycz(?:eń|nia)|lut(?:y|ego)|mar(?:zec|ca)|kwie(?:cień|tnia)|maja?|czerw(?:iec|ca)"
    r"|lip(?:iec|ca)|sierp(?:ień|nia)|wrze(?:sień|śnia)|październik(?:a)?|listopad(?:u)?|grud(?:zień|nia)|ledna|února|března|dubna|května|června|července|srpna|září|října|prosince"
    r"|ocak|şubat|nisan|mayıs|haziran|temmuz|ağustos|eylül|ekim|kasım|aralık|январ[ья]|феврал[ья]|марта?|апрел[ья]|ма[йя]|июн[ья]|июл[ья]|августа?|сентябр[ья]|октябр[ья]|ноябр[ья]|декабр[ья]"
    r"|januára?|februára?|apríl|május|június|július|augusztus|szeptember|tammikuuta|helmikuuta|maaliskuuta|huhtikuuta|toukokuuta|kesäkuuta|heinäkuuta|elokuuta|syyskuuta|lokakuuta|marraskuuta|joulukuuta)\.?"
)
_UNITS = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_DAY_WORD = (
    r"(?:(?:twenty|thirty)[ \-])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth"
    rf"|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|{_UNITS})|twentieth|thirtieth|twenty|thirty"
)
_YEAR_WORD = (
    r"(?:nineteen|twenty|two[ \-]thousand)(?:[ \-](?:hundred|and|oh|twenty|thirty|forty|fou?rty|fifty|sixty|seventy|eighty|ninety"
    rf"|{_UNITS})){{0,4}}"
)
_YEAR = r"(?:19[2-9]\d|20[01]\d)"
_NUMERIC = r"(?:\d{1,2}[./\-]\s?\d{1,2}[./\-]\s?(?:\d{4}|\d{2})|\d{4}[./\-]\s?\d{1,2}[./\-]\s?\d{1,2}|\d{4}年\d{1,2}月\d{1,2}日)"
_WORDED = (
    rf"(?:(?:the\s)?\d{{1,2}}(?:st|nd|rd|th|er|\.|º|°)?[\s\-/](?:of\s|de\s)?{_MONTH},?(?:[\s\-/](?:of\s|de\s|del\s)?(?:\d{{4}}|['’]?\d{{2}}\b))?"
    rf"|{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s(?:\d{{4}}|['’]?\d{{2}}\b))?|{_MONTH}[,\s]\s?\d{{4}})"
)
_DATE = rf"(?:{_NUMERIC}|{_WORDED})"
_LAST = rf"(?:,?\s(?:of\s|in\s)?(?:{_YEAR_WORD}|\d{{4}}|['’]\d{{2}}))?"
_FEAST = r"(?:christmas(?: (?:eve|day))?|boxing day|new year['’]?s(?: (?:eve|day))?|valentine['’]?s(?: day)?|hallowe['’]?en|leap day|st\.? patrick['’]?s day|independence day|canada day|easter sunday)"
_SAID = rf"(?:{_FEAST}{_LAST[:-1]}|(?:the\s)?(?:{_DAY_WORD})\s(?:(?:day\s)?of\s)?{_MONTH}{_LAST}|{_MONTH}\s(?:the\s)?(?:{_DAY_WORD}){_LAST})"
_FULL = (
    rf"(?:\d{{1,2}}[./\-]\d{{1,2}}[./\-]{_YEAR}|{_YEAR}[./\-]\d{{1,2}}[./\-]\d{{1,2}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.)?[\s\-](?:of\s|de\s)?{_MONTH},?[\s\-](?:de\s|del\s)?{_YEAR}|{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s{_YEAR})"
)
_BIRTH = (
    r"(?:born|birth|b-?day|d[./]?o[./]?b\b|(?<!\w)b\.(?=\s)|geb(?:oren|urtstag|\.)?|n[ée]e? le|naissance|anniversaire|nacid[oa]|nacimiento|cumplea[ñn]os|cumpl\w{1,3} (?:\d{1,3} )?años"
    r"|compi\w{1,5} (?:gli |\d{1,3} )?anni|f[êe]t\w{1,5} (?:ses|mes) (?:\d{1,3} )?ans|fa[zç]\w{0,4} (?:\d{1,3} )?anos"
    r"|nascid[oa]|nascimento|anivers[áa]rio|nat[oa](?: il)?\b|nascita|compleanno|geboren|verjaardag|urodz|föd(?:d|elsedag)|født|fødselsdag|syntyn|syntymä|naroz|naroden|született|születés|doğum|născut|nașter|rođen|рожд|родил|народ|γενν|出生|生年月日|생년월일|turn(?:ing|s|ed)? (?:\d{2}|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ \-](?:one|two|three|four|five|six|seven|eight|nine))?|eighteen|nineteen)\b|(?:will|['’]ll|to|gonna) (?:be|turn) \d{1,3} (?=on\b)|anniv\b|\b(?:aries|taurus|gemini|leo|virgo|libra|scorpio|sagittarius|capricorn|aquarius|pisces|zodiac|star sign)\b)"
)
_NEAR_BIRTH = contains(
    "born", "birth", "bday", "b-day", "dob", "d.o", "do.", "geb", "ne le", "nee le", "né", "nais", "anniv", "naci", "cumple", "nasc", "aniv", "nata", "nato",
    "complea", "verjaar", "urodz", "föd", "fød", "synty", "naro", "szület", "doğum", "născ", "naște", "rođen", "рожд", "родил", "народ", "γενν", "compi", "fêt", "fet", "faz", "faç", "cumpl", "出生", "生年", "생년", "turn", "aries", "taurus", "gemini", "leo", "virgo", "libra", "scorpio", "sagitt", "capric",
    "aquar", "pisces", "will be", "ll be", "to be", "zodiac", "star sign", "b.",
)  # fmt: skip
"""Texts that hold a word of a birth: a part of each that the rules know."""


def birth_recogniser() -> RuleRecognizer:
    """Finds dates of birth; other dates stay, since "the 14th" tells nothing about a person."""
    flags = re.IGNORECASE
    rules = [
        Rule("date after a birth word", re.compile(rf"{_BIRTH}[^\n]{{0,40}}?(?<!\w)(?P<date>{_DATE})(?!\w)", flags), 0.85,
             group="date", needs=both(has_digits(1), _NEAR_BIRTH)),
        Rule("date in words after a birth word",
             re.compile(rf"{_BIRTH}[^\n]{{0,40}}?(?<!\w)(?P<date>{_SAID})(?!\w)", flags), 0.85, group="date",
             needs=_NEAR_BIRTH),
        Rule("date that answers a birth word", re.compile(
            rf"{_BIRTH}[^\n?]{{0,40}}\?[\"'”’]?\s{{0,3}}(?:\w{{1,20}}:[ ])?[\"'“‘]?(?:(?:it['’]?s|on|the)[ ]){{0,2}}(?P<date>{_DATE}|{_SAID})(?!\w)", flags), 0.75,
             group="date", needs=_NEAR_BIRTH),
        Rule("birthday of the next one", re.compile(
            rf"\b(?:birthdays?|b-?days?)\b[^\n]{{0,60}}?(?:{_DATE}),?\s+(?:and\s|&\s)?[\w'’\-]{{1,20}}['’]s?(?:\s(?:is|on))?(?:\sthe)?\s(?P<date>{_DATE})(?!\w)", flags), 0.75,
             group="date", needs=both(has_digits(2), contains("birthday", "bday", "b-day"))),
        Rule("date before a birth word",
             re.compile(rf"(?<!\w)(?P<date>{_DATE})(?!\w)[^\n]{{0,25}}?(?:birth|b-?day|dob\b|\bborn|geburtstag|geb(?:oren|\.)|nascid|nacid|\bn[ée]e?\b)", flags), 0.75,
             group="date", needs=both(has_digits(1), _NEAR_BIRTH)),
        Rule("day and month after a birthday", re.compile(
            r"\b(?:birthday|b-?day|d\.?o\.?b\.?|geburtstag|verjaardag|anniv(?:ersaire)?|cumplea[ñn]os|cumple|compleanno|anivers[áa]rio|born on|turn(?:ing|s|ed)? \d{2} on)\b"
            r"[^\n\d]{0,24}(?P<date>\d{1,2}[./\-]\d{1,2}\.?)(?![\w/%]|[.,\-]\d)", flags), 0.7, group="date", needs=has_digits(2)),
        Rule("day and month before a birthday", re.compile(
            r"(?<![\w/.,\-])(?P<date>\d{1,2}[./]\d{1,2}\.?)[ ](?:[a-zäöü]{1,6}[ ]){0,3}(?:birthday|b-?day|geburtstag|verjaardag|cumple(?:años)?|compleanno|anivers[áa]rio)\b", flags), 0.7,
             group="date", needs=both(has_digits(2), _NEAR_BIRTH)),
        Rule("year after born", re.compile(r"\bborn\s(?:in|on|around)?\s?(?:the\s)?(?P<date>(?:19[2-9]\d|20[01]\d)|['’]\d{2})(?!\w)", flags),
             0.7, group="date", needs=has_digits(2)),
        Rule("full date of a likely birth year", re.compile(rf"(?<![\w/.\-]){_FULL}(?![\w/\-]|,?\s+(?:at\s)?\d{{1,2}}:\d\d)", flags), 0.5,
             needs=has_digits(5)),
    ]  # fmt: skip
    return RuleRecognizer("DATE_OF_BIRTH", "BirthDateRecognizer", rules)
