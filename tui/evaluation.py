"""What the evaluation page says: the report of a run, and pure functions from it to lines."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textual.content import Content

from engine.errors import ProjectError, from_os_error
from engine.jobs.events import SampleEvent
from tui.charset import Glyphs, plain
from tui.training import loss_text, verdict
from tui.widgets.text import fit, styled

SIDE_BY_SIDE = 110
"""From this width on the two answers stand beside each other."""


@dataclass(frozen=True)
class Answer:
    """One prompt answered by both models, and what the data says."""

    prompt: str
    base: str
    tuned: str
    reference: str = ""


@dataclass(frozen=True)
class Report:
    """The evaluation of one run. Losses in nats per token of the answers; None without a holdout."""

    run: str
    holdout_rows: int
    base_loss: float | None
    tuned_loss: float | None
    base_perplexity: float | None
    tuned_perplexity: float | None
    answers: tuple[Answer, ...]
    content: dict[str, Any] = field(default_factory=dict)
    """The whole report, as it was written."""


def read_report(file: Path) -> Report | None:
    """Read an evaluation; None when there is none.

    Raises:
        ProjectError: It is there but cannot be read.
    """
    try:
        content: Any = json.loads(file.read_text(encoding="utf-8"))
        # A stopped evaluation leaves a report without what was not measured yet.
        base, tuned = ({"loss": None, "perplexity": None, **(content.get(who) or {})} for who in ("base", "tuned"))
        return Report(
            run=str(content["run"]),
            holdout_rows=int(content["holdout_rows"]),
            base_loss=base["loss"],
            tuned_loss=tuned["loss"],
            base_perplexity=base["perplexity"],
            tuned_perplexity=tuned["perplexity"],
            answers=tuple(
                Answer(entry["prompt"], entry["base"], entry["tuned"], entry.get("reference", ""))
                for entry in content.get("answers") or []
            ),
            content=content,
        )
    except FileNotFoundError:
        return None
    except OSError as error:
        raise from_os_error(error, "reading the evaluation") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProjectError(
            "The evaluation cannot be read.", f"{file} is damaged.", "Measure again with r.", code="damaged"
        ) from error


def answers_of(samples: Sequence[SampleEvent]) -> tuple[Answer, ...]:
    """The answers that came so far."""
    return tuple(Answer(sample.prompt, sample.base, sample.tuned, sample.reference) for sample in samples)


def figures(report: Report, width: int, chosen: Glyphs) -> list[Content]:
    """Both figures of both models with their meaning."""
    if report.tuned_loss is None or report.base_loss is None:
        return [
            styled("holdout  ", "$muted") + Content("No rows were kept apart, so nobody can tell how much it learned."),
            Content("         Set data.holdout to 0.1 and train again for a figure; the answers below are real."),
        ]
    head = styled(f"{'':<12}{'base model':>12}{'tuned':>12}", "$muted")
    rows = f"measured on {report.holdout_rows:,} rows it never saw"
    loss = _figure("loss", loss_text(report.base_loss), loss_text(report.tuned_loss))
    loss += verdict(report.base_loss, report.tuned_loss, chosen) + styled("  lower is better", "$muted")
    lines = [head + styled(f"   {rows}", "$muted"), loss]
    if report.base_perplexity is not None and report.tuned_perplexity is not None:
        line = _figure("perplexity", _perplexity(report.base_perplexity), _perplexity(report.tuned_perplexity))
        lines.append(line + styled("   between how many words it wavers", "$muted"))
    return [fit(line, width, chosen) for line in lines]


def _figure(name: str, base: str, tuned: str) -> Content:
    return styled(f"{name:<12}", "$muted") + Content(f"{base:>12}") + styled(f"{tuned:>12}", "bold")


def _perplexity(value: float) -> str:
    if not math.isfinite(value):
        return "infinite"
    return f"{value:,.2f}" if value < 1e4 else f"{value:.1e}"


def meaning(report: Report) -> str:
    """The sentence that the figures amount to."""
    if report.tuned_loss is None or report.base_loss is None:
        return "Compare the answers; there is no figure without rows kept apart."
    tuned, base = f"{report.tuned_loss:.2f}", f"{report.base_loss:.2f}"
    if report.tuned_loss < report.base_loss:
        return f"{tuned} - lower is better; the base model has {base}. enter packs the adapter."
    return f"{tuned} - not better than the base model's {base}. It learned nothing that helps on new rows."


def answer_lines(answer: Answer, width: int, chosen: Glyphs) -> list[Content]:
    """One prompt with both answers: stacked, or side by side where there is room."""
    lines = [styled("asked", "$muted"), *_indented(answer.prompt, width, chosen), Content("")]
    same = answer.base.strip() == answer.tuned.strip()
    heads = ("base model says", "tuned model says" + (" the same" if same else ""))
    lines += _both((answer.base, answer.tuned), heads, width, chosen)
    if answer.reference:
        lines += [Content(""), styled("your data says", "$muted"), *_indented(answer.reference, width, chosen)]
    return lines


def two_answers(prompt: str, first: str, second: str, width: int, chosen: Glyphs) -> list[Content]:
    """Two answers to a prompt without saying whose they are."""
    lines = [styled("asked", "$muted"), *_indented(prompt, width, chosen), Content("")]
    return lines + _both((first, second), ("1  first answer", "2  second answer"), width, chosen, ("bold", "bold"))


def _both(
    texts: tuple[str, str],
    heads: tuple[str, str],
    width: int,
    chosen: Glyphs,
    styles: tuple[str, str] = ("$muted", "bold $accent"),
) -> list[Content]:
    """Two texts under their heads: stacked, or side by side where there is room."""
    if width >= SIDE_BY_SIDE:
        half = (width - 3) // 2
        columns = [
            [styled(head, style), *_indented(text, half, chosen)]
            for head, text, style in zip(heads, texts, styles, strict=True)
        ]
        return _beside(columns[0], columns[1], half, chosen)
    lines = [styled(heads[0], styles[0]), *_indented(texts[0], width, chosen), Content("")]
    return [*lines, styled(heads[1], styles[1]), *_indented(texts[1], width, chosen)]


def _beside(left: list[Content], right: list[Content], width: int, chosen: Glyphs) -> list[Content]:
    """Two columns with a line between them."""
    rows = max(len(left), len(right))
    left, right = ([*column, *[Content("")] * (rows - len(column))] for column in (left, right))
    edge = styled(f" {chosen.column} ", "$rule")
    return [fit(a, width, chosen) + edge + b for a, b in zip(left, right, strict=True)]


def _indented(text: str, width: int, chosen: Glyphs) -> list[Content]:
    """The text, wrapped and set in by two cells; an empty one is said to be empty."""
    if not text.strip():
        return [styled("  (nothing)", "$muted")]
    paragraphs = plain(text.strip(), chosen).splitlines()
    return [
        Content("  ") + line
        for paragraph in paragraphs
        for line in (Content(paragraph).wrap(max(1, width - 2)) if paragraph.strip() else [Content("")])
    ]
