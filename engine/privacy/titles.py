"""Words before a name that say who somebody is: they are hidden with the name.

Apart from the recognisers, which load Presidio: whoever only compares names, as the wizard does, must not wait for it.
"""

from __future__ import annotations

TITLES = (
    "mayor governor gov sheriff sergeant sgt lieutenant lt colonel general captain capt corporal cpl pvt admiral"
    " commander pm prophet pastor reverend rabbi duchess countess baroness detective inspector constable ambassador"
    " senator congressman congresswoman councillor cllr chairman comrade sensei grandad granddad granny grandma"
    " grandpa auntie aunt uncle dipl"
)
"""In small letters, with spaces between them; none of them is a name, and when names are compared none counts."""
ALSO_NAMES = (
    "judge justice chief col major gen pope imam sheikh duke baron king queen prince princess lord dame doc dj mc chef"
    " sen dean chancellor gran nan nana ing mag kid lil"
)
"""The same, but somebody may be called so."""
_ALL = frozenset(f"{TITLES} {ALSO_NAMES}".split())


def is_title(word: str) -> bool:
    """Whether `word` is one of them, in any case of letters and with or without a full stop."""
    return word.casefold().rstrip(".") in _ALL
