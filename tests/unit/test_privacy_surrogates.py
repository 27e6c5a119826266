"""Made-up values: the same every time, of the same shape and script, valid, reserved, and never one of the original."""

from __future__ import annotations

import ipaddress
import re
import string
from datetime import date, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.privacy.surrogate.dates import moved
from engine.privacy.surrogate.keyed import Draw, Keyed, only_digits
from engine.privacy.surrogate.numbers import luhn_digit
from engine.privacy.surrogate.surrogates import Surrogates, kind_of
from engine.privacy.surrogate.words import folded, listed, name_lists, script_of
from engine.privacy.vocabulary import Vocabulary

KEY = bytes(range(32))
LISTS = name_lists()
LATIN = [one for one in LISTS.cultures.values() if one.script == "latin"]
FIRSTS = sorted({name for one in LATIN for name in (*one.female, *one.male)})
LASTS = sorted({name for one in LATIN for name in one.surnames})
NAMES = st.builds("{} {}".format, st.sampled_from(FIRSTS), st.sampled_from(LASTS))


def never(text: str) -> bool:
    return False


def make(original: str = "", key: bytes = KEY) -> Surrogates:
    vocabulary = Vocabulary(1 << 16)
    vocabulary.add(original)
    made = Surrogates(key, vocabulary.holds if original else never)
    made.begin_row([])
    return made


def of(entity: str, value: str) -> str:
    new = make(value).of(entity, value)
    assert new is not None
    return new


def silhouette(text: str) -> str:
    return "".join("0" if one.isdecimal() else "a" if one.isalpha() else one for one in text)


@given(st.binary(min_size=32, max_size=32), st.text(max_size=30))
def test_a_draw_repeats_itself_and_keeps_classes(seed: bytes, text: str) -> None:
    new = Draw(seed).shape(text)
    assert new == Draw(seed).shape(text)
    assert len(new) == len(text)
    assert all(a.isdecimal() == b.isdecimal() and a.isalpha() == b.isalpha() for a, b in zip(text, new, strict=True))


def test_labels_do_not_run_into_each_other() -> None:
    assert Keyed(KEY).digest("ab", "c") != Keyed(KEY).digest("a", "bc")
    assert Keyed(KEY).digest("a") != Keyed(bytes(32)).digest("a")


@given(NAMES)
def test_names_are_the_same_every_time_and_others_with_another_key(name: str) -> None:
    assert make().of("PERSON", name) == make().of("PERSON", name)
    assert script_of(of("PERSON", name)) == "latin"


def test_another_key_gives_other_names() -> None:
    names = [f"{first} Appleyard" for first in LISTS.cultures["english"].female[:20]]
    one, other = make(), make(key=bytes(32))
    assert [one.of("PERSON", name) for name in names] != [other.of("PERSON", name) for name in names]


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("Ben Foster", []), ("ben foster", []), ("Aafke Du", []), ("Don Draper", []), ("Md Rahman", []),
        ("Dr. Jan van der Berg", ["Dr.", "van", "der"]), ("van der Berg", ["van", "der"]),
        ("Ana De La Cruz", ["De", "La"]),
        ("John Ben Smith", []), ("Sammy Davis Jr.", ["Jr."]), ("Mr Crane", ["Mr"]),
    ],
)  # fmt: skip
def test_only_titles_and_particles_stay(name: str, left: list[str]) -> None:
    assert [word for word in of("PERSON", name).split() if word in name.split()] == left


@given(NAMES, st.sampled_from([str, str.upper, str.lower, "Dr. {}".format, "{}'s".format]))
def test_names_keep_their_form(name: str, form: object) -> None:
    assert callable(form)
    written = form(name)
    new = of("PERSON", written)
    assert len(new.split()) == len(written.split())
    assert new.isupper() == written.isupper()
    assert new.islower() == written.islower()
    assert new.startswith("Dr. ") == written.startswith("Dr. ")
    assert new.endswith("'s") == written.endswith("'s")
    for word in name.split():
        assert not re.search(rf"(?<!\w){re.escape(word)}(?!\w)", new, re.I)


