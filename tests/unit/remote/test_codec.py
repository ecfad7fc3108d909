"""What a type hint lets through, to the last bit, and what it does not; hints that cannot cross fail at the start."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Literal, TypeVar

import numpy as np
import numpy.typing as npt
import pytest
from typing_extensions import TypeAliasType

from core.foundation.arrays import Doubles, Floats
from core.remote.codec import Codec
from core.remote.forms import own
from core.remote.wire import MAX_ITEMS, Frame, WireError
from tests.unit.remote.alike import difference

T = TypeVar("T")


@dataclass(frozen=True)
class Base:
    count: int = 3


@dataclass(frozen=True)
class Longer(Base):
    word: str = "ä"


@dataclass(frozen=True)
class Positive:
    number: float

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ArithmeticError("it is below zero")


@dataclass(frozen=True, eq=False)
class Everything:
    truth: bool
    whole: int
    number: float
    text: str
    raw: bytes
    nothing: None
    row: tuple[int, str, Floats]
    many: tuple[float, ...]
    table: Mapping[int, Floats | None]
    letters: frozenset[str]
    choice: Literal["a", 1]
    knob: float | int | bool | str | None
    any_array: npt.NDArray[Any]
    inside: Base
    kind: type[Base]
    made: int = field(init=False, default=0)
    shared: ClassVar[dict[str, int]] = {}

    def __post_init__(self) -> None:
        object.__setattr__(self, "made", self.whole + 1)

    @functools.cached_property
    def key(self) -> int:
        return self.made


def everything(**other: Any) -> Everything:
    values: dict[str, Any] = {
        **{"truth": True, "whole": -(1 << 63), "number": math.nan, "text": "\udc80\0", "raw": b"\xff", "nothing": None},
        **{"row": (1, "", np.ones(2, np.float32)), "many": (math.inf, -0.0), "letters": frozenset("ab"), "choice": 1},
        **{"table": {2: None, 1: np.zeros((0, 2), np.float32)}, "knob": 5, "any_array": np.array(True)},
        **{"inside": Longer(4), "kind": Longer},
    }
    return Everything(**(values | other))


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Codec({cls.__name__: cls for cls in (Everything, Longer, Positive)})


def over(codec: Codec, value: Any) -> Any:
    return codec.decode(codec.encode(value))


def test_every_type_of_hint_comes_over(codec: Codec) -> None:
    sent = everything()
    received = over(codec, sent)
    assert difference(sent, received) == ""
    assert received.key == received.made == sent.made


@pytest.mark.parametrize("value", [3, 3.0, True, "3", None, 1 << 62])
def test_a_union_keeps_the_type(codec: Codec, value: Any) -> None:
    assert difference(over(codec, everything(knob=value)).knob, value) == ""


def test_numbers_of_numpy_become_plain_ones(codec: Codec) -> None:
    values = {"whole": np.int64(3), "number": np.float32(0.5), "many": (2, np.int8(3)), "knob": np.int64(4)}
    received = over(codec, everything(**values))
    assert difference((received.whole, received.number, received.many, received.knob), (3, 0.5, (2.0, 3.0), 4)) == ""


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int16", "uint32", "int64", "uint64", "float32", "float64"])
def test_arrays_come_over_in_any_order_of_memory(codec: Codec, dtype: str) -> None:
    numbers = np.arange(24).reshape(2, 3, 4).astype(dtype)
    for array in (numbers, numbers.T, numbers[:, ::2, 1:], np.asfortranarray(numbers), numbers[0, 0, 0, None][0:0]):
        received = over(codec, everything(any_array=array)).any_array
        assert difference(received, array) == ""
        assert received.flags.c_contiguous


def test_arrays_are_the_bytes_that_came(codec: Codec) -> None:
    numbers = np.arange(1_000.0)
    received = codec.decode(codec.encode(everything(any_array=numbers))).any_array
    assert np.shares_memory(received, numbers)
    assert not received.flags.writeable
    assert own(received) is received
    assert received.flags.writeable
    numbers.flags.writeable = False
    received = codec.decode(codec.encode(everything(any_array=numbers))).any_array
    assert not np.shares_memory(own(received), numbers)
    assert own(received).flags.writeable


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"truth": 1}, "Everything.truth: a value of type int has no place there"),
        ({"whole": True}, "Everything.whole: a value of type bool"),
        ({"whole": 1 << 63}, "Everything.whole: an integer is larger than 64 bits"),
        ({"number": 10**400}, "Everything.number: an integer is larger than a float"),
        ({"number": "1"}, "Everything.number: a value of type str"),
        ({"row": (1, "")}, "Everything.row: a tuple has 2 entries, not 3"),
        ({"row": [1]}, "Everything.row: a value of type list"),
        ({"many": (0.5, None)}, "Everything.many: a value of type NoneType"),
        ({"many": (0.5,) * (MAX_ITEMS + 1)}, "Everything.many: a collection has 4,097 entries"),
        ({"table": {"a": None}}, "Everything.table: a value of type str"),
        ({"table": {1: np.ones(2)}}, "Everything.table: an array is of float64"),
        ({"choice": "b"}, "Everything.choice: a value is none of those"),
        ({"choice": True}, "Everything.choice: a value of type bool"),
        ({"any_array": np.ones(2, np.float16)}, "Everything.any_array: an array is of float16"),
        ({"any_array": np.ones(2, object)}, "Everything.any_array: an array is of object"),
        ({"any_array": np.ones(2, ">f4")}, "Everything.any_array: an array is of >f4"),
        ({"any_array": np.ones((1,) * 9)}, "Everything.any_array: an array has 9 axes"),
        ({"any_array": np.ones((1 << 17, 0))}, "Everything.any_array: an array without elements is too long"),
        ({"inside": Positive(1)}, "Everything.inside: a value of type Positive"),
        ({"kind": Positive}, "Everything.kind: a value of type type"),
        ({"kind": []}, "Everything.kind: a value of type list"),
        ({"knob": []}, "Everything.knob: a value of type list"),
    ],
)
def test_what_does_not_fit_is_not_sent(codec: Codec, fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(WireError) as error:
        codec.encode(everything(**fields))
    assert str(error.value).startswith(f"This cannot be sent: {sentence}")


def test_only_messages_of_the_set_are_sent(codec: Codec) -> None:
    for value in (3, None, (), codec, Codec):
        with pytest.raises(WireError, match="has no place there"):
            codec.encode(value)


def test_what_a_class_says_of_its_fields_is_heard(codec: Codec) -> None:
    with pytest.raises(WireError, match=r"Positive: it is below zero\.$"):
        codec.decode(Frame(("Positive", -1.0)))


@pytest.mark.parametrize(
    ("body", "arrays", "sentence"),
    [
        (3, (), "a node of type int"),
        ((), (), "its class is no message"),
        (("os.system", "true"), (), "its class is no message"),
        (((),), (), "its class is no message"),
        (("Base",), (), "Base has 1 fields, not 0"),
        (("Base", 3, 4), (), "Base has 1 fields, not 2"),
        (("Base", 1.0), (), "Base.count: a node of type float"),
        (("Base", 1 << 63), (), "Base.count: an integer is larger"),
        (("Base", 1), (b"1",), "an array belongs to nothing"),
        (("Floaty", ("<f4", 1), ()), (), "Floaty.numbers: an array is missing"),
        (("Floaty", ("<f8", 1), ()), (b"12345678",), "Floaty.numbers: an array is not of its type"),
        (("Floaty", ("<f4", 2), ()), (b"1234",), "Floaty.numbers: an array has more or fewer elements"),
        (("Floaty", ("<f4", -1), ()), (b"1234",), "Floaty.numbers: an array has no shape"),
        (("Floaty", ("<f4", True), ()), (b"1234",), "Floaty.numbers: an array has no shape"),
        (("Floaty", ("<f4", 1 << 40, 0), ()), (b"",), "Floaty.numbers: an array without elements is too long"),
        (("Floaty", (), ()), (b"",), "Floaty.numbers: an array is not of its type"),
        (("Floaty", ("<f4", 0), ("a",)), (b"",), "Floaty.mask: a table has a key without a value"),
        (("Floaty", ("<f4", 0), ("a", ("|b1", 1))), (b"", b"\2"), "Floaty.mask: an array of truth values"),
        (("Floaty", ("<f4", 0), ("a", ("|b1", 0)) * 2), (b"",) * 3, "Floaty.mask: a table has one key twice"),
        (("Sets", ("a", "a"), "Base"), (), "Sets.letters: a set has one entry twice"),
        (("Sets", ("a",), "Positive"), (), "Sets.kind: there is no class of that name"),
    ],
)
def test_what_does_not_fit_is_not_read(body: Any, arrays: tuple[bytes, ...], sentence: str) -> None:
    @dataclass(frozen=True)
    class Floaty:
        numbers: Floats
        mask: Mapping[str, npt.NDArray[np.bool_]]

    @dataclass(frozen=True)
    class Sets:
        letters: frozenset[str]
        kind: type[Base]

    codec = Codec({cls.__name__: cls for cls in (Floaty, Sets, Base, Positive)})
    with pytest.raises(WireError) as error:
        codec.decode(Frame(body, tuple(map(memoryview, arrays))))
    assert str(error.value).startswith(f"A message does not fit: {sentence}")


class Live:
    """A live object."""


def test_hints_that_cannot_cross_fail_at_the_start() -> None:
    hints: dict[Any, str] = {
        Any: "cannot cross",
        object: "cannot cross",
        Live: "Live cannot cross",
        type[Live]: "Live cannot cross",
        list[int]: "list cannot cross",
        dict[str, int]: "dict cannot cross",
        Mapping[str, Any]: "cannot cross",
        npt.NDArray[np.complex128]: "complex128",
        Doubles | tuple[int, ...]: "written alike",
        Literal["a"] | str: "written alike",
        T: "no earlier field tells",
    }
    for hint, sentence in hints.items():
        made = dataclass(frozen=True)(type("Made", (), {"__annotations__": {"field": hint}, "__module__": __name__}))
        with pytest.raises(TypeError, match=rf"Made\.field: .*{sentence}"):
            Codec({"Made": made})


def test_the_set_is_of_frozen_dataclasses_with_names_of_their_own() -> None:
    @dataclass
    class Thawed:
        number: int

    for cls in (Thawed, Live):
        with pytest.raises(TypeError, match="is no frozen dataclass"):
            Codec({"it": cls})
    other = dataclass(frozen=True)(type("Base", (), {"__module__": "math"}))
    with pytest.raises(TypeError, match="two classes are called Base"):
        Codec({"Longer": Longer, "Base": other, "Everything": Everything})


def test_another_version_is_told_by_the_fields_of_its_classes(codec: Codec) -> None:
    assert codec.layout["Longer"] == ("count", "word")
    assert codec.unlike(codec.layout) == ()
    other = {**codec.layout, "Longer": ("count",), "Newer": ("word",)}
    del other["Positive"]
    assert codec.unlike(other) == ("Longer",)


@dataclass(frozen=True)
class Request(Generic[T]):
    name: str


@dataclass(frozen=True)
class Whole(Request[int]):
    pass


@dataclass(frozen=True)
class Curve(Request[Doubles]):
    pass


@dataclass(frozen=True)
class Reply(Generic[T]):
    request: Request[T]
    value: T


@dataclass(frozen=True)
class Unknown(Request[T]):
    pass


S = TypeVar("S", bound=np.generic)
Aliased = TypeAliasType("Aliased", npt.NDArray[S], type_params=(S,))
"""As NumPy 2.5 and later define NDArray."""


@dataclass(frozen=True, eq=False)
class WithAlias:
    codes: Aliased[np.float32] | None


def test_an_alias_stands_for_what_it_means() -> None:
    codec = Codec({"WithAlias": WithAlias})
    sent = WithAlias(np.ones((2, 3), np.float32))
    assert difference(over(codec, sent), sent) == ""
    with pytest.raises(WireError, match=r"WithAlias\.codes"):
        codec.encode(WithAlias(np.ones(2, np.float64)))


def test_the_type_of_a_value_follows_from_the_class_beside_it() -> None:
    codec = Codec({cls.__name__: cls for cls in (Whole, Curve, Reply)})
    curve = Reply(Curve("a"), np.arange(3.0))
    assert difference(over(codec, curve), curve) == ""
    assert over(codec, Reply(Whole("b"), 3)) == Reply(Whole("b"), 3)
    with pytest.raises(WireError, match=r"Reply\.value"):
        codec.encode(Reply(Whole("b"), np.arange(3.0)))
    with pytest.raises(TypeError, match=r"Unknown"):
        Codec({cls.__name__: cls for cls in (Whole, Unknown, Reply)})
