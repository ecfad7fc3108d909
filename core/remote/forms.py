"""How values of one type are written: a form for each kind of type hint. `core.remote.codec` puts them together.

Strict both ways: what a hint does not name is neither written nor read. A value that does not fit raises `Unfit`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from core.remote.wire import MAX_ITEMS, Node

LARGEST = 1 << 63
"""Integers lie below it, and not below its negative."""
DTYPES = ("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f4", "<f8")
"""What arrays may hold, as numpy writes it."""
MAX_AXES = 8
"""Most axes of an array."""
MAX_EMPTY_AXIS = 1 << 16
"""Longest axis of an array without elements, which costs its sender nothing and readers a loop."""


class Unfit(ValueError):
    """A value that is not of its form."""


class Form(ABC):
    """How values of one type are written as nodes of a header, with arrays beside them in the order of the nodes."""

    nodes: frozenset[type]
    """Types of the nodes that it reads. Forms of a union share none, so that a node says which of them wrote it."""

    @abstractmethod
    def accepts(self, value: object) -> bool:
        """Whether a value is of this type, as far as a look at the outside tells."""

    @abstractmethod
    def encode(self, value: Any, arrays: list[memoryview]) -> Node:
        """The node of a value that is accepted; its arrays are appended."""

    @abstractmethod
    def decode(self, node: Node, arrays: deque[memoryview]) -> Any:
        """The value of a node of one of our types; its arrays are taken from the left."""


def written(form: Form, value: object, arrays: list[memoryview]) -> Node:
    """The node of a value. Raises `Unfit` where it is of another type."""
    if not form.accepts(value):
        raise Unfit(f"a value of type {type(value).__name__} has no place there")
    return form.encode(value, arrays)


def read(form: Form, node: Node, arrays: deque[memoryview]) -> Any:
    """The value of a node. Raises `Unfit` where it is of another type."""
    if type(node) not in form.nodes:
        raise Unfit(f"a node of type {type(node).__name__} has no place there")
    return form.decode(node, arrays)


class PlainForm(Form):
    """None, bool, str and bytes, as they are."""

    def __init__(self, kind: type) -> None:
        self.nodes = frozenset({kind})

    def accepts(self, value: object) -> bool:
        return type(value) in self.nodes

    def encode(self, value: Any, arrays: list[memoryview]) -> Node:
        return value

    def decode(self, node: Node, arrays: deque[memoryview]) -> Any:
        return node


class IntegerForm(Form):
    """An int of 64 bits, or one of numpy's, which is read as an int."""

    nodes = frozenset({int})

    def accepts(self, value: object) -> bool:
        return isinstance(value, (int, np.integer)) and not isinstance(value, bool)

    def encode(self, value: Any, arrays: list[memoryview]) -> Node:
        return self.decode(int(value), deque())

    def decode(self, node: Node, arrays: deque[memoryview]) -> Any:
        if not -LARGEST <= node < LARGEST:
            raise Unfit("an integer is larger than 64 bits")
        return node


class NumberForm(Form):
    """A float, with NaN and infinities; whole numbers are read as floats."""

    nodes = frozenset({float})

    def accepts(self, value: object) -> bool:
        return isinstance(value, (float, int, np.floating, np.integer)) and not isinstance(value, bool)

    def encode(self, value: Any, arrays: list[memoryview]) -> Node:
        try:
            return float(value)
        except OverflowError:
            raise Unfit("an integer is larger than a float") from None

    def decode(self, node: Node, arrays: deque[memoryview]) -> Any:
        return node


class ChoiceForm(Form):
    """One of the values of a Literal."""

    def __init__(self, values: tuple[Any, ...]) -> None:
        self.nodes = frozenset(map(type, values))
        self._values = frozenset((type(value), value) for value in values)

    def accepts(self, value: object) -> bool:
        return type(value) in self.nodes

    def encode(self, value: Any, arrays: list[memoryview]) -> Node:
        return self.decode(value, deque())

    def decode(self, node: Node, arrays: deque[memoryview]) -> Any:
        if (type(node), node) not in self._values:
            raise Unfit("a value is none of those that may stand there")
        return node


class UnionForm(Form):
    """One of several forms that share no type of node."""

    def __init__(self, forms: tuple[Form, ...]) -> None:
        self.nodes = frozenset[type]().union(*(form.nodes for form in forms))
        self._of_node = {kind: form for form in forms for kind in form.nodes}
        if len(self._of_node) < sum(len(form.nodes) for form in forms):
            raise TypeError("a union has two types that are written alike")
        self._forms = sorted(forms, key=lambda form: isinstance(form, NumberForm))  # it accepts whole numbers too

    def _form(self, value: object) -> Form | None:
        exact = self._of_node.get(type(value))  # an int among floats and ints is an int
        if exact is not None and exact.accepts(value):
            return exact
        return next((form for form in self._forms if form.accepts(value)), None)

    def accepts(self, value: object) -> bool:
        return self._form(value) is not None

    def encode(self, value: Any, arrays: list[memoryview]) -> Node:
        form = self._form(value)
        assert form is not None
        return form.encode(value, arrays)

    def decode(self, node: Node, arrays: deque[memoryview]) -> Any:
        return self._of_node[type(node)].decode(node, arrays)


class SequenceForm(Form):
    """A tuple of any length of one form."""

    nodes = frozenset({tuple})

    def __init__(self, item: Form) -> None:
        self._item = item

    def accepts(self, value: object) -> bool:
        return isinstance(value, tuple)

    def encode(self, value: Any, arrays: list[memoryview]) -> Node:
        return tuple([written(self._item, each, arrays) for each in _bounded(value)])

    def decode(self, node: Node, arrays: deque[memoryview]) -> Any:
        return tuple([read(self._item, each, arrays) for each in node])


