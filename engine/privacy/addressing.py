# ruff: noqa: E501, RUF001 (quotation marks as people type them)
"""Joining the pieces of an address: number, street, unit, town, code and country are found by different recognisers.

What is left between two pieces, or hangs at the end of one, is part of the address when it holds nothing but numbers,
capitalised words and the marks of an address. A house number that stays behind would still lead to the door.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from engine.privacy.hits import Hit
from engine.privacy.recognisers.foreign import is_everyday
from engine.privacy.recognisers.words import is_dictionary_word

_LONGEST_GAP, _LONGEST_TAIL, _LONGEST_HEAD = 40, 120, 90
_WORD = r"(?:[A-ZÀ-ÞŁŚŻŽČŘŠΑ-ΩА-Я][\w'’.()/\-]{0,40}|\d[\w/\-]{0,20}|Apt\.?|Suite|Ste\.?|Unit|#\d+|\([A-Z]{2,3}\)"
_WORD += r"|(?:app|appt|apto|apdo|bât|bat|esc|int|piso|pta|planta|depto|edif|lgh|lok|kv|кв|et|étage)\.?[ ]?(?:[A-Z]|\d{1,4}[A-Za-z]?)(?!\w))"
_SPACE = r"[ \t,;]{0,4}\n?[ \t,;]{0,4}"
_GAP = re.compile(rf"{_SPACE}(?:{_WORD}{_SPACE}){{0,3}}")
_CROSSING = re.compile(r"[ ](?:and|&|y|und|et|at)[ ]")
_AT_A_CROSSING = re.compile(r"[ ](?:and|&|y|und|et)[ ]$")
_STATE = re.compile(r"(?:,?[ ](?:[A-Z]{2}|\([A-Z]{2}\))|[ ]?/[ ]?[A-Z]{2})(?=[ ]*(?:$|[.,;!?)\n]))")
_TAIL = re.compile(
    rf"(?:{_SPACE}(?<![\w'’./\-]){_WORD}){{0,4}}{_SPACE}(?<!\w)(?:\d{{4,7}}(?:-\d{{3,4}})?|\d{{2,3}}-\d{{3,4}}|[A-Z]\d[A-Z\d][ ]?[A-Z\d]{{3,4}}|\d{{4}}[ ][A-Z]{{2}}|S\(?\d{{6}}\)?)(?![\w.,]\d|\w)"
)
_PARTS = (
    r"c/o|(?:H\.?[ ]?No|D\.?[ ]?No|Door No|Plot No|Flat No|House No|Shop No|Plot|Flat|House|Room|Rm|Apt|Apartment|Unit|Suite|Ste"
    r"|Floor|Building|Bldg|Block|Blk|Tower|Wing|Lot|Wohnung|Whg|Top|Stiege|Appartement|Appt|Bât|Piso|Depto|Dpto|Int|Interno|Scala|Lgh"
    r"|Blk|Section|Sec|Sector|Phase|Stage|Road|Street|Lane|Alley|No|Nr|Nº|N°)(?:[ ]No)?\.?:?[ ]?(?:#?[A-Za-z]?\d[\w/\-]{0,20}|[A-Z](?!\w))"
)
_ESTATE = (
    r"(?:The[ ])?(?:[A-Z][\w'’\-]{0,40}[ ]){1,3}(?:House|Cottages?|Hollow|View|Rise|End|Croft|Bungalow|Grange|Priory|Chapel|Stables|Forge|Dairy|Granary|Bakery|Nook|Brook|Dene|Mount|Rectory|Vicarage|Farm|Hall|Lodge|Court|Villas?|Manor|Barn|Mill|Towers?"
    r"|Building|Gardens?|Residency|Residences?|Apartments?|Mansions?|Estate|Heights|Complex|Centre|Center|Plaza|Enclave|Society|Village)"
)
_HEAD = re.compile(
    rf"(?:(?<=\s)|(?<=^)|(?<=[(:,]))(?:(?:Flat|Unit|Apt|Apartment|Suite|Room|Block|Tower|Wing)[ ][A-Z],[ ]|(?:{_PARTS}|{_ESTATE})(?:,[ ]?|[ ](?=[A-Z\d]))|\d{{1,2}}(?:st|nd|rd|th|er|\.)?[ ](?i:floor|stock|og|[ée]tage|piso|piano|andar)(?:[ ](?i:links|rechts|mitte|izq\.?|dcha\.?|left|right))?,?[ ]|\d{{1,3}}-\d{{1,3}}(?:-\d{{1,3}})?,?[ ]|c/o[ ][A-Z][\w'’\-]{{0,40}}(?:[ ][A-Z][\w'’\-]{{0,40}}){{0,2}},[ ]"
    r"|(?:H\.?[ ]?No|D\.?[ ]?No|Plot|Number|No|Nr|№|Wohnung|Whg|Appartement|Appt|Piso|Interno|Room|Building|Bldg|Block|Blk|Tower|Flat|Unit|Apt|Apartment|Suite|Floor|Road|Street|Lane|Sector|Phase)\.?:?[ ]|\d{1,6}[A-Za-z]?,?[ ]){1,5}$"
)
_PLACE = re.compile(
    rf",[ ]{{1,2}}(?:(?:{_PARTS}),[ ])?(?:(?:місто|село|смт|город|г\.|м\.|пос\.|miasto|město|mesto|grad|ΤΚ[ ]\d{{5}})[ ])?[A-ZÀ-ÞΑ-ΩΆ-ΏЀ-Я][\w'’.\-]{{0,40}}[\w](?:[ ][A-ZÀ-Þ][\w'’\-]{{0,40}}){{0,2}}(?:[ ]\([A-Z][a-z]+\))?(?:,?[ ][A-Z]{{2,4}}\b)?(?:,?[ ](?:-[ ])?(?:\d{{4,6}}|\d{{3}}-\d{{4}}|\d{{3}}[ ]\d{{2,3}}))?"
    r"(?=[ ]*(?:$|[.,;!?)\n])|(?<=[)]))"
)
_TOWN_ON = re.compile(
    r"[ ](?:am|an der|im|in der|bei|ob der|vor der|na|nad|pod|sur|sous|en|de la|de|del|della|di|do|da|dos|upon|on|under|aan den|aan de|den|v|pri)[ ][A-ZÀ-ÞŽŠČ][\w'’\-]+(?=[ ]*(?:$|[.,;!?)\n/]))"
)
"""What follows the first word of a town: "Braunau am Inn"."""
_CODE_AND_TOWN = re.compile(r"\d{4,6}[ ][A-ZÀ-ÞŽŠČ][\w'’\-]+$")
_NUMBER_AND_WORD = re.compile(r"\d{1,5}[A-Za-z]?,?[ ][A-ZÀ-Þ][\w'’\-]+$")
_SECOND_WORD = re.compile(r"[ ][A-ZÀ-Þ][a-zà-ÿ'’\-]{2,}(?=[ ]*(?:$|[.,;!?)\n]|[a-z]))")
"""A model often stops inside the name of a street: "37 Grey" of "37 Grey Ithafa"."""
_COUNTRY = re.compile(
    r"(?:[ ,]{0,3}\n[ ]{0,2}(?:[A-ZÀ-ÞΑ-ΩΆ-Ώ∆][A-ZÀ-ÞΑ-ΩΆ-Ώ∆'’.\-]+[ ]?){1,4})?[ ,]{0,3}\n[ ]{0,2}"
    r"(?:United (?:Kingdom|States)|Ireland|Canada|Australia|New Zealand|India|Germany|Deutschland|Austria|Österreich|Switzerland|Schweiz|Suisse|France|Spain|España|Italy|Italia"
    r"|Portugal|Brazil|Brasil|Mexico|México|Netherlands|Belgium|Sweden|Norway|Denmark|Finland|Iceland|Poland|Polska|Czech Republic|Hungary|Greece|Cyprus|Estonia|Slovenia|South Africa"
    r"|Uruguay|Argentina|Chile|Colombia|Japan|Singapore|Philippines|Malaysia|Nigeria|Kenya|Ghana|Greenland|Tunisia|Vietnam|Romania|Croatia|Türkiye|Turkey|USA|UK)(?:[ ]\([A-Z][a-z]+\))?(?:[ ]\d{4,6})?(?![\w])"
)
_INSIDE = re.compile(
    r"(?:[ ]?[,;/·][ ]?|[ ]|,?\n|[ ][–-][ ])"
    r"(?:(?:Hinter|Vorder|Seiten|Garten|Quer)(?:haus|gebäude|flügel)|(?:EG|DG|UG|HP|\d{1,2}\.?[ ]?(?:OG|UG|Stock|Etage|Stiege|sal|tv|th|mf|etasje|kerros|emelet|em|ajtó|patro|piętro|kat)\b\.?)(?:[ ,]{1,2}(?:links|rechts|mitte|tv|th|mf|v|h)\b\.?)?"
    r"|(?:scala|interno|int|piano|edificio|palazzina|bâtiment|bât|bat|escalier|esc|étage|appartement|appt|app|apt|apartment|porte|entrée|bloco|bl|torre|apto|ap|casa|sala|andar|lote|quadra|conj|depto|dpto|piso|puerta|pta|portal|planta|local|mz|manzana|etapa"
    r"|interior|exterior|oficina|ofc?\.|bur\.|bureau|unit|suite|ste|floor|fl|level|lvl|room|rm|flat|block|blk|building|bldg|tower|wing|gate|door|entrance|stairs?|lgh|porta|lokal|lok|m\.|klatka|byt|vchod|daire|kat|k:|no:|nr:|d:|kapı|house|villa|shop|office"
    r"|корп(?:ус|\.)?|к\.|стр(?:оение|\.)?|подъезд|под\.|під['’]їзд|этаж|эт\.|кв(?:артира|\.)?|оф(?:ис|\.)?|вх\.|ет\.|ап\.|бл\.|поверх|д\.)"
    r"\.?[ ]?(?:n[.º°o]{0,2}[ ]?)?[#:]?[ ]?(?:\d{1,4}(?:[ ]?[A-Za-zА-я](?!\w))?(?:[/\-]\d{1,4})?|[A-Z]\d{0,3}(?!\w))"
    r"|\d{1,2}(?:st|nd|rd|th)[ ](?:floor|fl|flr)|(?:ground|first|second|third|fourth|fifth|top|lower|upper|basement)[ ](?:floor|flat)|\d{1,2}[ ]?[ºª](?:[ ]?[\wÀ-ÿ]{1,4}\.?(?!\w))?(?:[ ]\d{1,2}[ ]?[ºª])?"
    r"|\d{1,2}(?:er|e|ème)[ ]étage(?:[ ](?:gauche|droite|face))?|penthouse|ático|cobertura|rez-de-chaussée|rdc|entresuelo|RT[ ]?\d{1,3}[ ]?/[ ]?RW[ ]?\d{1,3})(?![\w])",
    re.IGNORECASE,
)
"""What stands inside a house, in the order in which people write it: after the street."""
_UNIT_FIRST = re.compile(r"(?:flat|apt|apartment|unit|room|studio|suite)\.?[ ]?#?\d{1,5}[A-Za-z]?", re.IGNORECASE)
_HOUSE_NAMED = re.compile(r",[ ](?:[\w'’]+[ ]){0,3}[\w'’]+,[ ]")
_SMALL_PLACE = re.compile(
    r",[ ](?P<town>[^\W\d_]{3,20})(?:[ ][^\W\d_]{2,20}){0,2}?(?:,?[ ](?:[a-z]{1,2}\d[\da-z]?[ ]?\d[a-z]{2}|[a-z]\d[a-z][ ]?\d[a-z]\d|\d{4,6}|\d{3}-\d{4}|\d{5}-\d{3}|\d{4}[ ][a-z]{2}))?"
    r"(?=[ ]*(?:$|[.,;!?)\n])|[ ](?:tonight|please|pls|thanks|thx|with|and|at|if|or|but)\b)"
)
"""A town after a street in small letters, where the first word is in no dictionary."""
_MOST_PARTS = 5
_MOST_PLACES = 3
_SENTENCE = re.compile(r"[a-z]{3}\.\s")


def whole_addresses(text: str, hits: Iterable[Hit]) -> list[Hit]:
    """The hits with the pieces of each address joined; offsets are characters of `text`."""
    ordered = sorted(hits, key=lambda hit: (hit.start, -hit.end))
    if not any(hit.entity == "ADDRESS" for hit in ordered):
        return ordered
    others = [hit for hit in ordered if hit.entity not in ("ADDRESS", "LOCATION")]
    joined: list[Hit] = []
    for hit in ordered:
        if hit.entity not in ("ADDRESS", "LOCATION"):
            continue
        last = joined[-1] if joined else None
        if last and _belong(text, last, hit):
            joined[-1] = _joined(last, hit)
        else:
            joined.append(hit)
    people = {hit.end: hit.start for hit in others if hit.entity == "PERSON"}
    whole = [_at_a_crossing(text, _completed(text, hit), people) for hit in joined]
    return sorted([*others, *whole], key=lambda hit: (hit.start, -hit.end))


def _at_a_crossing(text: str, hit: Hit, people: Mapping[int, int]) -> Hit:
    """An address with the first street of its crossing, where that was taken for somebody: "Leon and Mill Lane 6".

    Args:
        text: The text.
        hit: An address; one that begins with its number stands by itself.
        people: Where each name ends -> where it begins.
    """
    gap = None if text[hit.start].isdigit() else _AT_A_CROSSING.search(text[max(0, hit.start - 5) : hit.start])
    first = people.get(hit.start - len(gap.group())) if gap else None
    return hit if first is None or hit.entity != "ADDRESS" else replace(hit, start=first)


def _belong(text: str, left: Hit, right: Hit) -> bool:
    if "ADDRESS" not in (left.entity, right.entity) or right.start - left.end > _LONGEST_GAP:
        return False
    if right.start < left.end:
        return left.entity != right.entity
    gap = text[left.end : right.start]
    if _HOUSE_NAMED.fullmatch(gap) and _UNIT_FIRST.fullmatch(text, left.start, left.end):
        return True
    if _CROSSING.fullmatch(gap):
        return right.entity == "ADDRESS" and (left.entity == "ADDRESS" or not text[right.start].isdigit())
    return _GAP.fullmatch(gap) is not None and _SENTENCE.search(text[left.end - 3 : right.start]) is None


def _joined(left: Hit, right: Hit) -> Hit:
    best = left if (left.entity == "ADDRESS", left.score) >= (right.entity == "ADDRESS", right.score) else right
    return replace(best, start=min(left.start, right.start), end=max(left.end, right.end))


def _after_its_parts(text: str, start: int, end: int) -> int:
    """Where an address ends with the parts of the house that follow it; as it was without a number of the house."""
    if any(letter.isdigit() for letter in text[start:end]):
        for _ in range(_MOST_PARTS):
            part = _INSIDE.match(text, end)
            if part is None:
                break
            end = part.end()
    return end


def _after_small_place(text: str, start: int, end: int) -> int:
    """Where an address in small letters ends with its town: "12 mill lane, gurgaon 122003"."""
    place = _SMALL_PLACE.match(text, end)
    if place is None or text[start:end] != text[start:end].lower():
        return end
    town = place["town"]
    return end if is_dictionary_word(town) or is_everyday(town) else place.end()


def _completed(text: str, hit: Hit) -> Hit:
    if hit.entity != "ADDRESS":
        return hit
    head = _HEAD.search(text[max(0, hit.start - _LONGEST_HEAD) : hit.start])
    start = hit.start - len(head.group()) if head else hit.start
    end = _after_its_parts(text, start, hit.end)
    tail = _TAIL.match(text[: end + _LONGEST_TAIL], end)
    end = tail.end() if tail else end
    if _NUMBER_AND_WORD.fullmatch(text, start, end) and (second := _SECOND_WORD.match(text, end)):
        end = second.end()
    if any(letter.isdigit() for letter in text[start:end]):
        end = _after_its_parts(text, start, end)
        for _ in range(_MOST_PLACES):
            place = _PLACE.match(text, end)
            end = place.end() if place else _after_small_place(text, start, end)
        if _CODE_AND_TOWN.search(text, max(start, end - 40), end) and (on := _TOWN_ON.match(text, end)):
            end = on.end()
        for pattern in (_STATE, _COUNTRY):
            more = pattern.match(text, end)
            end = more.end() if more else end
    return replace(hit, start=start, end=end)
