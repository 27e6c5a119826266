"""Words before a name that say who somebody is: they are hidden with the name.

Apart from the recognisers, which load Presidio: whoever only compares names, as the wizard does, must not wait for it.
"""

from __future__ import annotations

import re

TITLES = (
    "mayor governor gov sheriff sergeant sgt lieutenant lt colonel general captain capt corporal cpl pvt admiral"
    " commander pm prophet pastor reverend rabbi duchess countess baroness detective inspector constable ambassador"
    " univ senator congressman congresswoman councillor cllr chairman comrade sensei grandad granddad granny"
    " grandma grandpa auntie aunt uncle dipl"
)
"""In small letters, with spaces between them; none of them is a name, and when names are compared none counts."""
ALSO_NAMES = (
    "judge justice chief col major gen pope imam sheikh duke baron king queen prince princess lord dame doc dj mc chef"
    " sen dean chancellor gran nan nana ing mag kid lil mama mamma mummy mommy papa baba oga alhaji alhaja mallam elder"
    " khun pan pani seu pak mbak kuya tita tito mamie zio zia doña dona abla abuela abuelo nonna nonno oma opa tante"
    " onkel tia tio tía tío primo prima pc"
)
"""The same, but somebody may be called so."""
_ALL = frozenset(f"{TITLES} {ALSO_NAMES}".split())
KIN = (
    "mom mum mommy mummy mother mama mam dad daddy father papa parents wife wifey husband hubby spouse sister sis"
    " brother bro siblings son sons daughter daughters kid kids child children baby twin twins boyfriend girlfriend bf"
    " gf fiance fiancee fiancé fiancée partner ex grandma grandmother grandpa grandfather granny grandad granddad nan"
    " nana aunt auntie aunty uncle cousin niece nephew mother-in-law father-in-law sister-in-law brother-in-law"
)
"""What people are to each other: whoever is called "Xiaoyu's mom" is meant as if by name."""
AT_WORK = (
    "boss teacher tutor coach classmate colleague coworker assistant secretary roommate flatmate neighbour neighbor"
    " nanny landlord landlady manager supervisor"
)
"""The same, of those one works or lives with."""
RELATION = re.compile(rf"['’]s?[ ](?i:{f'{KIN} {AT_WORK}'.replace(' ', '|')})(?![\w-]|[ ][A-ZÀ-Þ])")  # noqa: RUF001
"""What stands after a name where somebody else is meant: "'s mom"."""


def is_title(word: str) -> bool:
    """Whether `word` is one of them, in any case of letters and with or without a full stop."""
    return word.casefold().rstrip(".") in _ALL


def without_relation(name: str) -> str:
    """Whose relation is meant: "Xiaoyu" of "Xiaoyu's mom"; any other name as it is."""
    found = RELATION.search(name)
    return name[: found.start()] if found and found.start() and found.end() == len(name) else name
