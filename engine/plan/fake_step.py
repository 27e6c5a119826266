"""One learning step of the training path under fake tensors: forward, loss, backward, and what is held meanwhile.

The code is the one that trains: transformers' layers, PEFT's adapters, bitsandbytes' products, the loss and the
fused adapters of `engine.train`. Only what would need real numbers is stood in for.
Heavy: imports torch and all that trains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from accelerate.utils import convert_to_fp32
from bitsandbytes.autograd._functions import MatMul8bitLt
from bitsandbytes.nn import Linear8bitLt
from peft.tuners.lora import dora
from transformers import masking_utils

from engine.plan.fake_kernels import straight
from engine.plan.fake_model import FakeModel, constants_of, unpacked_weight, work_of
from engine.plan.growth import GrowthCounter, Sizes
from engine.plan.libraries import replaced
from engine.plan.optimizers import OptimizerState
from engine.plan.profile import Profile, only_highest
from engine.train import fused, loss
from engine.train.reference import reference_loss


@dataclass(frozen=True)
class StepSettings:
    """What the step depends on beside the model.

    Args:
        on_cuda: Simulate the choices made on an NVIDIA card.
        dtype: Matrices are multiplied in it.
        checkpointing: Recompute each layer in the backward pass.
        reference: The step is the usual script's (`engine.train.reference`).
        padded: Rows of several lengths are in one micro-batch, so there is an attention mask.
        accumulates: Gradients of an earlier micro-batch are there already.
        keeps_weights: A CPU keeps the weights it unpacked (`engine.train.fused`).
        evaluation: Measure the holdout instead of learning.
        products: On a CPU, what large products are made of; None: `dtype`.
    """

    on_cuda: bool
    dtype: torch.dtype
    checkpointing: bool
    reference: bool
    padded: bool
    accumulates: bool
    keeps_weights: bool = False
    evaluation: bool = False
    products: torch.dtype | None = None


def profile_step(fake: FakeModel, settings: StepSettings, sizes: Sizes, optimizer: OptimizerState) -> Profile:
    """Run the step and keep its moments.

    Args:
        fake: The model, built with `sizes.rank`.
        settings: How the step is done.
        sizes: As from `sizes_for`.
        optimizer: What the optimizer keeps.
    """
    config = fake.model.config.get_text_config()
    counter = GrowthCounter(
        fake,
        sizes,
        int(config.vocab_size),
        _stand_ins(sizes.learned, straight(fake.mode), in_place=settings.on_cuda, padded=settings.padded),
        chunked=settings.evaluation or not settings.reference,
    )
    model = fake.model
    with fake.mode, ExitStack() as stack:
        _prepare(fake, settings, sizes, stack)
        stack.enter_context(counter)
        counter.enter("forward", "weights", -1)
        _hold(fake, counter, settings, optimizer)
        counter.enter("forward", "weights", -1)
        _teach(model, counter, settings, stack)
        counter.enter("forward", "other", -1)
        _watch_layers(fake, counter, keeps=not (settings.checkpointing or settings.evaluation))
        batch = _batch(settings, sizes)
        counter.enter("forward", "activations", -1)
        if settings.evaluation:
            model.eval()
            with torch.no_grad(), _autocast(settings):
                loss.labelled_nll(model, batch)
        else:
            result, held = _loss(model, batch, settings)
            counter.enter("loss", "activations", -1)
            result.backward()  # type: ignore[no-untyped-call]
            del held
        counter.finish()
    trained = [p.numel() for p in model.parameters() if p.requires_grad]
    per_rank = sum(n // sizes.rank for n in trained if n % sizes.rank == 0)
    fixed = sum(n for n in trained if n % sizes.rank)
    totals = _whole(fake, per_rank, fixed, sizes)
    return Profile(only_highest(counter.moments), sizes.chunk, *totals, work_of(fake))


def _whole(fake: FakeModel, per_rank: int, fixed: int, sizes: Sizes) -> tuple[int, int]:
    for kind, count in fake.extra.items():
        layer = fake.layers[fake.kinds.index(kind)]
        for parameter in layer.parameters():
            if parameter.requires_grad and parameter.numel() % sizes.rank == 0:
                per_rank += count * parameter.numel() // sizes.rank
            elif parameter.requires_grad:
                fixed += count * parameter.numel()
    return per_rank, fixed


def _in_pieces(summed: Callable[..., torch.Tensor], at_once: int, *args: Any) -> torch.Tensor:
    """The loss in the pieces of `Sizes`, whatever their number in a real step."""
    return summed(*args[:4], at_once)


def _prepare(fake: FakeModel, settings: StepSettings, sizes: Sizes, stack: ExitStack) -> None:
    """Everything that `engine.train` does to a model before the first step."""
    model = fake.model
    causal = model.get_base_model()
    model.train()
    at_once = sizes.pieces[0] * int(causal.config.get_text_config().vocab_size)
    stack.enter_context(replaced(loss, "summed_nll", partial(_in_pieces, loss.summed_nll, at_once)))
    # transformers makes a mask of every pair of tokens when it is being traced, and none when all tokens are real
    stack.enter_context(replaced(masking_utils, "is_tracing", lambda *_: False))
    stack.enter_context(replaced(dora, "dequantize_module_weight", unpacked_weight))
    if settings.checkpointing and not settings.evaluation:
        model.enable_input_require_grads()
        causal.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
    if settings.on_cuda:
        stack.enter_context(_autocast_flag())
        for module in model.modules():
            if isinstance(module, Linear8bitLt):
                module.forward = _int8_on_cuda(module)
    else:
        stack.enter_context(replaced(fused, "_stays", _fake_mask))
        stack.enter_context(replaced(fused, "KEPT_SHARE", 1e6 if settings.keeps_weights else 0.0))


def _teach(model: Any, counter: GrowthCounter, settings: StepSettings, stack: ExitStack) -> None:
    """What `engine.train.trainer` changes about a model; a copy of the head that this makes counts as weights."""
    if settings.reference:
        return
    if not settings.on_cuda:
        stack.enter_context(replaced(fused, "plain_weight", _as_weights(fused.plain_weight, counter)))
        fused.fuse_adapters(model, settings.products)
    if not settings.evaluation:
        loss.teach_loss(model.get_base_model(), settings.products)


def _as_weights(unpack: Callable[..., torch.Tensor], counter: GrowthCounter) -> Callable[..., torch.Tensor]:
    """Unpacked weights are weights, in whatever number format."""

    def weight(layer: Any, dtype: torch.dtype) -> torch.Tensor:
        before, counter.kind = counter.kind, "weights"
        try:
            return unpack(layer, dtype)
        finally:
            counter.kind = before

    return weight


def _fake_mask(x: torch.Tensor, dropout: float, seed: int) -> torch.Tensor | None:
    """The dropout mask's shape; drawing it would take as many real numbers."""
    return torch.empty(x.shape, dtype=torch.bool) if dropout else None


