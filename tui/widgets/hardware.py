"""The hardware beside the chart: each GPU, or why there is none, then processor, memory and disk.

`panel_lines` is pure: readings in, lines out. With more GPUs than the panel has rows for, each takes fewer rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from engine.hardware.host import HostReading
from engine.hardware.nvml import GpuReading
from engine.jobs.events import PreflightEvent
from tui.charset import Glyphs, plain
from tui.widgets.progress import bar
from tui.widgets.text import GIB, fit, size_text, styled

FULL_SHARE = 0.9
"""Beyond this share of its memory a GPU is close to failing: fragmentation and the desktop need the rest."""


def panel_lines(
    gpus: Sequence[GpuReading] | None,
    why_not: str,
    host: HostReading | None,
    width: int,
    height: int,
    chosen: Glyphs,
    *,
    job_bytes: int | None = None,
    on_cpu: bool = True,
) -> list[Content]:
    """The panel's lines, at most `height` of them, each at most `width` cells.

    Args:
        gpus: The last readings; None when there is no driver.
        why_not: Why there are none, in words; empty while the driver is being asked.
        host: The last reading of the machine.
        width: Cells.
        height: Rows.
        chosen: The glyph set.
        job_bytes: Resident memory of the job, shown where there is no GPU.
        on_cpu: The job computes on the processor.
    """
    if gpus is None:
        below = _host_lines(host, width, chosen, job_bytes=job_bytes, tall=height >= 12)
        return [*_no_gpu_lines(why_not, width, chosen, on_cpu=on_cpu), Content(""), *below][:height]
    below = _host_lines(host, width, chosen)
    for one in (_full, _compact, _single):
        lines = [line for gpu in gpus for line in one(gpu, width, chosen)]
        if len(lines) + len(below) <= height:
            break
    gap = [Content("")] if len(lines) + len(below) < height else []
    return [*lines, *gap, *below][:height]


def learning_lines(preflight: PreflightEvent | None, width: int, chosen: Glyphs) -> list[Content]:
    """What the run learns from, counted on the rendered rows: for panels with room to spare."""
    if preflight is None:
        return []
    facts = (
        ("rows", f"{preflight.rows:,}"),
        ("holdout rows", f"{preflight.holdout_rows:,}"),
        ("tokens an epoch", f"{preflight.tokens:,}"),
        ("of these trained", f"{preflight.supervised_tokens:,}"),
        ("rows teaching to stop", f"{preflight.eos_supervised_share:.0%}".replace("%", " %")),
        ("rows cut", f"{preflight.truncated_rows:,}"),
        ("rows left out", f"{preflight.dropped_rows:,}"),
        ("longest row allowed", f"{preflight.max_length:,}"),
        ("numbers it may change", f"{preflight.trainable_parameters:,}"),
    )
    return [styled("learns from", "bold"), *(_pair(name, value, width, chosen) for name, value in facts)]


def _no_gpu_lines(why_not: str, width: int, chosen: Glyphs, *, on_cpu: bool) -> list[Content]:
    if not why_not:
        return [styled(plain("asking the driver", chosen), "$muted")]
    words = why_not.rstrip(".")
    text = f"{words}: training runs on the CPU." if on_cpu else f"{words}."
    return [styled(line.plain, "$muted") for line in Content(plain(text, chosen)).wrap(width)]


def _full(gpu: GpuReading, width: int, chosen: Glyphs) -> list[Content]:
    limit = f" of {gpu.power_limit_w:.0f}" if gpu.power_limit_w and width >= 24 else ""
    lines = [
        _title(gpu, width, chosen),
        _pair("memory", _memory(gpu, chosen) + (" GiB" if width >= 24 else ""), width, chosen),
        _memory_bar(gpu.memory_used, gpu.memory_total, width, chosen),
        _pair("busy", _value(gpu.utilisation, "%", chosen), width, chosen),
        _pair("heat", _value(gpu.temperature, "°C" if chosen.unicode else "C", chosen), width, chosen),
        _pair("power", _value(gpu.power_w, f"W{limit}", chosen), width, chosen),
        _pair("ours", _gib(gpu.ours_bytes, chosen), width, chosen),
    ]
    if remark := gpu.trouble or gpu.throttled:
        lines.extend(_remark(gpu, line.plain, chosen) for line in Content(remark).wrap(width - 2))
    return lines


def _compact(gpu: GpuReading, width: int, chosen: Glyphs) -> list[Content]:
    title = _title(gpu, width, chosen)
    if gpu.trouble:
        return [title, fit(_remark(gpu, _short(gpu.trouble), chosen), width, chosen)]
    return [
        title,
        _pair("memory", _memory(gpu, chosen), width, chosen),
        _memory_bar(gpu.memory_used, gpu.memory_total, width, chosen),
        fit(
            " ".join(
                (
                    _value(gpu.utilisation, "%", chosen).rjust(5),
                    _value(gpu.temperature, "°C" if chosen.unicode else "C", chosen).rjust(5),
                    _value(gpu.power_w, "W", chosen).rjust(5),
                )
            ),
            width,
            chosen,
            "right",
        ),
        _pair("ours", _gib(gpu.ours_bytes, chosen), width, chosen),
    ]


def _single(gpu: GpuReading, width: int, chosen: Glyphs) -> list[Content]:
    heat = _value(gpu.temperature, "°" if chosen.unicode else "C", chosen).replace(" ", "")
    busy = _value(gpu.utilisation, "%", chosen).replace(" ", "")
    used, total = (chosen.dash if size is None else f"{size / GIB:.0f}" for size in (gpu.memory_used, gpu.memory_total))
    if gpu.trouble:
        return [fit(_remark(gpu, f"{gpu.index} {_short(gpu.trouble)}", chosen), width, chosen)]
    return [fit(f"{gpu.index} {used:>3}/{total} {busy:>4} {heat:>4}", width, chosen)]


def _short(trouble: str) -> str:
    """The first words of what is wrong, for a narrow panel."""
    return trouble.partition(":")[0]


def _title(gpu: GpuReading, width: int, chosen: Glyphs) -> Content:
    name = f"  {gpu.name}" if gpu.name else ""
    return fit(styled(f"GPU {gpu.index}", "bold") + Content(plain(name, chosen)), width, chosen)


def _remark(gpu: GpuReading, words: str, chosen: Glyphs) -> Content:
    mark = chosen.bad if gpu.trouble else chosen.stale
    return styled(f"{mark} {plain(words, chosen)}", "$error" if gpu.trouble else "$warning")


def _host_lines(
    host: HostReading | None, width: int, chosen: Glyphs, *, job_bytes: int | None = None, tall: bool = False
) -> list[Content]:
    if host is None:
        return []
    cpu = _value(host.cpu_percent, "%", chosen)
    ram = f"{host.ram_used / GIB:.1f}/{host.ram_total / GIB:.1f}"
    disk = f"{size_text(host.disk_free)} free" if host.disk_free is not None else chosen.dash
    lines = [_pair("CPU", cpu, width, chosen), _pair("RAM", f"{ram} GiB", width, chosen)]
    if tall:
        share = (host.cpu_percent or 0.0) / 100
        lines.insert(1, styled(bar(share, width, chosen), "$accent"))
        lines.append(_memory_bar(host.ram_used, host.ram_total, width, chosen))
    if job_bytes is not None:
        lines.append(_pair("ours", _gib(job_bytes, chosen), width, chosen))
    lines.append(_pair("disk", disk, width, chosen))
    return lines


def _memory_bar(used: int | None, total: int | None, width: int, chosen: Glyphs) -> Content:
    """Used of total, with the line at 90 %; beyond it the bar has the colour of attention and its glyph at the end."""
    share = used / total if used is not None and total else 0.0
    at = min(width - 1, round(FULL_SHARE * width))
    drawn = list(bar(share, width, chosen))
    if share < FULL_SHARE:
        drawn[at] = chosen.limit
        return styled("".join(drawn), "$accent")
    drawn[-1] = chosen.stale
    return styled("".join(drawn), "$warning")


def _memory(gpu: GpuReading, chosen: Glyphs) -> str:
    used = f"{gpu.memory_used / GIB:.1f}" if gpu.memory_used is not None else chosen.dash
    total = f"{gpu.memory_total / GIB:.1f}" if gpu.memory_total is not None else chosen.dash
    return f"{used:>4}/{total}"


def _pair(name: str, value: str, width: int, chosen: Glyphs) -> Content:
    """The name on the left, the value on the right edge: digits stay where they are."""
    room = max(0, width - len(name))
    return styled(name, "$muted") + Content(plain(value, chosen)[:room].rjust(room))


def _value(value: float | None, unit: str, chosen: Glyphs) -> str:
    return f"{chosen.dash if value is None else f'{value:.0f}'} {unit}"


def _gib(size: int | None, chosen: Glyphs) -> str:
    return f"{chosen.dash if size is None else f'{size / GIB:.1f}'} GiB"
