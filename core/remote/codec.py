"""Frozen dataclasses as messages, by their own type hints.

A codec is made for a closed set of classes: those it is given, and every dataclass that their fields name. A hint that
cannot cross (a live object, Any, a list) is a TypeError when the codec is made. An instance is written as the wire name
of its class and its fields in order; so a field may hold any class of the set that is a subclass of its hint. A message
names no module, and nothing outside of the set is ever made.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import functools
import inspect
import sys
import types
import typing
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import numpy as np

from core.foundation.user_error import as_sentence
from core.remote.forms import (
    ChoiceForm,
    Form,
    IntegerForm,
    NumberForm,
    PlainForm,
    RowForm,
    SequenceForm,
    SetForm,
    TableForm,
    Unfit,
    UnionForm,
    array_form,
    read,
    written,
)
from core.remote.records import ClassForm, Dependent, FamilyForm, RecordForm
from core.remote.wire import Frame, WireError

PLAIN: dict[Any, Form] = {
    int: IntegerForm(),
    float: NumberForm(),
    **{kind: PlainForm(kind) for kind in (type(None), bool, str, bytes)},
}
"""Forms of the types that need no arguments."""


class Codec:
    """Messages of a closed set of classes, which only `learn` extends. Any number of threads may use one.

    ``classes`` are frozen dataclasses by wire name. ``aside`` names fields that do not cross: they must have their
    default when a message is written, and have it when it is read. ``names`` are the meanings of names that a module
    imports under ``TYPE_CHECKING`` only.
    """

    def __init__(
        self,
        classes: Mapping[str, type],
        aside: Mapping[type, tuple[str, ...]] | None = None,
        names: Mapping[str, Any] | None = None,
    ) -> None:
        self._aside = dict(aside or {})
        self._names = dict(names or {})
        self._hints: dict[type, Mapping[str, Any]] = {}
        self._classes: dict[str, type] = {}
        for name, cls in classes.items():
            self._add(name, cls)
        self._records = {
            cls: RecordForm(name, cls, self._hints[cls], self._aside.get(cls, ()))
            for name, cls in self._classes.items()
        }
        self._families: dict[Any, FamilyForm] = {}
        for cls, record in self._records.items():
            record.fields = {field: self._field(cls, field, hint) for field, hint in self._hints[cls].items()}
        self._message = FamilyForm(self._records, "message")

    @property
    def classes(self) -> Mapping[str, type]:
        """Every class of the set by its wire name."""
        return types.MappingProxyType(self._classes)

    @property
    def layout(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the fields of every class, in order, by wire name."""
        return {name: tuple(self._hints[cls]) for name, cls in self._classes.items()}

    def learn(self, name: str, cls: type) -> None:
        """Take in one more class. What was known stays known under its name. Raises TypeError as the constructor."""
        more = Codec({**self._classes, name: cls}, self._aside, self._names)
        self._classes, self._hints, self._message = more._classes, more._hints, more._message

    def unlike(self, layout: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        """Wire names of the classes that the other side has too, with other fields; of two equal versions none."""
        ours = self.layout
        return tuple(name for name in ours if name in layout and layout[name] != ours[name])

    def encode(self, message: object, kind: str = "") -> Frame:
        """A message as a frame of a kind. It holds the arrays themselves. Raises `WireError` where it does not fit."""
        arrays: list[memoryview] = []
        try:
            return Frame(written(self._message, message, arrays), tuple(arrays), kind)
        except Unfit as error:
            raise WireError(as_sentence(f"This cannot be sent: {error}")) from error

    def decode(self, frame: Frame) -> Any:
        """The message in a frame; its arrays are read-only, over the bytes of the frame. Raises `WireError`."""
        arrays = deque(frame.arrays)
        try:
            message = read(self._message, frame.body, arrays)
            if arrays:
                raise Unfit("an array belongs to nothing")
        except (Unfit, RecursionError) as error:
            raise WireError(as_sentence(f"A message does not fit: {error}")) from error
        return message

    # --- making the set --------------------------------------------------------------------------------------------

    def _add(self, name: str, cls: type) -> None:
        """Take in a class, and the dataclasses that its fields and the arguments of its bases name."""
        present = self._classes.get(name)
        if present is not None and present is not cls:
            raise TypeError(f"two classes are called {name}: {present.__module__}, {cls.__module__}")
        if cls in self._hints:
            return
        if not dataclasses.is_dataclass(cls) or not cls.__dataclass_params__.frozen:  # type: ignore[attr-defined]
            raise TypeError(f"{cls.__qualname__} is no frozen dataclass")
        self._classes[name] = cls
        self._hints[cls] = hints = _field_hints(cls, self._aside.get(cls, ()), tuple(self._names.items()))
        arguments = [each for base in _generic_bases(cls) for each in get_args(base)]
        for hint in (*hints.values(), *arguments):
            for named in _dataclasses_in(hint):
                if named not in self._hints:
                    self._add(named.__name__, named)

    def _field(self, cls: type, field: str, hint: Any) -> Form | Dependent:
        try:
            if isinstance(hint, TypeVar):
                return self._dependent(cls, hint)
            return self._form(hint)
        except TypeError as error:
            raise TypeError(f"{cls.__qualname__}.{field}: {error}") from None

    def _form(self, hint: Any) -> Form:
        """The form of a type hint. TypeError for one that cannot cross."""
        origin, arguments = get_origin(hint), get_args(hint)
        if hasattr(origin, "__value__"):  # an alias with arguments, as NDArray is from NumPy 2.5 on
            return self._form(origin.__value__[arguments])
        if hint is None or (isinstance(hint, type) and hint in PLAIN):
            return PLAIN[type(None) if hint is None else hint]
        if origin is Annotated:
            return self._form(arguments[0])
        if origin is Literal:
            return ChoiceForm(arguments)
        if origin in (Union, types.UnionType):
            return self._union(tuple(self._form(each) for each in arguments))
        if origin is tuple and arguments[1:] == (Ellipsis,):
            return SequenceForm(self._form(arguments[0]))
        if origin is tuple:
            return RowForm(tuple(self._form(each) for each in arguments))
        if origin is collections.abc.Mapping:
            return TableForm(self._form(arguments[0]), self._form(arguments[1]))
        if origin is frozenset:
            return SetForm(self._form(arguments[0]))
        if origin is np.ndarray:
            return array_form(get_args(arguments[1])[0])
        if origin is type:
            return ClassForm(self._family(get_origin(arguments[0]) or arguments[0]))
        return self._family(origin or hint)

    def _union(self, forms: tuple[Form, ...]) -> Form:
        """One of some forms. Families, which are told apart by the names of their classes, become one."""
        families = [form for form in forms if isinstance(form, FamilyForm)]
        if len(families) < 2:
            return UnionForm(forms)
        records = {cls: record for family in families for cls, record in family.records.items()}
        one = FamilyForm(records, " or ".join(family.noun for family in families))
        others = tuple(form for form in forms if not isinstance(form, FamilyForm))
        return UnionForm((*others, one)) if others else one

    def _family(self, base: Any) -> FamilyForm:
        """The form of any class of the set that is a ``base``."""
        if base not in self._families:
            records = {cls: record for cls, record in self._records.items() if _is_sub(cls, base)}
            if base is object or not records:
                raise TypeError(f"{getattr(base, '__qualname__', base)} cannot cross")
            self._families[base] = FamilyForm(records, base.__name__)
        return self._families[base]

    def _dependent(self, cls: type, variable: TypeVar) -> Dependent:
        """The form of a field whose type the class of an earlier one tells: ``value: T`` beside ``look: Look[T]``."""
        for field, hint in self._hints[cls].items():
            if hint is variable:
                break
            if variable in get_args(hint):
                base = get_origin(hint)
                family = self._family(base)
                forms = {each: self._form(_argument(each, base)) for each in family.records}
                return Dependent(field, forms)
        raise TypeError(f"no earlier field tells what {variable} is")


@functools.lru_cache(maxsize=512)
def _field_hints(cls: type, aside: tuple[str, ...], names: tuple[tuple[str, Any], ...]) -> Mapping[str, Any]:
    """The type hints of the fields that ``__init__`` takes, in their order, but those aside.

    Reading them is most of what a codec takes to make.
    """
    wanted = [each.name for each in dataclasses.fields(cls) if each.init and each.name not in aside]
    hints: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        own = {name: hint for name, hint in inspect.get_annotations(base).items() if name in wanted}
        known = {**dict(names), **vars(sys.modules[base.__module__])}  # what a module itself means by a name goes first
        try:
            hints |= typing.get_type_hints(types.SimpleNamespace(__annotations__=own), known, include_extras=True)
        except NameError as error:
            raise TypeError(f"{cls.__qualname__}: {error}; a meaning must be given to the codec") from None
    return types.MappingProxyType({name: hints[name] for name in wanted})


def _dataclasses_in(hint: Any) -> Iterator[type]:
    """Every dataclass that a type hint names."""
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        yield hint
    elif get_origin(hint) is not Literal:
        for each in get_args(hint):
            yield from _dataclasses_in(each)


def _generic_bases(cls: type) -> Iterator[Any]:
    """The bases of a class and of its bases that have arguments: ``Look[Tiles]``."""
    for each in cls.__mro__:
        yield from vars(each).get("__orig_bases__", ())


def _argument(cls: type, base: Any) -> Any:
    """The argument that a class gives its generic base."""
    for each in _generic_bases(cls):
        if get_origin(each) is base and not isinstance(get_args(each)[0], TypeVar):
            return get_args(each)[0]
    raise TypeError(f"{cls.__qualname__} does not say what its {base.__name__} is of")


def _is_sub(cls: type, base: Any) -> bool:
    return isinstance(base, type) and issubclass(cls, base)