def _int8_on_cuda(module: Any) -> Callable[[torch.Tensor], torch.Tensor]:
    """What `Linear8bitLt.forward` does on CUDA; on a CPU it takes another way."""

    def forward(x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = MatMul8bitLt.apply(x, module.weight, None, module.bias, module.state)
        return result

    return forward


@contextmanager
def _autocast_flag() -> Iterator[None]:
    """PEFT asks whether autocast is on for CUDA; here it is on for the CPU that stands in for it."""
    before = torch.is_autocast_enabled("cuda")
    torch.set_autocast_enabled("cuda", True)
    try:
        yield
    finally:
        torch.set_autocast_enabled("cuda", before)


def _autocast(settings: StepSettings) -> Any:
    return torch.autocast("cpu", dtype=settings.dtype, enabled=settings.on_cuda)


def _in_float32(model: Any, settings: StepSettings) -> Callable[..., Any]:
    """The model as accelerate prepares it: autocast inside, results turned to float32."""

    def call(**inputs: Any) -> Any:
        with _autocast(settings):
            result = model(**inputs)
        return convert_to_fp32(result)

    return call


def _loss(model: Any, batch: dict[str, torch.Tensor], settings: StepSettings) -> tuple[torch.Tensor, Any]:
    """The loss, and what is held until the backward pass is over."""
    if settings.reference:
        return reference_loss(_in_float32(model, settings), batch, 1)
    inputs = {name: value for name, value in batch.items() if name != "labels"}
    with _autocast(settings):
        result: torch.Tensor = model(**inputs)
    return result, None


def _hold(fake: FakeModel, counter: GrowthCounter, settings: StepSettings, optimizer: OptimizerState) -> None:
    """Count what is there before a step: weights, adapter, optimizer state, gradients of earlier micro-batches."""
    for layer, _, module in fake.owned():
        counter.belong("weights", layer)
        counter.hold(p for p in module._parameters.values() if p is not None and not p.requires_grad)
        counter.hold(b for b in module._buffers.values() if b is not None)
        counter.hold(constants_of(module))
        trained = [p for p in module._parameters.values() if p is not None and p.requires_grad]
        counter.belong("adapter", layer)
        counter.hold(trained)
        for parameter in trained:
            powers, amount = counter.growth(parameter.numel() * optimizer.bytes_per_element, parameter)
            counter.add(("optimizer", layer, powers), amount)
            if settings.accumulates:
                counter.belong("gradients", layer)
                parameter.grad = torch.empty_like(parameter)
            else:
                parameter.register_post_accumulate_grad_hook(_to_gradients(counter, layer))


def _to_gradients(counter: GrowthCounter, layer: int) -> Callable[[torch.Tensor], None]:
    def move(parameter: torch.Tensor) -> None:
        assert parameter.grad is not None
        counter.track(parameter.grad)
        powers, _ = counter.growth(parameter.grad.untyped_storage().nbytes(), parameter.grad)
        counter.move(parameter.grad, ("gradients", layer, powers))

    return move


def _watch_layers(fake: FakeModel, counter: GrowthCounter, *, keeps: bool) -> None:
    """Tell the counter which layer is at work, forward and backward.

    Args:
        fake: The model.
        counter: That counts.
        keeps: Whether a layer keeps what its backward pass needs.
    """
    last = len(fake.layers) - 1

    def before(number: int) -> Callable[..., None]:
        def hook(*_: Any) -> None:
            if counter.phase == "forward":
                counter.enter("forward", "activations", number)

        return hook

    def after(number: int) -> Callable[..., None]:
        def hook(_module: Any, _inputs: Any, output: Any) -> None:
            hidden = output[0] if isinstance(output, tuple) else output
            if counter.phase != "forward":
                return
            if not keeps and isinstance(output, tuple):
                _let_go(counter, output[1:])
            if hidden.requires_grad:
                hidden.register_hook(lambda _: counter.enter("backward", "activations", number))
            if number == last:
                counter.enter("loss", "activations", -1)

        return hook

    for number, layer in enumerate(fake.layers):
        layer.register_forward_pre_hook(before(number))
        layer.register_forward_hook(after(number))


def _let_go(counter: GrowthCounter, others: tuple[Any, ...]) -> None:
    """What a layer hands on beside its result (scores, in old models) lives until the next one is done.

    So there is one of it at a time, however many layers the whole model has.
    """
    for tensor in others:
        if torch.is_tensor(tensor):
            counter.track(tensor)
            powers, _ = counter.growth(tensor.untyped_storage().nbytes(), tensor)
            counter.move(tensor, ("activations", -1, powers))


def _batch(settings: StepSettings, sizes: Sizes) -> dict[str, torch.Tensor]:
    size = (sizes.rows, sizes.length)
    batch: dict[str, Any] = {
        "input_ids": torch.empty(size, dtype=torch.long),
        "attention_mask": torch.empty(size, dtype=torch.long),
    }
    if settings.reference and not settings.evaluation:
        batch["labels"] = torch.empty(size, dtype=torch.long)
    else:
        batch["places"] = torch.empty((sizes.learned,), dtype=torch.long)
        batch["tokens"] = torch.empty((sizes.learned,), dtype=torch.long)
    return batch


def _stand_ins(learned: int, others: Callable[..., Any], *, in_place: bool, padded: bool) -> Callable[..., Any]:
    """Operations whose result depends on data, with the shape they will have.

    Args:
        learned: How many elements a mask of learned positions selects.
        others: Does what depends on shapes alone.
        in_place: Add gradients into zeros that are there, as autograd does where no mode is watching.
        padded: The answer to the question whether the attention mask is all ones is no.
    """
    aten, quantise = torch.ops.aten, torch.ops.bitsandbytes.int8_vectorwise_quant.default
    multiply = torch.ops.bitsandbytes.int8_mixed_scaled_mm.default

    def instead(func: Any, args: Any, kwargs: Any) -> Any:
        if func is aten._local_scalar_dense.default:
            return not padded if args[0].dtype == torch.bool else 0
        if func is aten._grouped_mm.default and args[0].dim() == 2 and args[1].dim() == 3:
            # every expert's rows with its own matrix; the shape function knows bfloat16 only
            return args[0].new_empty((args[0].shape[0], args[1].shape[-1]))
        if func is multiply:
            return args[0].new_empty((*args[1].shape[:-1], args[2].shape[0])), args[0].new_empty((0,))
        if func is quantise and (args[1:] or kwargs.get("threshold")):
            # no outliers: their share is small, and they are known only when there are numbers
            return torch.empty_like(args[0], dtype=torch.int8), args[0].new_empty(args[0].shape[:-1]).float(), None
        if func is aten.index.Tensor and _masked(args[1]):
            rest = args[0].shape[args[1][0].dim() :]
            return args[0].new_empty((learned, *rest))
        if func in (aten.index_put.default, aten.index_put_.default, aten._index_put_impl_.default) and _masked(
            args[1]
        ):
            return args[0] if in_place or func is not aten.index_put.default else torch.empty_like(args[0])
        return others(func, args, kwargs)

    return instead


def _masked(indices: Any) -> bool:
    return bool(len(indices) == 1 and indices[0] is not None and indices[0].dtype == torch.bool)
