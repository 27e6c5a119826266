# ruff: noqa: E501, RUF001 (patterns are broken at their parts, and hold the marks that people type)
"""Addresses in other scripts than Latin, and the word for an address in many languages.

The models read Latin letters only. A script without capitals gives no sign where a name ends either, so an address
goes on from the word for a street as long as the parts between commas hold a number or a word for a part of a house.
"""

from __future__ import annotations

import re

from engine.privacy.recognisers.patterns import Rule, both, contains, has_digits, matches

_ARABIC = r"[\u0621-\u064a\u0660-\u0669\u0670-\u06d3\u06f0-\u06f9\d'’.\-]"
_ARABIC_PART = r"(?:بناية|مبنى|عمارة|عماره|برج|فيلا|شقة|شقه|الطابق|طابق|الدور|دور|رقم|مدخل|منزل|بيت|حي|شارع|طريق|قرب|مقابل|بجانب|مجمع|قطعة|بلوك|ص\.?ب|صندوق بريد|الرمز البريدي)"
_HEBREW = r"[\u05d0-\u05ea'\"״׳\-]"
_HEBREW_PART = r"(?:דירה|דירת|קומה|כניסה|בית|דלת|בניין|מיקוד|ת\.?ד\.?)"
_THAI = r"[\u0e01-\u0e4e]"
_THAI_PART = r"(?:หมู่บ้าน|หมู่ที่|หมู่|ซอย|ซ\.|ถนน|ถ\.|แขวง|เขต|ตำบล|ต\.|อำเภอ|อ\.|จังหวัด|จ\.|ชั้น|ห้อง|อาคาร|คอนโด|ตรอก)"
_CYRILLIC = r"[\u0400-\u04ff0-9][\u0400-\u04ff0-9'’\-]*"
_RUSSIAN_KIND = (
    r"(?:ул(?:ица|ице|\.)?|пр(?:оспект|оспекте|-т|-кт|\.)|пер(?:еулок|еулке|\.)|наб(?:ережная|ережной|\.)|пл(?:ощадь|ощади|\.)|б(?:ульвар|ульваре|-р)|ш(?:оссе|\.)|проезд|туп(?:ик|\.)|аллея|мкр(?:н|\.)?|микрорайон|квартал"
    r"|вул(?:иця|иці|\.)|пров(?:улок|\.)|бул(?:евард|\.)|жк|ж\.к\.|улица|кв\.)"
)
_RUSSIAN_PART = r"(?:д(?:ом|\.)?|буд(?:инок|\.)?|корп(?:ус|\.)?|к\.|стр(?:оение|\.)?|подъезд|под\.|під['’]їзд|этаж|эт\.|ет\.|поверх|кв(?:артира|\.)?|оф(?:ис|\.)?|вх\.|ап\.|бл\.|№)"
_GREEK_REST = r"[\u0370-\u03ff\u1f00-\u1fff'’.\-]*"
_GREEK = rf"[\u0370-\u03ff\u1f00-\u1fff]{_GREEK_REST}"
_DEVANAGARI = r"[\u0900-\u097f]"
_LABELS = (
    r"العنوان|عنوان(?:ي|ها|ه)?|الى العنوان|כתובת|הכתובת|כתובתי|ที่อยู่(?:จัดส่ง|ปัจจุบัน)?|住所|お届け先|送り先|收货地址|收件地址|地址|住址|寄送地址|배송지|주소|집주소|адреса?|адрес доставки|διεύθυνση|διευθυνση|κατοικία|địa chỉ|पता"
    r"|endere[çc]o|direcci[óo]n|domicilio|indirizzo|adresa|adres(?:im|i)?|anschrift|adresse|lieferadresse|leveringsadresse|bezorgadres|leveransadress|adress|toimitusosoite|osoite|alamat|tirahan|cím|lakcím|aadress|adrese|adresas|heimilisfang|zulieferung|anwani|adirẹsi"
)
_LABEL_HEADS = contains(
    "عنوان", "כתובת", "ที่อยู่", "住所", "届け先", "送り先", "地址", "住址", "배송지", "주소", "адрес", "διε", "κατοικ", "địa chỉ", "पता", "endere",
    "direcci", "domicilio", "indirizzo", "adres", "anschrift", "osoite", "alamat", "tirahan", "cím", "heimilis", "zuliefer", "anwani", "adir",
)  # fmt: skip


