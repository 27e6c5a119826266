"""Files that people edit: recipes, models, redaction profiles, the demo."""