@given(st.lists(NAMES, min_size=2, max_size=40, unique_by=folded))
def test_two_persons_never_share_a_surrogate(names: list[str]) -> None:
    made = make()
    new = [made.of("PERSON", name) for name in names]
    assert None not in new
    assert len({str(one).casefold() for one in new}) == len(new)


def test_two_persons_stay_two_when_the_lists_are_used_up() -> None:
    english = LISTS.cultures["english"]
    made = make(" ".join(FIRSTS + LASTS))
    names = [f"{first} {last}" for first in english.female[:30] for last in english.surnames[:10]]
    new = [made.of("PERSON", name) for name in names]
    assert len(set(new)) == 300
    assert not {word.casefold() for one in new for word in str(one).split()} & {
        one.casefold() for one in FIRSTS + LASTS
    }


def test_spellings_of_one_person_are_one_person() -> None:
    made = make()
    new = str(made.of("PERSON", "Tabitha Crane"))
    first, last = new.split()
    assert made.of("PERSON", "tabitha crane") == new.lower()
    assert made.of("PERSON", "TABITHA CRANE's") == f"{new.upper()}'s"
    assert made.of("PERSON", "Crane, Tabitha") == f"{last}, {first}"
    made.people.learn(["Tabitha Crane"])
    assert made.of("PERSON", "T. Crane") == f"{first[0]}. {last}"
    assert made.of("PERSON", "Ms Crane") == f"Ms {last}"


def test_a_lone_name_belongs_to_the_one_met_last_in_its_row() -> None:
    made = make()
    made.people.learn(["Anna Smith", "Anna Jones", "Omar Haddad"])
    smith, jones = str(made.of("PERSON", "Anna Smith")), str(made.of("PERSON", "Anna Jones"))
    assert smith.split()[0] != jones.split()[0]
    made.begin_row(["Anna Smith"])
    assert made.of("PERSON", "Anna") == smith.split()[0], "she comes later in the row"
    made.begin_row([])
    made.of("PERSON", "Anna Jones")
    assert made.of("PERSON", "Anna") == jones.split()[0]
    made.begin_row([])
    alone = made.of("PERSON", "Anna")
    assert alone not in (smith.split()[0], jones.split()[0]), "nobody can say who that is"
    omar = str(made.of("PERSON", "Omar Haddad"))
    made.begin_row([])
    assert made.of("PERSON", "omar") == omar.split()[0].lower(), "the only one in the file"


@pytest.mark.parametrize("sex", ["female", "male"])
def test_the_sex_of_a_first_name_is_kept(sex: str) -> None:
    known = [name for name, (_, found) in LISTS.first.items() if found == sex and name.isascii()][:60]
    made = make()
    for name in known:
        new = str(made.of("PERSON", f"{name.title()} Appleyard")).split()[0]
        assert LISTS.first[folded(new)][1] in (sex, None)


@pytest.mark.parametrize(
    "name",
    [
        "Мария Кузнецова",
        "Ольга",
        "Ελένη Παπαδάκη",
        "محمد الحداد",
        "דוד לוי",
        "अनीता शर्मा",
        "王芳",
        "김민수",
        "たなか ゆい",
    ],
)
def test_the_script_is_kept(name: str) -> None:
    new = of("PERSON", name)
    assert script_of(new) == script_of(name)
    assert new != name
    assert len(new.split()) == len(name.split())


def test_a_woman_keeps_the_ending_of_her_family_name() -> None:
    assert of("PERSON", "Мария Смирнова").endswith("\u0430")
    assert not of("PERSON", "Пётр Смирнов").endswith("\u0430")


