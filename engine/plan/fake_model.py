"""A model that is all shapes: the real classes of transformers, bitsandbytes and PEFT, without a single weight.

The model is built on PyTorch's meta device by the same calls that load one for training, cut down to a few layers, and
then every tensor is replaced by a fake one on the CPU. `Params4bit` cannot be fake, so a quantised layer gets a plain
parameter of packed bytes with the constants that bitsandbytes keeps beside it; its own forward and backward use them.
Heavy: imports torch, transformers, peft and bitsandbytes.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import bitsandbytes as bnb
import torch
from bitsandbytes.functional import QuantState
from peft import LoraConfig, get_peft_model
from peft.tuners.lora import dora
from peft.utils import transformers_weight_conversion as conversion
from torch._subclasses.fake_tensor import FakeTensorMode
from transformers import AutoModelForCausalLM, BitsAndBytesConfig
from transformers.initialization import no_init_weights
from transformers.integrations.bitsandbytes import replace_with_bnb_linear
from transformers.quantizers.base import get_keys_to_not_convert

from engine.models.load import quantization_config
from engine.plan.architecture import has_experts
from engine.plan.fake_kernels import Straight
from engine.plan.layers import belongs_together, chosen_layers, in_order, small_config
from engine.plan.libraries import replaced
from engine.plan.profile import Work
from engine.spec import RecipeSpec
from engine.train.reference import prepare_reference
from engine.train.targets import adapter_targets

_BLOCK, _SCALE_BLOCK = 64, 256
"""bitsandbytes 0.50: weights to a scale in NF4, and scales to a second scale."""


@dataclass(frozen=True)
class FakeModel:
    """A PEFT model of few layers whose tensors are fake.

    Args:
        mode: Under which it may be used.
        model: The PEFT model.
        layers: Its decoder layers.
        kinds: What each of them is, by number.
        extra: How many more of each kind the whole model has.
    """

    mode: FakeTensorMode
    model: Any
    layers: list[Any]
    kinds: tuple[int, ...]
    extra: dict[int, int]

    def owned(self) -> Iterator[tuple[int, str, Any]]:
        """Every module with the number of its layer; -1 outside the layers."""
        inside = {id(module): number for number, layer in enumerate(self.layers) for module in layer.modules()}
        for name, module in self.model.named_modules():
            yield inside.get(id(module), -1), name, module


def fake_model(
    config: Any, recipe: RecipeSpec, *, dtype: torch.dtype, rank: int, attention: str, first_differs: bool = False
) -> FakeModel:
    """Build it.

    Args:
        config: A configuration of transformers, for the whole model.
        recipe: For quantisation and adapter.
        dtype: What is not quantised is held in it.
        rank: Of the adapter, in place of the recipe's.
        attention: A name that transformers' attention registry knows.
        first_differs: As `small_config`.
    """
    whole = belongs_together(config)
    places, kinds, extra = chosen_layers(config, first_differs=first_differs)
    small = copy.deepcopy(config) if whole else small_config(config, first_differs=first_differs)[0]
    small._attn_implementation = attention
    with torch.device("meta"), no_init_weights(), replaced(dora, "dequantize_module_weight", _weight_shape):
        model = AutoModelForCausalLM.from_config(small, dtype=dtype)
        model.tie_weights()
        if whole:
            _keep_layers(model, places)
        _quantise(model, recipe, dtype)
        if recipe.loss == "nll":
            model = prepare_reference(model)
        peft_model = _adapted(model, _lora(recipe, rank, model))
    mode = FakeTensorMode()
    tied: dict[int, torch.nn.Parameter] = {}
    with mode, Straight(mode):
        for module in peft_model.modules():
            _materialise(module, dtype, tied)
    return FakeModel(mode, peft_model, _decoder_layers(peft_model, len(kinds)), kinds, extra)


def _adapted(model: Any, lora: LoraConfig) -> Any:
    """Put the adapter in.

    PEFT first asks transformers how every model it knows was stored in former times, a thousand patterns, to rename the
    targets of models with experts. For others it need not ask.
    """
    if has_experts(model.config.get_text_config().to_dict()):
        return get_peft_model(model, lora)
    unasked = replaced(conversion, "get_model_conversion_mapping", lambda _model: [])
    with unasked, replaced(conversion, "convert_peft_config_for_transformers", lambda *_, **__: None):
        return get_peft_model(model, lora)


def _keep_layers(model: Any, places: list[int]) -> None:
    """Leave these layers of a whole model."""
    text = model.config.get_text_config()
    layers = _decoder_layers(model, int(text.num_hidden_layers))
    in_order(text, places)
    for module in list(model.modules()):
        for name, inner in list(module.named_children()):
            if isinstance(inner, torch.nn.ModuleList) and len(inner) and inner[0] is layers[0]:
                setattr(module, name, torch.nn.ModuleList(layers[place] for place in places))


def _quantise(model: Any, recipe: RecipeSpec, dtype: torch.dtype) -> None:
    if recipe.quantization == "none":
        return
    settings: BitsAndBytesConfig = quantization_config(recipe.quantization, dtype)
    replace_with_bnb_linear(model, get_keys_to_not_convert(model), settings)
    model.is_loaded_in_4bit = recipe.quantization == "nf4"
    model.is_loaded_in_8bit = recipe.quantization == "int8"


def _weight_shape(module: Any) -> torch.Tensor:
    """What DoRA takes the norms of when it is made, while there is nothing to unpack yet."""
    return torch.empty((module.out_features, module.in_features), device="meta")


def _lora(recipe: RecipeSpec, rank: int, model: Any) -> LoraConfig:
    """The adapter; AdaLoRA's extra row of singular values is left out (a millionth of it)."""
    return LoraConfig(
        r=rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        target_modules=adapter_targets(recipe, model),
        use_rslora=recipe.rslora,
        use_dora=recipe.dora,
        bias="none",
        task_type="CAUSAL_LM",
    )