def _no_link(match: re.Match[str]) -> bool:
    place = match.group("place")
    return "@" not in place and "://" not in place and not re.match(r"[\d.:x]+$", place)


def script_rules() -> list[Rule]:
    """The rules, for the recogniser of addresses."""
    arabic, hebrew, thai = matches("[\u0621-\u064a]"), matches("[\u05d0-\u05ea]"), matches("[\u0e01-\u0e2e]")
    cyrillic, greek, hindi = matches("[\u0400-\u04ff]"), matches("[\u0370-\u03ff]"), matches("[\u0900-\u097f]")
    return [
        Rule("label of an address", re.compile(
            rf"(?<![^\W_])(?:{_LABELS})\s?[:：]\s?(?P<place>(?=[^\n]{{0,60}}\d)[^\n;!?\"'`<>{{}}|]{{5,110}}?)(?=[;!?\"'`<>{{}}|\n]|[.。](?:\s|$)|$)", re.IGNORECASE), 0.65, group="place",
             check=_no_link, needs=both(has_digits(1), _LABEL_HEADS)),
        Rule("Arabic street", re.compile(
            rf"(?<!\w)[بلوف]{{0,2}}(?:ال)?(?:شارع|طريق|زقاق|ميدان|جادة|نهج|زنقة|حي|كورنيش)\s{_ARABIC}{{2,}}(?:[ ]{_ARABIC}{{1,}}){{0,3}}"
            rf"(?:[ ]?[،,]\s?(?=[^،,\n.]{{0,30}}(?:\d|[٠-٩]|{_ARABIC_PART}))(?:{_ARABIC}+[ ]?){{1,5}}(?<! )){{1,5}}(?:[ ]?[،,]\s?{_ARABIC}{{3,}}(?:[ ](?:{_ARABIC}{{3,}}|\d{{4,6}})){{0,2}}(?=\s*(?:$|[\n.!?؟])))?"
            rf"|(?<!\w)(?:{_ARABIC_PART}\s{_ARABIC}+[ ]?[،,]\s?){{1,3}}(?:شارع|طريق|حي)\s{_ARABIC}{{2,}}(?:[ ]{_ARABIC}+){{0,2}}(?:[ ]?[،,]\s?{_ARABIC}{{3,}}(?=\s*(?:$|[\n.!?؟])))?"
            rf"|(?<!\w)(?:شارع|طريق|زقاق|ميدان|جادة)\s{_ARABIC}{{2,}}(?:[ ]{_ARABIC}{{2,}}){{0,3}}[ ](?:رقم\s)?(?:\d|[٠-٩]){{1,4}}"), 0.7, needs=arabic),
        Rule("Hebrew street", re.compile(
            rf"(?<!\w)[בלמהו]{{0,2}}(?:רחוב|רח['׳]|שדרות|שד['׳]|דרך|סמטת|סמטה|כיכר|משעול)\s(?:{_HEBREW}{{2,}}\s){{1,4}}\d{{1,4}}(?:[/\-]\d{{1,3}})?[א-ת]?(?:['׳])?"
            rf"(?:,?\s{_HEBREW_PART}\s[\dא-ת]{{1,7}}['׳]?){{0,4}}(?:,\s{_HEBREW}{{2,}}(?:\s{_HEBREW}{{2,}}){{0,2}}(?=\s*(?:$|[\n.,!?])))?"), 0.75, needs=both(has_digits(1), hebrew)),
        Rule("Thai address", re.compile(
            rf"(?:(?:บ้าน)?เลขที่\s?)?\d{{1,4}}(?:/\d{{1,4}})?\s(?:{_THAI_PART}\s?(?:{_THAI}+|\d{{1,3}})(?:\s\d{{1,3}}(?:/\d{{1,3}})?)?[\s,]{{0,2}}){{1,8}}(?:{_THAI}{{3,30}}\s)?(?:\d{{5}})?(?<!\s)"
            rf"|{_THAI_PART}\s?{_THAI}+(?:\s\d{{1,3}})?(?:\s{_THAI_PART}\s?{_THAI}+(?:\s\d{{1,3}})?){{1,6}}(?:\s{_THAI}{{3,30}})?(?:\s\d{{5}})?"), 0.7, needs=thai),
        Rule("Cyrillic street", re.compile(
            rf"(?<!\w){_RUSSIAN_KIND}\s?{_CYRILLIC}(?:\s{_CYRILLIC}){{0,2}}?,?\s(?:{_RUSSIAN_PART}\s?)?\d{{1,4}}[а-яА-Я]?(?:[/\-]\d{{1,4}})?(?:,?\s{_RUSSIAN_PART}\s?\d{{1,4}}[а-яА-Я]?){{0,5}}(?!\w)"
            rf"|(?<!\w){_CYRILLIC}\s(?:ул(?:ица|\.)|пр(?:оспект|-т|\.)|пер(?:еулок|\.)|наб(?:ережная|\.)|ш(?:оссе|\.)|б(?:ульвар|-р)),?\s(?:{_RUSSIAN_PART}\s?)?\d{{1,4}}[а-яА-Я]?(?:[/\-]\d{{1,4}})?(?:,?\s{_RUSSIAN_PART}\s?\d{{1,4}}[а-яА-Я]?){{0,5}}(?!\w)", re.IGNORECASE),
             0.7, needs=both(has_digits(1), cyrillic)),
        Rule("Russian street by its ending", re.compile(
            r"(?<!\w)(?:[А-ЯЁ][а-яё\-]{2,20},\s)?[А-ЯЁ][а-яё]{3,20}(?:ая|ой|ую|ий|ого|ом|ова|ева)(?:\s(?:ул\.|пр\.|проспекте|проспект|улице|шоссе|набережной|площади))?(?:\s|,\s)(?:д\.\s?)?\d{1,3}[а-я]?(?:[/\-]\d{1,4}|,\s?кв\.?\s?\d{1,4}){1,2}(?!\w)"), 0.6,
             needs=both(has_digits(1), cyrillic)),
        Rule("Greek street", re.compile(
            rf"(?<!\w)(?:οδός|οδού|οδ\.|λεωφ(?:όρος|όρου|\.)|λ\.|πλατεία|πλ\.)\s{_GREEK}(?:\s{_GREEK}){{0,2}}\s\d{{1,4}}(?:[,\s]{{1,2}}{_GREEK}(?:\s{_GREEK})?)?(?:[,\s]{{1,2}}\d{{3}}\s?\d{{2}})?(?!\w)"
            rf"|(?<!\w)(?-i:[Α-ΩΆ-Ώ]){_GREEK_REST}\s\d{{1,4}},\s(?-i:[Α-ΩΆ-Ώ]){_GREEK_REST}(?:\s\d{{3}}\s?\d{{2}})?(?!\w)", re.IGNORECASE), 0.65, needs=both(has_digits(1), greek)),
        Rule("Hindi address", re.compile(
            rf"(?:(?:मकान|फ्लैट|प्लॉट|घर)\s(?:नंबर|नं\.?|संख्या)\s?\d{{1,5}}|\d{{1,5}})[,\s]{{1,2}}(?:{_DEVANAGARI}+\s){{0,4}}(?:नगर|मार्ग|रोड|गली|कॉलोनी|मोहल्ला|चौक|सड़क|विहार|बाग|सेक्टर\s\d+)(?:,\s{_DEVANAGARI}+(?:\s{_DEVANAGARI}+){{0,2}}){{0,3}}(?:\s?[\-–]?\s?\d{{6}})?"), 0.65,
             needs=both(has_digits(1), hindi)),
    ]  # fmt: skip
