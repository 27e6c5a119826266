"""Base models: which one is meant, what it is, how it comes here and how it is loaded."""
