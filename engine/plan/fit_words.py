"""Why a setting was chosen, and what each other one would cost: the fit in words and figures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from engine.plan.average import may_pack, rows_in_a_pack
from engine.plan.cards import GIB
from engine.plan.fit import Alternative, packings
from engine.plan.memory import FITS_SHARE, Memory
from engine.plan.profile import Work
from engine.plan.several import can_share, words_of
from engine.recipe_rules import accumulation

if TYPE_CHECKING:
    from engine.plan.fit import Planner
    from engine.spec import RecipeSpec


def why(planner: Planner, recipe: RecipeSpec, best: RecipeSpec, memory: Memory) -> Iterator[str]:
    """One sentence for each choice."""
    room, on_cuda = FITS_SHARE * planner.memory / GIB, planner.on_cuda
    each = " on each card" if planner.spread.world > 1 else ""
    held = memory.reserved[0] if on_cuda else memory.driver[0]
    yield f"{held / GIB:.1f} GiB{each} of the {room:.1f} that may be used."
    if planner.spread.world > 1:
        yield f"{words_of(planner.spread)[:1].upper()}{words_of(planner.spread)[1:]}."
    yield _rows(planner, best)
    if best.gradient_checkpointing:
        yield "Activations are computed twice: kept, they would not fit, or leave room for less."
    else:
        yield "Activations are kept: there is room, and computing them again would take half as long again."
    yield "Scores over the vocabulary are made for learned tokens only, a few at a time."
    bits = 16 if on_cuda else 32
    if best.quantization == "none":
        yield f"The weights stay in {bits} bits: there is room, and unpacking smaller ones takes time."
    else:
        yield f"The weights are held in {best.quantization}: in {bits} bits they would not fit with that."
    numbers = planner.dtype or ("bfloat16" if on_cuda else "float32")
    yield f"Attention is {_attention(best, on_cuda=on_cuda)}; numbers are multiplied in {numbers}."
    if recipe.packing and not may_pack(planner.architecture, recipe):
        yield "Rows are not packed: with this model or recipe they would not stay apart."


def _rows(planner: Planner, best: RecipeSpec) -> str:
    what = f"{best.micro_batch} {'row' if best.micro_batch == 1 else 'rows'}"
    if best.packing:
        each = rows_in_a_pack(best, planner.rows)
        steps = accumulation(best, round(each * 1000), 1000, planner.spread.world)
        what = f"{best.micro_batch} sequences of {best.max_length:,} tokens, each packed with about {each:.0f} rows,"
        if best.micro_batch == 1:
            what = f"1 sequence of {best.max_length:,} tokens, packed with about {each:.0f} rows,"
    else:
        steps = accumulation(best, processes=planner.spread.world)
    where = " on each card" if planner.spread.world > 1 else ""
    often = "once" if steps == 1 else f"{steps} times"
    step = f"each learning step of {'about ' if best.packing else ''}{best.effective_batch} rows."
    return f"{what} at once{where}, {often} for {step}"


def _attention(best: RecipeSpec, *, on_cuda: bool) -> str:
    if best.attention == "flash_attention_2":
        return "FlashAttention 2"
    if best.attention == "auto" and on_cuda:
        return "FlashAttention 2 where it is installed, else PyTorch's own (sdpa)"
    return "PyTorch's own (sdpa)"


def alternatives(planner: Planner, best: RecipeSpec, work: Work) -> tuple[Alternative, ...]:
    """The chosen setting with one thing changed."""
    slow, found = planner.slowness(best, work), []
    for what, change in _changes(planner, best):
        other = best.model_copy(update=change)
        if other == best or other.micro_batch > best.effective_batch or not can_share(other, planner.spread):
            continue
        memory = planner.plan(other)
        time = planner.slowness(other, work) / slow
        found.append(Alternative(change, what, round(time, 3), memory.allocated, memory.fits(planner.memory)))
    return tuple(found)


def _changes(planner: Planner, best: RecipeSpec) -> Iterator[tuple[str, dict[str, Any]]]:
    recomputed = best.gradient_checkpointing
    yield "twice the rows at once", {"micro_batch": best.micro_batch * 2}
    yield "half the rows at once", {"micro_batch": max(1, best.micro_batch // 2)}
    again = "keep activations" if recomputed else "compute activations again"
    yield again, {"gradient_checkpointing": not recomputed}
    yield "the usual script's loss (nll)", {"loss": "nll"}
    if best.init != "pissa":
        held = best.quantization != "none"
        whole = f"{16 if planner.on_cuda else 32}-bit weights"
        yield whole if held else "4-bit weights", {"quantization": "none" if held else "nf4"}
    if len(packings(planner, best)) > 1:
        yield "rows not packed" if best.packing else "rows packed together", {"packing": not best.packing}
    if planner.on_cuda and best.attention != "flash_attention_2":
        yield "FlashAttention 2", {"attention": "flash_attention_2"}
    elif planner.on_cuda:
        yield "PyTorch's attention (sdpa)", {"attention": "sdpa"}