def _materialise(module: Any, dtype: torch.dtype, tied: dict[int, torch.nn.Parameter]) -> None:
    """Replace what is on the meta device by fake tensors, quantised weights by their packed form.

    `tied` holds what was made for each parameter, so that a tied one stays one.
    """
    for name, parameter in list(module._parameters.items()):
        if parameter is None:
            continue
        if name == "weight" and isinstance(module, bnb.nn.Linear4bit):
            module._parameters[name] = _packed(module, dtype)
            module.quant_state = module.weight.quant_state
            module.support_avx512bf16_for_cpu = False
        elif name == "weight" and isinstance(module, bnb.nn.Linear8bitLt):
            _make_int8(module)
        else:
            if id(parameter) not in tied:
                held = torch.float32 if parameter.requires_grad else parameter.dtype
                fake = torch.empty(parameter.shape, dtype=held)
                tied[id(parameter)] = torch.nn.Parameter(fake, requires_grad=parameter.requires_grad)
                # the meta tensor must live on, or another one could get its id
                tied[id(parameter)].stands_for = parameter  # type: ignore[attr-defined]
            module._parameters[name] = tied[id(parameter)]
    for name, buffer in list(module._buffers.items()):
        if buffer is not None:
            module._buffers[name] = torch.empty(buffer.shape, dtype=buffer.dtype)


