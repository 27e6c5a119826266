"""The titles, for the recognisers."""

from engine.privacy.titles import ALSO_NAMES, TITLES, is_title

__all__ = ["ALSO_NAMES", "TITLES", "is_title"]
