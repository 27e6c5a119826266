"""Operations on fake tensors without the bookkeeping that PyTorch does around each of them.

`FakeTensorMode` looks every operation up by all that it could depend on, which takes longer than working its shape out.
Here views, products, reductions and what is done element by element go straight to the shape function (the kernel of
the meta device), and the shape of what is new is remembered for tensors of the same shapes. What else makes something
new is worked out once by PyTorch; what is not plainly one of these takes PyTorch's way each time. Heavy: imports torch.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cache
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode, in_kernel_invocation_manager
from torch.utils._python_dispatch import TorchDispatchMode

_ATEN = torch.ops.aten
_VIEWS = frozenset(
    {
        _ATEN._unsafe_view.default,
        _ATEN.add_.Tensor,
        _ATEN.alias.default,
        _ATEN.bernoulli_.float,
        _ATEN.copy_.default,
        _ATEN.detach.default,
        _ATEN.div_.Scalar,
        _ATEN.expand.default,
        _ATEN.permute.default,
        _ATEN.select.int,
        _ATEN.slice.Tensor,
        _ATEN.squeeze.dim,
        _ATEN.t.default,
        _ATEN.transpose.int,
        _ATEN.unsqueeze.default,
        _ATEN.view.default,
    }
)
"""Operations that give one of their arguments back, or another look at it."""
_MADE_BY_SHAPE = frozenset(
    {
        _ATEN._softmax.default,
        _ATEN._softmax_backward_data.default,
        _ATEN._to_copy.default,
        _ATEN.addmm.default,
        _ATEN.bmm.default,
        _ATEN.cat.default,
        _ATEN.mm.default,
        _ATEN.select_backward.default,
        _ATEN.slice_backward.default,
        _ATEN.softplus.default,
        _ATEN.softplus_backward.default,
    }
)
"""Operations that make something new whose kernel of the meta device tells all, beside those that PyTorch marks as
done element by element or as reductions."""
_CPU = torch.device("cpu")
_PLAIN_VALUES = (int, float, bool, str, type(None), torch.dtype, torch.device, torch.layout, torch.memory_format)


class _NotPlainError(Exception):
    """An argument that nothing here knows."""


class Straight(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Does operations as `straight` while tensors are only made."""

    def __init__(self, mode: FakeTensorMode) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._instead = straight(mode)

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """As `GrowthCounter`: nothing is compiled here."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run one operation."""
        result = self._instead(func, args, kwargs or {})
        return func(*args, **(kwargs or {})) if result is NotImplemented else result


def straight(mode: FakeTensorMode) -> Callable[..., Any]:
    """What does operations on the fake tensors of a mode; `NotImplemented` for what takes PyTorch's way."""
    known: dict[Hashable, tuple[Any, ...]] = {}

    def run(func: Any, args: Any, kwargs: Any) -> Any:
        is_view = func in _VIEWS
        if not is_view and not _makes_one(func):
            return NotImplemented
        try:
            key = (func, _key(mode, args), _key(mode, tuple(kwargs.items())))
        except _NotPlainError:
            return NotImplemented
        if is_view:
            return _shaped(mode, func, args, kwargs)
        if key in known:
            size, stride, dtype = known[key]
            return _new(mode, size, stride, dtype)
        result = _shaped(mode, func, args, kwargs) if _by_shape(func, kwargs) else func(*args, **kwargs)
        if _is_new(mode, result, args):
            known[key] = tuple(result.size()), result.stride(), result.dtype
        return result

    return run


def _shaped(mode: FakeTensorMode, func: Any, args: Any, kwargs: Any) -> FakeTensor:
    with in_kernel_invocation_manager(mode):
        result = func(*args, **kwargs)
    # what works in place gives back the tensor that it was given
    return result if isinstance(result, FakeTensor) else FakeTensor(mode, result, _CPU)


def _by_shape(func: Any, kwargs: Any) -> bool:
    """Whether the kernel of the meta device may be asked; one that is told a device would make a real tensor there."""
    if kwargs.get("device") is not None:
        return False
    return func in _MADE_BY_SHAPE or torch.Tag.pointwise in func.tags or torch.Tag.reduction in func.tags


@cache
def _makes_one(func: Any) -> bool:
    """Whether an operation makes one tensor out of others, which it leaves alone, and its shape out of theirs."""
    schema = getattr(func, "_schema", None)
    if schema is None or len(schema.returns) != 1 or str(schema.returns[0].type) != "Tensor":
        return False
    depends = torch.Tag.data_dependent_output in func.tags or torch.Tag.dynamic_output_shape in func.tags
    return not depends and all(one.alias_info is None for one in (*schema.arguments, *schema.returns))


def _key(mode: FakeTensorMode, values: Any) -> Hashable:
    """All that shapes can depend on.

    Raises:
        _NotPlainError: There is a tensor that is not this mode's, or one whose value PyTorch carries along.
    """
    parts: list[Hashable] = []
    for value in values:
        kind = type(value)
        if kind is FakeTensor:
            if value.fake_mode is not mode or value.constant is not None or value.fake_device != _CPU:
                raise _NotPlainError
            parts.append((value.dtype, value.size(), value.stride(), value.storage_offset()))
        elif kind in (list, tuple, torch.Size):
            parts.append((kind, _key(mode, value)))
        elif kind in _PLAIN_VALUES:
            # 2 and 2.0 are equal, but make other types of numbers
            parts.append((kind, value))
        else:
            raise _NotPlainError
    return tuple(parts)


def _new(mode: FakeTensorMode, size: Any, stride: Any, dtype: torch.dtype) -> FakeTensor:
    with torch._C._DisableTorchDispatch():
        shape = torch.empty_strided(size, stride, dtype=dtype, device="meta")
    return FakeTensor(mode, shape, _CPU)


def _is_new(mode: FakeTensorMode, result: Any, args: Any) -> bool:
    """Whether a result can be made again from its shape: it has a storage of its own, as large as its shape says."""
    if type(result) is not FakeTensor or result.constant is not None or result.fake_device != _CPU:
        return False
    storage = result.untyped_storage()
    shared = {one.untyped_storage()._cdata for one in _tensors(args)}
    again = _new(mode, tuple(result.size()), result.stride(), result.dtype)
    return storage._cdata not in shared and storage.nbytes() == again.untyped_storage().nbytes()


def _tensors(values: Any) -> list[torch.Tensor]:
    found: list[torch.Tensor] = []
    for value in values:
        found += _tensors(value) if isinstance(value, list | tuple) else [value] * isinstance(value, torch.Tensor)
    return found
