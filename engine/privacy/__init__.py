"""Finding personal data, deciding about it, hiding it, and proving that it is gone."""
