"""Base models: where they come from, what they are, and what their licence is."""