@pytest.mark.parametrize(
    ("written", "pattern"),
    [
        ("maya.lindqvist@studio.se", r"{f}\.{l}@example\.com"),
        ("mlindqvist@uni.org", r"{fi}{l}@example\.org"),
        ("MayaLindqvist@box.net", r"{f}{l}@example\.net"),
        ("maya_l88@mail.co.uk", r"{f}_{li}\d\d@example\.com"),
        ("lindqvist (at) studio dot org", r"{l} \(at\) example dot org"),
    ],
)
def test_mail_takes_the_name_of_the_surrogate(written: str, pattern: str) -> None:
    made = make()
    made.people.learn(["Maya Lindqvist"])
    first, last = str(made.of("PERSON", "Maya Lindqvist")).casefold().split()
    wanted = pattern.format(f=first, l=last, fi=first[0], li=last[0])
    made.begin_row([])
    assert re.fullmatch(wanted, str(made.of("EMAIL_ADDRESS", written)).casefold())


def test_handles_keep_their_build() -> None:
    made = make()
    made.people.learn(["Tabitha Crane"])
    last = str(made.of("PERSON", "Tabitha Crane")).split()[1].casefold()
    new = str(made.of("USERNAME", "@tabby_crane"))
    assert re.fullmatch(rf"@[a-z]+_{last}", new)
    assert silhouette(re.sub("[a-z]+", "a", str(made.of("USERNAME", "@night.owl_77")))) == "@a.a_00"
    assert made.of("USERNAME", "@night.owl_77") == made.of("USERNAME", "@night.owl_77")


def test_links_go_nowhere() -> None:
    new = of("URL", "https://www.instagram.com/tabby_crane?id=42")
    assert new.startswith("https://www.example.com/")
    assert "tabby" not in new
    assert re.search(r"\?id=\d\d$", new)


@given(st.from_regex(r"(\+1 )?\([2-9]\d\d\) \d{3}-\d{4}|[2-9]\d\d[-. ]\d{3}[-. ]\d{4}|[2-9]\d\d-\d{4}", fullmatch=True))
def test_american_phones_are_for_films(value: str) -> None:
    value = value.translate({ord(letter): str(int(letter)) for letter in value if letter.isdecimal()})
    new = of("PHONE_NUMBER", value)
    assert silhouette(new) == silhouette(value)
    assert "55501" in only_digits(new)[-7:]


@pytest.mark.parametrize(
    ("value", "start"),
    [
        ("+44 7911 123456", "447700900"), ("07911 123456", "07700900"), ("+44 20 7123 4567", "441632960"),
        ("+33 6 12 34 56 78", "33639980"[:7]), ("+61 412 345 678", "61491570"), ("+46 70 123 45 67", "467017406"),
        ("+48 601 234 567", "480000"), ("0048 601 234 567", "00480000"),
    ],
)  # fmt: skip
def test_phones_elsewhere(value: str, start: str) -> None:
    new = of("PHONE_NUMBER", value)
    assert silhouette(new) == silhouette(value)
    assert only_digits(new).startswith(start)


@given(st.text(string.digits, min_size=14, max_size=15), st.sampled_from(["4", "5", "34", "37", "6", "35"]))
def test_cards_are_valid_and_of_tests(body: str, start: str) -> None:
    number = (start + body)[:15]
    number += luhn_digit(number)
    value = " ".join(number[at : at + 4] for at in range(0, 16, 4))
    new = of("CREDIT_CARD", value)
    assert silhouette(new) == silhouette(value)
    digits = only_digits(new)
    assert luhn_digit(digits[:-1]) == digits[-1]
    assert digits[0] == number[0]


