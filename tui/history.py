"""The curves of a whole run, as `engine.jobs.history` merges them from the jobs that worked on it."""

from __future__ import annotations

from engine.jobs.history import Part, Past, Points, best_of, merge, merged, read_past, resumed_from, run_of

__all__ = ["Part", "Past", "Points", "best_of", "merge", "merged", "read_past", "resumed_from", "run_of"]
