# ruff: noqa: E501, RUF001 (lists of words are easier to read and to add to as text)
"""Things that are called like people: dishes, drinks, medicines, makers, works of art, games, bands and places.

A model takes "Dr Pepper" and "Mona Lisa" for somebody. The names here are those that nobody is likely to be meant by:
of people of stories and of long ago only those that nobody else is called ("Voldemort", not "Harry"), and of real people
only the word that stands for their work ("Mozart"): a whole name is somebody's, and whoever reviews decides. Where the words
around say that somebody is meant, somebody is: "met Jack Daniels at the gym". Written down from general knowledge.
"""

from __future__ import annotations

import functools
import re

from engine.privacy.recognisers.words import is_dictionary_word
from engine.privacy.titles import AT_WORK, KIN

_OF_WORDS = """
dr pepper|uncle ben|uncle ben's|aunt jemima|aunt bessie|ben & jerry|ben and jerry|jack daniel|jack daniels|jim beam|johnnie walker|captain morgan|jose cuervo|earl grey|lady grey|mr kipling
general tso|general tso's|san pellegrino|pocari sweat|pinot grigio|pinot noir|bloody mary|shirley temple|arnold palmer|caesar salad|peking duck|mapo tofu|kung pao|dan dan|pad thai|tom yum
eggs benedict|beef wellington|bakewell tart|victoria sponge|lemon drizzle|battenberg|black forest|mac and cheese|sloppy joe|philly cheesesteak|crème brûlée|creme brulee|tikka masala|mona lisa|sistine chapel
trevi fountain|notre dame|saint pancras|st pancras|kings cross|king's cross|charing cross|big ben|mount rushmore|hubble telescope|apollo 11|spirit airlines|virgin atlantic|harley davidson
aston martin|rolls royce|alfa romeo|land rover|range rover|mercedes benz|louis vuitton|yves saint laurent|calvin klein|tommy hilfiger|ralph lauren|michael kors|kate spade|jimmy choo|marc jacobs
hugo boss|abercrombie & fitch|marks & spencer|marks and spencer|johnson & johnson|procter & gamble|ernst & young|morgan stanley|goldman sachs|jp morgan|wells fargo|charles schwab
lloyds bank|tim hortons|trader joe|trader joe's|papa john|papa john's|wendy's|denny's|arby's|macy's|kohl's|lowe's|sainsbury's|levi's|lay's|kellogg's|hershey's|reese's|mcdonald's|domino's|nando's|sotheby's
pink floyd|led zeppelin|iron maiden|fleetwood mac|steely dan|jethro tull|lynyrd skynyrd|alice in chains|black sabbath|deep purple|depeche mode|duran duran|arctic monkeys|fall out boy|maroon 5|blink 182
daft punk|imagine dragons|tame impala|the smiths|elden ring|hollow knight|baldur's gate|stardew valley|red dead redemption|final fantasy|assassin's creed|resident evil|silent hill|tomb raider
animal crossing|mario kart|super mario|donkey kong|mortal kombat|street fighter|candy crush|angry birds
moby dick|romeo and juliet|grey's anatomy|peaky blinders|rick and morty|tom and jerry
roomba|deliveroo|just eat|danube|tetris|gta|titanic|cortana|clippy|hogwarts|pikachu
virgo|libra|scorpio|sagittarius|capricorn|aquarius|pisces|whitsun|pentecost|ramadan|hanukkah|diwali|purim|michaelmas|bonfire night|guy fawkes night|st patrick's day|valentine's day
bolognese|carbonara|campari|vermouth|negroni|aperol|alfredo sauce|gorgonzola|mozzarella|prosecco|peroni|heineken|budweiser|fanta|schweppes|lucozade|ribena|nescafe|lavazza|starbucks|costa coffee
onigiri|okonomiyaki|takoyaki|ramen|udon|sashimi|wagyu|kimchi|bibimbap|bulgogi|gochujang|banh mi|nasi goreng|satay|laksa|jollof|egusi|fufu|suya|moi moi|injera|biryani|paneer|samosa|dosa|idli|chapati
paratha|falafel|hummus|shawarma|tabbouleh|baklava|moussaka|tzatziki|souvlaki|gyros|pierogi|borscht|goulash|schnitzel|bratwurst|sauerkraut|paella|gazpacho|tortilla|empanada|ceviche|pozole|mole poblano|horchata
dijon|worcestershire|tabasco|sriracha|hoisin|tahini|nutella|marmite|vegemite|bovril|weetabix|cheerios|tylenol|advil|aspirin|ibuprofen|paracetamol|benadryl|claritin|zyrtec|xanax|prozac|zoloft|ozempic|viagra
django|kubernetes|docker|jenkins|jupyter|grafana|kibana|lucene|gradle|mockito|selenium|haskell|erlang|fortran|lufthansa|ryanair|easyjet|qantas
john deere|dr martens|dr. martens|doc martens|hush puppies|le creuset|de'longhi|chanel no 5|coco chanel|christian dior|giorgio armani|gianni versace|estee lauder|estée lauder|victoria's secret|hamilton beach|levi strauss|ray ban|ray bans|dolce & gabbana
prince albert|st james|king george|queen victoria|karl marx allee|lincoln center|kennedy center|rockefeller center|carnegie hall|albert hall|madison square|washington monument|jefferson memorial|sir duke
norwegian wood|charlie hebdo|der spiegel|le monde|el país|la repubblica|die zeit|madison avenue|michigan avenue|pachinko|seinfeld|frasier|friends reunion|jennifer's body|marley & me|erin brockovich|forrest gump|dirty harry|donnie darko|napoleon dynamite|mrs doubtfire|amelie poulain|thelma & louise
thelma and louise|bonnie and clyde|harry potter|jane eyre|oliver twist|anna karenina|madame bovary|mrs dalloway|doctor zhivago|huckleberry finn|robinson crusoe|don quixote|king lear|macbeth|othello|hamlet
sherlock holmes|hercule poirot|miss marple|james bond|indiana jones|han solo|darth vader|princess leia|obi wan|obi-wan kenobi|yoda|chewbacca|gandalf|frodo|bilbo baggins|aragorn|legolas|gollum|sauron|voldemort|dumbledore|hermione granger|ron weasley|severus snape
draco malfoy|hagrid|daenerys|tyrion|khaleesi|geralt|yennefer|witcher|batman|catwoman|superman|spiderman|spider-man|ironman|iron man|wonder woman|the joker|wolverine|deadpool|thanos|loki|lara croft
mr darcy|jack sparrow|forrest gump|vito corleone|hannibal lecter|freddy krueger|jesse pinkman|tony soprano|dwight schrute
carrie bradshaw|blair waldorf|serena van der woodsen|chandler bing|homer simpson|bart simpson|eric cartman|bugs bunny|mickey mouse|minnie mouse|donald duck|winnie the pooh|peter pan|tinker bell|tinkerbell
cinderella|rapunzel|pinocchio|pocahontas|shrek|elsa and anna|buzz lightyear|snoopy|scooby doo|spongebob|patrick star|pikachu|ash ketchum|sailor moon|naruto|sasuke|goku|luffy|totoro|doraemon|hello kitty|mario and luigi|princess peach|princess zelda
santa claus|father christmas|easter bunny|tooth fairy|mother nature|father time|uncle sam|john doe|jane doe|joe bloggs|joe public|average joe|peeping tom|jack of all trades|jack o'lantern|jack-o'-lantern|robin hood|king arthur|lancelot|dracula|frankenstein|count dracula
shakespeare|hemingway|tolstoy|dostoevsky|dostoyevsky|chekhov|kafka|nietzsche|kierkegaard|socrates|aristotle|plato|confucius|lao tzu|sun tzu|lu xun|homer's odyssey
mozart|beethoven|chopin|tchaikovsky|vivaldi|debussy|rachmaninoff|rachmaninov|stravinsky|picasso|van gogh|monet|rembrandt|vermeer|michelangelo|da vinci|botticelli|caravaggio|kandinsky|hokusai
einstein|copernicus|archimedes|pythagoras|dijkstra|bellman-ford|freud|cleopatra|marco polo|buddha|jesus christ
bridgerton|wednesday addams|squid game|black mirror|stardew|minecraft steve|jinja
zanzibar|kilimanjaro|everest|matterhorn|titicaca|machu picchu|angkor wat|taj mahal|stonehenge|parthenon|colosseum|pantheon|acropolis|alhambra|versailles|mugello|monza|silverstone|ducati
"""
_KIN_OR_COLLEAGUE = f"{KIN} {AT_WORK} friend bestie mate ex".replace(" ", "|")
_SOMEBODY_AFTER = re.compile(
    rf"(?:['’]s)?[ ](?:\(?(?:my|our)[ ](?:{_KIN_OR_COLLEAGUE})\b|\((?:she|he|they|{_KIN_OR_COLLEAGUE})\b|from (?:my|our|work|school|accounting|hr|church|next door|upstairs)\b"
    r"|(?:(?:told|texted|asked|called|messaged|emailed|invited) (?:me|us)|and (?:I|i|me))\b(?!['’]))|['’]s (?:mom|mum|dad|wife|husband|phone number|number|birthday|apartment|flat|email)\b|,?[ ](?:\+\d|DOB\b|born\b|aged?\b)",
)
_SOMEBODY_BEFORE = re.compile(
    rf"(?:\b(?:my|his|her|our|their|ur)[ ](?:\w+[ ])?(?:{_KIN_OR_COLLEAGUE}),?|\b(?:met|named|call me|name is|name's|my name|dear|attn:?|patient:?|tenant:?|guest:?|customer:?|contact:?|signed:?|sincerely,?|regards,?|cheers,|cc:))\s$",
    re.IGNORECASE,
)
"""Only somebody is met, is called so, or has a birthday; a brand of the same name has none."""
_MOST, _REACH = 3, 32
_CAPITAL_AFTER = re.compile(r"[ \-][A-ZÀ-Þ][a-zà-ÿ]")
_CAPITAL_BEFORE = re.compile(r"([A-ZÀ-Þ][\w'’]+)[ \-]$")
_WORD = re.compile(r"[\w'’&\-]+")