@given(st.sampled_from(["DE", "GB", "FR", "NL", "PL", "IT", "ES"]), st.text(string.digits, min_size=18, max_size=20))
def test_accounts_are_valid_and_of_no_bank(country: str, body: str) -> None:
    body = ("ABNA" + body[4:]) if country in ("GB", "NL") else body
    value = f"{country}00 {body[:4]} {body[4:8]} {body[8:]}"
    plain = of("IBAN_CODE", value).replace(" ", "")
    assert plain[:2] == country
    assert set(plain[4:7]) <= {"X", "0"}
    assert int("".join(str(int(one, 36)) for one in plain[4:] + plain[:4])) % 97 == 1


@given(st.ip_addresses())
def test_network_addresses_are_for_documents(address: object) -> None:
    new = ipaddress.ip_address(of("IP_ADDRESS", str(address)))
    nets = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "2001:db8::/32"]
    assert any(new in ipaddress.ip_network(one) for one in nets if (":" in one) == (new.version == 6))


@given(st.integers(0, 899), st.integers(1, 99), st.integers(1, 9999))
def test_social_security_numbers_were_never_issued(area: int, group: int, serial: int) -> None:
    assert of("US_SSN", f"{area:03d}-{group:02d}-{serial:04d}")[:4] in ("666-", "000-")


@given(
    st.dates(date(1940, 1, 1), date(2015, 1, 1)),
    st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d %B %Y", "%B %d, %Y", "%d.%m.%y", "%b %d %Y"]),
)
def test_dates_move_and_stay_dates(day: date, form: str) -> None:
    assume("%b" not in form or day.month != 5)  # "May" is the long name as well
    value = day.strftime(form)
    new = of("DATE_OF_BIRTH", value)
    assert new != value
    assert re.sub(r"\d+", "0", re.sub("[A-Za-z]+", "a", new)) == re.sub(r"\d+", "0", re.sub("[A-Za-z]+", "a", value))
    again = datetime.strptime(new, form).date()
    assert "%y" in form or abs((again - day).days) < 750


def test_what_is_no_date_is_left_to_a_placeholder() -> None:
    assert moved("soon", Keyed(KEY), 0) is None
    assert make().of("AGE", "soon") is None
    assert make().of("NRP", "Lutheran") is None


@pytest.mark.parametrize(
    ("value", "pattern"),
    [
        ("14 Rosewood Court", r"\d\d [A-Z][a-z]+ Court"),
        ("27 Cobbler Street, Leeds LS6 2QT", r"\d\d [A-Z][a-z]+ Street, [A-Z][a-z]+ [QVX][A-Z]\d \d[A-Z]{2}"),
        ("1200 Foundry Street, Suite 4, New York, NY 10013", r"\d{4} \w+ Street, Suite \d, \w+ \w+, NY \d{5}"),
        ("Lindenstraße 12, 10969 Berlin", r"\w+straße \d\d, \d{5} \w+"),
        ("12 rue de la Paix, 75002 Paris", r"\d\d rue de la \w+, \d{5} \w+"),
        ("ул. Ленина 5", r"ул\. \w+ \d"),
    ],
)
def test_addresses_keep_their_form(value: str, pattern: str) -> None:
    new = of("ADDRESS", value)
    assert re.fullmatch(pattern, new), new
    for word in re.findall(r"[^\W\d_]{5,}", value):
        assert word in new or word not in new.split() or word in ("Street", "Suite", "Court")


def test_a_town_is_the_same_town_everywhere() -> None:
    made = make()
    one, two = (str(made.of("ADDRESS", f"{number} Mill Lane, Norwich")) for number in (3, 4))
    assert one.split(", ")[1] == two.split(", ")[1]


@pytest.mark.parametrize("value", ["sk-proj-Qv7mTz2LxW9hRb4KpN3c", "ghp_abcDEF123456abcDEF123456", "Marzipan!Badger42"])
def test_secrets_keep_prefix_and_signs_and_say_example(value: str) -> None:
    new = of("SECRET", value)
    assert len(new) == len(value)
    assert "EXAMPLE" in new
    assert new.startswith(("sk-proj-", "ghp_")) == value.startswith(("sk-proj-", "ghp_"))
    assert new != value