def _packed(module: Any, dtype: torch.dtype) -> torch.nn.Parameter:
    """NF4 with double quantisation, as `bitsandbytes.functional.quantize_4bit` leaves it."""
    elements = module.in_features * module.out_features
    scales = -(-elements // _BLOCK)
    second = QuantState(
        absmax=torch.empty(-(-scales // _SCALE_BLOCK)),
        code=torch.empty(256),
        blocksize=_SCALE_BLOCK,
        dtype=torch.float32,
    )
    weight = torch.nn.Parameter(torch.empty((-(-elements // 2), 1), dtype=torch.uint8), requires_grad=False)
    state = QuantState(
        absmax=torch.empty(scales, dtype=torch.uint8),
        shape=torch.Size((module.out_features, module.in_features)),
        code=torch.empty(16),
        blocksize=_BLOCK,
        quant_type="nf4",
        dtype=dtype,
        offset=torch.empty(()),
        state2=second,
    )
    for name, value in (("quant_state", state), ("compress_statistics", True), ("quant_type", "nf4")):
        setattr(weight, name, value)
    weight.bnb_quantized = True  # type: ignore[attr-defined]
    return weight


def _make_int8(module: Any) -> None:
    weight = torch.nn.Parameter(
        torch.empty((module.out_features, module.in_features), dtype=torch.int8), requires_grad=False
    )
    weight.CB, weight.SCB = None, None  # type: ignore[attr-defined]
    module._parameters["weight"] = weight
    module.state.CB = weight.data
    module.state.SCB = torch.empty(module.out_features)


def unpacked_weight(module: Any) -> torch.Tensor:
    """The whole weight of a layer, as DoRA needs it in every pass (`peft.utils.integrations`)."""
    if isinstance(module, bnb.nn.Linear8bitLt):
        whole: torch.Tensor = module.state.CB.float() * module.state.SCB.unsqueeze(1)
        return whole
    state = getattr(module.weight, "quant_state", None)
    if state is None:
        plain: torch.Tensor = module.weight
        return plain
    unpacked: torch.Tensor = bnb.functional.dequantize_4bit(module.weight.data, state)
    return unpacked


def constants_of(module: Any) -> list[torch.Tensor]:
    """What a quantised layer keeps beside its weight."""
    if isinstance(module, bnb.nn.Linear8bitLt):
        return [module.state.SCB]
    state = getattr(module.weight, "quant_state", None) if isinstance(module, bnb.nn.Linear4bit) else None
    if state is None:
        return []
    return [state.absmax, state.code, state.offset, state.state2.absmax, state.state2.code]


def work_of(fake: FakeModel) -> Work:
    """What a token passes on its way through the whole model."""
    config = fake.model.config.get_text_config()
    layers = [(layer, 1) for layer in fake.layers]
    layers += [(fake.layers[fake.kinds.index(kind)], more) for kind, more in fake.extra.items()]
    linear = sum(times * _used_parameters(layer, config) for layer, times in layers)
    heads = int(getattr(config, "num_attention_heads", 0) or 0)
    width = sum(times * heads * _head_dim(layer, config, heads) for layer, times in layers)
    return Work(int(linear), int(config.vocab_size) * int(config.hidden_size), width)


def _head_dim(layer: Any, config: Any, heads: int) -> int:
    """Of a layer's attention: what its own modules say, since layers may differ; else what the config says."""
    said = (getattr(module, "head_dim", None) for module in layer.modules())
    own = next((size for size in said if isinstance(size, int) and size > 0), None)
    return own or int(getattr(config, "head_dim", 0) or config.hidden_size // max(1, heads))


def _used_parameters(layer: Any, config: Any) -> float:
    """Parameters of a layer's matrices that a token is multiplied with."""
    experts = int(getattr(config, "num_local_experts", 0) or getattr(config, "num_experts", 0) or 0)
    chosen = int(getattr(config, "num_experts_per_tok", 0) or getattr(config, "top_k_experts", 0) or 0)
    total = 0.0
    for name, module in layer.named_modules():
        if "lora_" in name:
            continue
        for parameter in module._parameters.values():
            if parameter is None:
                continue
            state = getattr(parameter, "quant_state", None)
            if state is not None:
                total += math.prod(state.shape)
            elif parameter.dim() == 3:
                total += parameter.numel() * (chosen / experts if experts and chosen else 1.0)
            elif parameter.dim() == 2:
                total += parameter.numel()
    return total


def _decoder_layers(model: Any, count: int) -> list[Any]:
    """The list of decoder layers: the longest run of `count` modules of the text model.

    Raises:
        LookupError: There is none; the architecture is built otherwise.
    """
    found: list[torch.nn.ModuleList] = [
        module
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.ModuleList) and len(module) == count and name.endswith(("layers", "h", "blocks"))
    ]
    if not found:
        raise LookupError("no list of decoder layers")
    return list(max(found, key=lambda modules: sum(map(_parameters_of, modules))))


def _parameters_of(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