@functools.cache
def _things() -> frozenset[str]:
    return frozenset(" ".join(_WORD.findall(one)) for line in _OF_WORDS.splitlines() for one in line.split("|") if one)


def is_known_thing(phrase: str) -> bool:
    """Whether a phrase, in any case of letters and with or without "'s", is what a thing is called."""
    words = " ".join(_WORD.findall(phrase.casefold().replace("’", "'"))).removeprefix("the ")
    return words in _things() or words.removesuffix("'s") in _things()


def in_known_thing(text: str, start: int, end: int) -> bool:
    """Whether a stretch stands inside what a thing is called: "Pepper" in "Dr Pepper".

    Not where a word with a capital goes on after it, or stands before a name of one word: "Plato Okafor" is somebody.
    """
    words = list(_WORD.finditer(text, max(0, start - _REACH), end + _REACH))
    inside = [number for number, word in enumerate(words) if word.end() > start and word.start() < end]
    if not inside:
        return False
    first, last = inside[0], inside[-1]
    for left in range(max(0, first - _MOST), first + 1):
        for right in range(last, min(len(words), left + _MOST + 1)):
            if is_known_thing(text[words[left].start() : words[right].end()]):
                at, to = words[left].start(), words[right].end()
                return not (_goes_on(text, at, to, alone=left == right) or _is_somebody(text, at, to))
    return False


def _is_somebody(text: str, start: int, end: int) -> bool:
    """Whether the words around say that somebody is meant, who is called like the thing."""
    return (
        _SOMEBODY_AFTER.match(text, end) is not None
        or _SOMEBODY_BEFORE.search(text[max(0, start - _REACH) : start]) is not None
    )


def _goes_on(text: str, start: int, end: int, alone: bool) -> bool:
    if _CAPITAL_AFTER.match(text, end):
        return True
    before = _CAPITAL_BEFORE.search(text[max(0, start - _REACH) : start]) if alone else None
    return before is not None and not is_dictionary_word(before.group(1))
