# ruff: noqa: E501, RUF001, SIM905 (lists of words are easier to read and to add to as text)
"""Names and words that are known beforehand: given names and short family names, labels of fields, and brands.

The names are those of `presets/redaction/names`, which the replacements are drawn from too. They only support other
signs: a name of a list is reported where its place in the text, its capitals or its script say that it is one.
"""

from __future__ import annotations

import functools

import yaml

from engine.machine import PRESETS

_LABELS = frozenset(
    """account acct addr address api app aws bday bic branch card cc cell code commit conf config cpf cnpj curp customer cvc cvv
    db dept dev dl dni dns dob docket ein email env eth fax fb git handle host hostname http https iban id ids ig imei imap invoice
    ip ipv4 ipv6 iso jira jwt key keys lat lng lic licence license lr mac mail mob mobile mrn nhs nie nif nin nino no nr
    num number oauth order org otp param passport password passwd pedido perm pesel phone pid pin plate png pnr port pr proxy pw
    pwd qa ref reg repo res rfc room routing rpc rsa sdk sid sin sku sms smtp sn sol sql ssh ssl ssn sso stdin stdout swift tax tel
    temp tin tls tmp token tracking trx tz udp uid uri url urls user usr uuid vat vin vlan vm voip vpn wallet xml xmr yaml zip bro bruh sis fam bhai yaar america bis morgen nos vemos hasta luego mañana danke bitte gracias por favor merci
    demain bonjour salut hola ciao grazie prego obrigado obrigada tchau guten abend nacht buenas buenos noches tardes bonne nuit tsp tbsp gamertag webhook cookie username passwort kennwort contraseña
    reisepass ausweis personalausweis führerschein telefon telefono adresse anschrift geburtsdatum vorname nachname""".split()
)
_BRANDS = frozenset(
    """adidas adobe airbnb alexa alzheimer amazon android ansible apache apple arduino asana asos atlassian audi aws azure barbie bitbucket
    bluetooth bmw bosch bugatti cadillac canon canva cassandra chatgpt chevrolet chevy chipotle chrome cisco citroen cloudflare
    coinbase colgate confluence costco datadog debian deepl dell discord disney django docker doordash dropbox duolingo easter
    ebay elasticsearch epson etsy excel expedia facebook fahrenheit fedex ferrari figma firefox flask fortnite fujifilm garmin
    gemini genshin github gitlab gmail google gopro grafana hadoop halloween hanukkah helm heroku hogwarts honda huawei hulu hyundai ikea
    imdb instagram intel ios ipad iphone itunes jaguar java javascript jenkins jira kafka kaspersky kia kindle klarna
    kotlin kubernetes lamborghini laravel lego lenovo lidl linkedin linux logitech lovense lush lyft macbook mailchimp marvel
    maserati mastercard mcdonald mcdonalds microsoft minecraft mitsubishi mongodb mysql netflix nginx nikon nintendo nissan nokia
    notion nvidia okta onlyfans openai oracle outlook panasonic parkinson patreon paypal pepsi peugeot photoshop pikachu
    pinterest playstation pokemon porsche postgres postgresql postman powerpoint prada prometheus pytest python pytorch qualcomm
    quickbooks rabbitmq ramadan raspberry reddit redis revolut roblox roomba ryanair safari salesforce samsung sephora shopify siemens
    skype slack snapchat snapdragon snowflake sonos sony spotify starbucks steam stripe subaru substack suzuki swagger swarovski
    tensorflow terraform tesco thanksgiving tiktok tinder toyota trello tripadvisor tumblr twitch twitter typescript uber ubuntu
    unicef unity vercel verizon viber vimeo vodafone volkswagen volvo walmart webflow webpack whatsapp wikipedia windows
    wordle wordpress xbox xerox yamaha yankees youtube zalando zapier zara bitcoin ethereum solana dogecoin litecoin usdt usdc monero cardano ripple arsenal lakers celtics knicks patriots juventus bundesliga nba nfl beatles coldplay metallica radiohead hamilton zendesk zillow zoom""".split()
)
"""Makers, programs, games, bands, clubs and feasts that people write about; none of them is a usual given name."""


@functools.cache
def given_names() -> frozenset[str]:
    """Given names of all lists, in small letters."""
    listed = frozenset(name for sexes in _lists() for part in ("female", "male") for name in sexes.get(part, ()))
    return listed | frozenset(_VIRTUES.split())


@functools.cache
def listed_names() -> frozenset[str]:
    """Given and family names of all lists, in small letters."""
    return given_names() | frozenset(name for lists in _lists() for name in lists.get("surnames", ()))


@functools.cache
def short_surnames() -> frozenset[str]:
    """Family names of two or three letters, as in Chinese, Korean and Vietnamese names in Latin letters."""
    listed = {
        name for lists in _lists() for name in lists.get("surnames", ()) if 2 <= len(name) <= 3 and name.isascii()
    }
    return frozenset(listed | set(_SHORT.split()))


_VIRTUES = "faith hope grace joy charity destiny trinity mercy patience prudence verity felicity constance serenity harmony melody"
_SHORT = """ai an bai bi bo cai cao chan chang che chen cheng cho choi chu cui dai deng ding dong du duan fan fang feng fu gao geng gong gu guo han hao he hou hu hua
huang hui ji jia jiang jin kang kim kong lai lam lau le lee lei leng li lian liang liao lim lin liu long lu luo lv ma mao mei
meng mo mu ng ngo nie ning niu oh pan pang pei peng pham pu qi qian qiao qin qiu qu ren ruan shao shen shi shu si song su
sui sun tan tang tao tian tong tran tu wan wang wei wen wu xi xia xiang xiao xie xin xing xiong xu xue yan yang yao ye yi yin ying yu
yuan yue yun zeng zhai zhan zhang zhao zheng zhong zhou zhu zhuang zhuo zou zuo"""


def is_label(word: str) -> bool:
    """Whether `word` is the label of a field, or a short form that no name is."""
    return word.casefold().strip("'’.,-:#") in _LABELS


def is_brand(word: str) -> bool:
    """Whether `word` is a maker, a program, a game or a feast."""
    return word.casefold().strip("'’.,-:#") in _BRANDS


@functools.cache
def _lists() -> tuple[dict[str, frozenset[str]], ...]:
    return tuple(
        {part: frozenset(value.casefold().split()) for part, value in content.items() if isinstance(value, str)}
        for file in sorted((PRESETS / "redaction" / "names").glob("*.yaml"))
        if isinstance(content := yaml.safe_load(file.read_text(encoding="utf-8")), dict)
    )
