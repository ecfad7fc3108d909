"""A GPU that is not there: tensors that say "cuda" or "mps", and compute on the CPU under the rules of a real one.

Two devices in one operation raise. Whatever makes the host wait for the device is listed: a read of a scalar, a copy
between the devices, a mask as an index. Numbers come from the CPU's kernels, so they can be compared with a CPU's.

To PyTorch's C++ the tensors are on "meta", so that the autograd engine works in the calling thread and no backend has
to be registered: that lasts for the life of a process, and comes too late after its first backward pass. To Python they
are on a GPU, and the code under test takes a GPU's paths: fused and foreach optimisers.

It does not show the numerics and limits of a GPU's kernels, streams and races, memory, speed, or autocast.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

HOST = torch.device("cpu")
META = torch.device("meta")

aten = torch.ops.aten
COPIES = (aten._to_copy, aten.copy_, aten._foreach_copy_)
"""Operations between devices. A copy from or to the host's memory waits, as none of ours is pinned."""
INDEXING = (aten.index, aten.index_put, aten.index_put_, aten._unsafe_index, aten._unsafe_index_put)
"""They copy indices of the host to the device, and count what a mask lets through."""
CHECKED = (aten._linalg_check_errors, aten._linalg_eigh, aten._linalg_svd, aten.linalg_qr)
"""Solvers that report to the host how they went."""
UNKNOWN_TO_HOST = {torch.Tag.data_dependent_output, torch.Tag.dynamic_output_shape}
"""PyTorch's own marks of operations whose result, or its size, the host must read."""


class DeviceTensor(Tensor):
    """A tensor on the pretended device; ``held`` has its values."""

    held: Tensor
    place: torch.device

    @staticmethod
    def __new__(cls, held: Tensor, place: torch.device) -> DeviceTensor:
        made: DeviceTensor = Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
            cls, held.shape, strides=held.stride(), dtype=held.dtype, device=META
        )
        made.held, made.place = held, place
        return made

    device = property(lambda self: self.place)  # type: ignore[assignment]
    is_meta = False  # type: ignore[assignment]
    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    def __repr__(self) -> str:  # type: ignore[override]
        return f"DeviceTensor{tuple(self.shape)}"

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise RuntimeError(f"{func} of a pretended device after its end, or in another thread")


class DeviceGenerator(torch.Generator):
    """A random generator of any device; that of a GPU draws what a CPU's draws."""

    place: torch.device

    def __new__(cls, device: str | torch.device = HOST) -> DeviceGenerator:
        made = super().__new__(cls, HOST)
        place = torch.device(device)
        made.place = place if place == HOST else torch.device(place.type, 0)
        return made

    device = property(lambda self: self.place)  # type: ignore[assignment]


class _Names(TorchFunctionMode):
    """Gives PyTorch's C++ the device that it knows the pretended one by, and sees what C++ would not pass on."""

    def __init__(self, place: torch.device) -> None:
        super().__init__()
        self._place = place
        self._names = (place.type, str(place), place, torch.device(place.type))

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = kwargs or {}
        if func is torch.device:
            return func(*args, **given)
        if func is Tensor.tolist:
            return args[0].cpu().tolist()
        if func in (torch.tensor, torch.as_tensor) and given.get("device") in self._names:
            return func(*args, **{**given, "device": HOST}).to(META)
        self._check_generator(func, args, given)
        return func(*map(self._known, args), **{name: self._known(value) for name, value in given.items()})

    def _known(self, value: Any) -> Any:
        return META if isinstance(value, str | torch.device) and value in self._names else value

    def _check_generator(self, func: Any, args: Any, given: dict[str, Any]) -> None:
        generator = given.get("generator")
        if isinstance(generator, DeviceGenerator):
            filled = next((each for each in (*args, *given.values()) if isinstance(each, Tensor)), None)
            target = given.get("device", HOST if filled is None else filled.device)
            if (generator.device == self._place) != (target in self._names):
                raise RuntimeError(f"{func.__name__} for {target} draws from a generator on {generator.device}")


