"""Short links: their paths are made by lot, and look like user names and numbers of papers without being any."""

from __future__ import annotations

import re

_HOSTS = (
    r"t\.co|bit\.ly|j\.mp|goo\.gl|tinyurl\.com|ow\.ly|is\.gd|buff\.ly|dlvr\.it|ift\.tt|wp\.me|fb\.me|lnkd\.in|tmblr\.co|tumblr\.com"
    r"|youtu\.be|amzn\.to|cutt\.ly|rb\.gy|rebrand\.ly|shorturl\.at|trib\.al|twitpic\.com|yfrog\.com|instagr\.am/p|spoti\.fi|apple\.co|redd\.it"
    r"|pic\.twitter\.com|pin\.it|vm\.tiktok\.com|flic\.kr|dld\.bz|su\.pr|mf\.tt|nyti\.ms|tcrn\.ch|on\.fb\.me|tl\.gd|gf\.me|deck\.ly|v\.gd"
)
_LINK = re.compile(rf"(?<![\w.@\-])(?:https?://)?(?:{_HOSTS})/[\w\-]{{4,14}}(?![\w\-]|/\w)", re.IGNORECASE)
_REACH = 40


def in_short_link(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]` lies in a short link; a path of one word in small letters may be somebody's name."""
    if "/" not in text[max(0, start - _REACH) : end]:
        return False
    for match in _LINK.finditer(text, max(0, start - _REACH), min(len(text), end + _REACH)):
        path = match.group().rpartition("/")[2]
        if match.start() <= start and end <= match.end() and _drawn_by_lot(path):
            return True
    return False


def _drawn_by_lot(path: str) -> bool:
    inside = path[1:]
    return any(letter.isdigit() for letter in path) or (inside != inside.lower() and path != path.upper())
