"""Is it better? Holdout loss and answers, base against tuned."""
