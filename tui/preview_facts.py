"""What is known of the rows' lengths, from the preview's summary: for the recipe and the page that confirms."""

from __future__ import annotations

from engine.actions import read_json
from engine.project import Project


def preview_words(project: Project) -> str:
    """`2,140 rows, longest 1,318 tokens, median 164`; empty until the preview was made.

    Raises:
        UsageError: The summary is damaged.
    """
    summary = read_json(project.preview_folder / "summary.json")
    if not summary:
        return ""
    rows, longest, median = (int(summary.get(name, 0)) for name in ("rows", "longest_tokens", "median_tokens"))
    return f"{rows:,} rows, longest {longest:,} tokens, median {median:,}"


def longest_tokens(project: Project) -> int:
    """Tokens of the longest row, uncut; 0 until the preview was made.

    Raises:
        UsageError: The summary is damaged.
    """
    return int(read_json(project.preview_folder / "summary.json").get("longest_tokens", 0))