class PretendedDevice(TorchDispatchMode):
    """Runs every operation of this thread on the CPU, those on the device by its rules.

    ``waits`` lists the operations for which the host waited, each with the line of ours that called it.
    """

    def __init__(self, place: torch.device) -> None:
        super().__init__()
        self.place = place
        self.waits: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = kwargs or {}
        tensors = list(_tensors((*args, *given.values())))
        ours = {id(each.held): each for each in tensors if isinstance(each, DeviceTensor)}
        target = given.get("device") or (META if ours else HOST)
        if not ours and target != META:
            return func(*args, **given)
        _check_devices(func, tensors)
        if _waits(func, tensors, target):
            self.waits.append(f"{func.overloadpacket.__name__} in {_line_of_ours()}")
        result = func(*_mapped(_plain, args), **{name: _mapped(_plain, value) for name, value in given.items()})
        if target != META or (func.overloadpacket is aten.copy_ and not isinstance(args[0], DeviceTensor)):
            return result  # it is on the host

        def placed(value: Any) -> Any:
            if not isinstance(value, Tensor):
                return value
            return ours[id(value)] if id(value) in ours else self._placed(func, value)

        return _mapped(placed, result)

    def _placed(self, func: Any, values: Tensor) -> DeviceTensor:
        if self.place.type == "mps" and values.dtype == torch.float64:
            raise TypeError(f"the MPS framework does not support float64, which {func} makes")
        return DeviceTensor(values, self.place)


def _tensors(values: Iterable[Any]) -> Iterator[Tensor]:
    for each in values:
        if isinstance(each, Tensor):
            yield each
        elif isinstance(each, list | tuple):
            yield from _tensors(each)


def _mapped(change: Callable[[Any], Any], value: Any) -> Any:
    """The value, or what is in its lists and tuples, changed."""
    if isinstance(value, list | tuple):
        return type(value)([_mapped(change, each) for each in value])
    return change(value)


def _plain(value: Any) -> Any:
    if isinstance(value, DeviceTensor):
        return value.held
    return HOST if isinstance(value, torch.device) else value


def _check_devices(func: Any, tensors: list[Tensor]) -> None:
    """Raise where devices mix. As on a GPU, a scalar of the host may stand beside a tensor, and indices may be its."""
    packet, is_first_here = func.overloadpacket, isinstance(tensors[0], DeviceTensor) if tensors else True
    if packet in COPIES or (packet in INDEXING and is_first_here):
        return
    takes_scalars = torch.Tag.pointwise in func.tags and (is_first_here or not func._schema.is_mutable)
    on_host = [each for each in tensors if not isinstance(each, DeviceTensor) and (each.ndim or not takes_scalars)]
    if on_host and len(on_host) < len(tensors):
        raise RuntimeError(f"Expected all tensors of {packet.__name__} to be on the same device, in {_line_of_ours()}")


def _waits(func: Any, tensors: list[Tensor], target: torch.device) -> bool:
    packet, is_mixed = func.overloadpacket, not all(isinstance(each, DeviceTensor) for each in tensors)
    if packet in COPIES:
        return is_mixed or target != META
    if packet in INDEXING:
        return is_mixed or any(each.dtype in (torch.bool, torch.uint8) for each in tensors[1:])
    return packet in CHECKED or bool(UNKNOWN_TO_HOST & set(func.tags))


def _line_of_ours() -> str:
    """File and line of the innermost caller in ``core``; "a test" where it is not from there."""
    frame = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename.replace("\\", "/")
        if "/core/" in file and "/site-packages/" not in file:
            return f"core/{file.rpartition('/core/')[2]}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return "a test"


@contextlib.contextmanager
def pretended_device(kind: str = "cuda") -> Iterator[PretendedDevice]:
    """In this thread and block there is a device of that kind, "cuda" or "mps".

    Another thread enters a block of its own; all of them must end before the first one does.
    """
    place = torch.device(kind, 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.cuda if kind == "cuda" else torch.backends.mps, "is_available", lambda: True)
        patch.setattr(torch, "Generator", DeviceGenerator)
        of_optimisers = importlib.import_module("torch.optim.optimizer")
        patch.setattr(of_optimisers, "_foreach_supported_types", [Tensor, torch.nn.Parameter, DeviceTensor])
        with _Names(place), PretendedDevice(place) as device:
            yield device
