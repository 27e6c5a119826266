"""The training job: one readable recipe, and the callback that tells how it goes."""