class RowForm(Form):
    """A tuple with a form for each of its places."""

    nodes = frozenset({tuple})

    def __init__(self, items: tuple[Form, ...]) -> None:
        self._items = items

    def accepts(self, value: object) -> bool:
        return isinstance(value, tuple)

    def _paired(self, values: tuple[Any, ...]) -> zip[tuple[Form, Any]]:
        if len(values) != len(self._items):
            raise Unfit(f"a tuple has {len(values)} entries, not {len(self._items)}")
        return zip(self._items, values, strict=True)

    def encode(self, value: Any, arrays: list[memoryview]) -> Node:
        return tuple([written(item, each, arrays) for item, each in self._paired(value)])

    def decode(self, node: Node, arrays: deque[memoryview]) -> Any:
        return tuple([read(item, each, arrays) for item, each in self._paired(node)])


class TableForm(Form):
    """A Mapping, read as a dict in the same order: keys and values alternate."""

    nodes = frozenset({tuple})

    def __init__(self, key: Form, value: Form) -> None:
        self._key = key
        self._value = value

    def accepts(self, value: object) -> bool:
        return isinstance(value, Mapping)

    def encode(self, value: Any, arrays: list[memoryview]) -> Node:
        node: list[Node] = []
        for key, each in _bounded(value.items(), MAX_ITEMS // 2):
            node += (written(self._key, key, arrays), written(self._value, each, arrays))
        return tuple(node)

    def decode(self, node: Node, arrays: deque[memoryview]) -> Any:
        if len(node) % 2:
            raise Unfit("a table has a key without a value")
        pairs = zip(node[::2], node[1::2], strict=True)
        table = {read(self._key, key, arrays): read(self._value, each, arrays) for key, each in pairs}
        if len(table) < len(node) // 2:
            raise Unfit("a table has one key twice")
        return table


class SetForm(Form):
    """A frozenset of one form."""

    nodes = frozenset({tuple})

    def __init__(self, item: Form) -> None:
        self._item = item

    def accepts(self, value: object) -> bool:
        return isinstance(value, frozenset)

    def encode(self, value: Any, arrays: list[memoryview]) -> Node:
        return tuple([written(self._item, each, arrays) for each in sorted(_bounded(value), key=repr)])

    def decode(self, node: Node, arrays: deque[memoryview]) -> Any:
        content = frozenset(read(self._item, each, arrays) for each in node)
        if len(content) < len(node):
            raise Unfit("a set has one entry twice")
        return content


class ArrayForm(Form):
    """A numpy array of one of some dtypes: dtype and shape are written, elements lie beside. Read-only once read."""

    nodes = frozenset({tuple})

    def __init__(self, dtypes: tuple[str, ...]) -> None:
        self._dtypes = frozenset(dtypes)

    def accepts(self, value: object) -> bool:
        return isinstance(value, np.ndarray)

    def encode(self, value: Any, arrays: list[memoryview]) -> Node:
        array: npt.NDArray[Any] = np.asarray(value, order="C")
        dtype = array.dtype.str
        if dtype not in self._dtypes:
            raise Unfit(f"an array is of {array.dtype}, which is not its type")
        self._check_shape(array.shape)
        arrays.append(array.reshape(-1).view(np.uint8).data)
        return dtype, *array.shape

    def decode(self, node: Node, arrays: deque[memoryview]) -> Any:
        if not node or node[0] not in self._dtypes:
            raise Unfit("an array is not of its type")
        dtype, shape = np.dtype(node[0]), node[1:]
        if not all(type(length) is int and length >= 0 for length in shape):
            raise Unfit("an array has no shape")
        self._check_shape(shape)
        if not arrays:
            raise Unfit("an array is missing")
        content = arrays.popleft()
        if math.prod(shape) * dtype.itemsize != content.nbytes:
            raise Unfit("an array has more or fewer elements than its shape")
        if dtype.kind == "b" and content.nbytes and np.frombuffer(content, np.uint8).max() > 1:
            raise Unfit("an array of truth values holds others")
        array = np.frombuffer(content, dtype).reshape(shape)
        array.flags.writeable = False
        return array

    def _check_shape(self, shape: tuple[int, ...]) -> None:
        if len(shape) > MAX_AXES:
            raise Unfit(f"an array has {len(shape)} axes; {MAX_AXES} are allowed")
        if 0 in shape and max(shape) > MAX_EMPTY_AXIS:
            raise Unfit("an array without elements is too long")


def own(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """An array of a received message, writable: the array itself where it came in memory of its own, else a copy."""
    try:
        array.flags.writeable = True
    except ValueError:
        return np.array(array)
    return array


def array_form(scalar: Any) -> ArrayForm:
    """The form of arrays of a numpy scalar type, abstract ones too; Any stands for all of `DTYPES`."""
    if scalar is Any:
        return ArrayForm(DTYPES)
    dtypes = tuple(each for each in DTYPES if np.issubdtype(np.dtype(each), scalar))
    if not dtypes:
        raise TypeError(f"arrays of {scalar.__name__} do not cross")
    return ArrayForm(dtypes)


def _bounded(values: Any, most: int = MAX_ITEMS) -> Any:
    if len(values) > most:
        raise Unfit(f"a collection has {len(values):,} entries; {most:,} are allowed")
    return values
