"""The gate's first line: is it better on rows it never saw, and does that figure mean what it seems to?"""

from __future__ import annotations

from dataclasses import replace

from engine.evaluate.gate_line import Facts, GateLine, unmeasured
from engine.evaluate.gate_words import percent, plus_minus


def learned(facts: Facts) -> GateLine:
    """Holdout loss better than the base model's, with its interval."""
    title, threshold = "it learned", "better than the base model, surely"
    quality = facts.report.get("quality") or {}
    if not quality.get("loss"):
        line = unmeasured("learned", title, threshold)
        if facts.report and facts.report.get("holdout_rows") == 0:
            return replace(line, figure="no rows were kept apart", why="Set data.holdout to 0.1 and train again.")
        return line
    loss = quality["loss"]
    base, tuned, change = loss["base"]["value"], loss["tuned"]["value"], loss["difference"]
    if tuned is None or None in change.values():
        why = "On some rows it gives no numbers at all. Train again with a lower rate."
        return GateLine("learned", title, "red", "its loss is not a number", threshold, why)
    change_words = percent(tuned / base - 1) if base else "?"
    half = (change["high"] - change["low"]) / 2 / base if base else 0
    limits = facts.thresholds["learned"]
    few = quality["rows"] < limits["amber_below_rows"]
    how_sure = "nobody knows how sure" if few else plus_minus(half)
    figure = f"holdout loss {tuned:.2f}, base {base:.2f} ({change_words}, {how_sure})"
    seen = round((facts.report.get("holdout_overlap") or 0.0) * quality["rows"])
    if seen >= limits["red_seen_rows"] and seen >= limits["red_seen_share"] * quality["rows"]:
        figure = f"{seen} of {quality['rows']} rows kept apart were trained on"
        why = "So nobody knows what it does on new rows. Take out duplicates (`tunesmith data --fix`) and train again."
        return GateLine("learned", title, "red", figure, threshold, why)
    if few:
        why = f"So few rows kept apart ({quality['rows']}) may be better or worse by chance. Keep more: data.holdout."
        return GateLine("learned", title, "amber", figure, threshold, why)
    if change["high"] < 0:
        why = _flatters(facts) or _echoes(facts) or _fits_anything(facts)
        return GateLine("learned", title, "amber" if why else "green", figure, threshold, why)
    if change["low"] > 0 and limits["red_when_surely_worse"]:
        why = "On rows it never saw it is worse than the base model. Train with a lower rate, or fewer epochs."
        return GateLine("learned", title, "red", figure, threshold, why)
    why = f"Within chance on {quality['rows']} rows it is no better than the base model. More rows or steps may help."
    return GateLine("learned", title, "amber", figure, threshold, why)


def _flatters(facts: Facts) -> str:
    """Why the holdout is too much like the training rows to be relied on; empty where it is not."""
    limits, rows = facts.thresholds["learned"], facts.report["quality"]["rows"]
    # The check counts every row of the file, this one only those that could be measured.
    near = min(rows, facts.report.get("holdout_near") or 0)
    if near < limits["amber_near_rows"] or near < limits["amber_near_share"] * rows:
        return ""
    fix = "`tunesmith data PROJECT --fix keep_near_duplicates_together`"
    return f"{near} of {rows} rows kept apart nearly stand in training too, so this flatters. {fix}, then train again."


def _echoes(facts: Facts) -> str:
    """Why the rows teach to say the question again; empty where they do not. By the rows that are shown."""
    shown = [one for one in facts.report.get("answers") or [] if one["reference"].strip()]
    same = sum(_plain(one["reference"]) == _plain(one["prompt"]) for one in shown)
    if same < max(2, len(shown) / 2):
        return ""
    return f"{same} of {len(shown)} answers in your rows are the question itself. Were two columns mixed up?"


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _fits_anything(facts: Facts) -> str:
    """Why its answers do not seem to belong to their questions; empty where they do, or where nobody can tell."""
    own = facts.report["quality"].get("own_question")
    base = facts.report["general"]["loss"]["base"]["value"] if facts.report.get("general") else None
    # A base model that does not know plain facts does not learn to answer from a few hundred rows: only a manner.
    if not own or base is None or base > facts.thresholds["still_can"]["base_knows_below"]:
        return ""
    if own["high"] is None or own["high"] >= facts.thresholds["learned"]["amber_own_question_below"]:
        return ""
    fits = f"({own['value']:+.2f} nats, {own['low']:.2f} to {own['high']:.2f})"
    return f"Answers fit other rows' questions as well as their own {fits}. Did the two slip apart in your file?"