def test_wallets_and_devices() -> None:
    ether = "0x52908400098527886E0F7030069857D2E4169EE7"
    assert re.fullmatch(r"0x[0-9a-fA-F]{40}", of("CRYPTO", ether))
    assert of("CRYPTO", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4").startswith("bc1q")
    assert of("MAC_ADDRESS", "3C:22:FB:0A:11:9E").startswith("00:00:5E:00:53:")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("Maya Lindqvist", "PERSON"), ("Norrköping", "LOCATION"), ("m@x.se", "EMAIL_ADDRESS"),
        ("@tabby", "USERNAME"), ("tabby_crane", "USERNAME"), ("+46 70 123 45 67", "PHONE_NUMBER"),
        ("https://x.se/a", "URL"), ("Fjord & Co", "LOCATION"), ("14 Mill Lane", "ADDRESS"),
    ],
)  # fmt: skip
def test_own_values_are_told_by_their_looks(value: str, kind: str) -> None:
    assert kind_of("KNOWN_VALUE", value) == kind
    assert make().of("KNOWN_VALUE", value)


ENTITIES = sorted(
    listed(
        "PERSON EMAIL_ADDRESS USERNAME PHONE_NUMBER ADDRESS LOCATION SECRET ID DATE_OF_BIRTH CREDIT_CARD IBAN_CODE"
        " IP_ADDRESS URL CRYPTO US_SSN KNOWN_VALUE UK_NINO ES_NIF"
    )
)


@given(st.sampled_from(ENTITIES), st.text(max_size=40))
def test_anything_at_all_gets_a_surrogate_or_none(entity: str, value: str) -> None:
    made = make(value)
    new = made.of(entity, value)
    assert new is None or new != value
    assert new == make(value).of(entity, value)


@given(st.sampled_from(["PHONE_NUMBER", "IP_ADDRESS", "USERNAME"]), st.integers(0, 99))
def test_never_a_value_of_the_original(entity: str, number: int) -> None:
    value = {"PHONE_NUMBER": f"555-0{number:03d}", "IP_ADDRESS": f"10.0.0.{number}", "USERNAME": f"@cat_{number}"}[
        entity
    ]
    first = of(entity, value)
    second = make(f"{value} and {first} too").of(entity, value)
    assert second not in (first, value)


def test_the_vocabulary_never_forgets() -> None:
    vocabulary = Vocabulary(1 << 16)
    vocabulary.add("Mail Émile at +44 7700 900123, or 王芳.")
    for value in ("émile", "MAIL", "+44 7700 900123", "900123", "王", ""):
        assert vocabulary.holds(value)
    for value in ("Nora", "7700 44", "900124"):
        assert not vocabulary.holds(value)


def test_words_that_a_detector_took_along_do_not_make_another_person() -> None:
    made = Surrogates(b"k" * 32, lambda _: False)
    made.people.learn(["Layla Al-Farsi", "LAYLA AL-FARSI WON", "Omar Al-Farsi", "Layla once", "Tom Baker", "Tim Baker"])
    first, last = str(made.of("PERSON", "Layla Al-Farsi")).split()
    assert made.of("PERSON", "Layla") == first
    assert str(made.of("PERSON", "LAYLA AL-FARSI WON")).startswith(f"{first} {last} ".upper())
    assert made.of("EMAIL_ADDRESS", "layla.al-farsi@web.de") == f"{first}.{last}@example.com".lower()
    assert made.of("PERSON", "Baker") == str(made.of("PERSON", "Tim Baker")).split()[1]
    assert str(made.of("PHONE_NUMBER", "+971 50 123 4567")).startswith("+971 00 00")
    assert re.fullmatch(r"[\u4e00-\u9fff]{10}\d\d[\u4e00-\u9fff]", str(made.of("ADDRESS", "北京市朝阳区建国路一88号")))
