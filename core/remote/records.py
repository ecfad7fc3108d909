"""How instances of dataclasses are written: the wire name of their class, then their fields in order."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Mapping
from typing import Any

from core.foundation import params
from core.foundation.mailbox import sentence_of
from core.foundation.params import Param
from core.remote.forms import Form, Unfit, read, written
from core.remote.wire import Node


class Dependent:
    """The form of a field whose type the class of an earlier ``field`` tells: ``value: T`` beside ``look: Look[T]``."""

    def __init__(self, field: str, forms: Mapping[type, Form]) -> None:
        self.field = field
        self._forms = dict(forms)

    def beside(self, other: object) -> Form:
        """The form beside a value of the other field."""
        return self._forms[type(other)]


class RecordForm:
    """One class: its wire name, and the forms of its fields in their order, which the codec fills in."""

    def __init__(self, name: str, cls: type, hints: Mapping[str, Any], aside: tuple[str, ...]) -> None:
        self.name = name
        self.fields: dict[str, Form | Dependent] = {}
        self._cls = cls
        self._defaults = {each.name: each.default for each in dataclasses.fields(cls) if each.name in aside}
        self._has_knobs = bool(hints) and all(map(_is_knob, hints.values()))

    def encode(self, value: Any, arrays: list[memoryview]) -> Node:
        """The node of an instance."""
        for field, default in self._defaults.items():
            if getattr(value, field) is not default:
                raise Unfit(f"{self._cls.__name__}.{field} does not cross")
        node: list[Node] = [self.name]
        for field, form in self.fields.items():
            try:
                known = form.beside(getattr(value, form.field)) if isinstance(form, Dependent) else form
                node.append(written(known, getattr(value, field), arrays))
            except Unfit as error:
                raise Unfit(f"{self._cls.__name__}.{field}: {error}") from error
        return tuple(node)

    def decode(self, node: tuple[Node, ...], arrays: deque[memoryview]) -> Any:
        """The instance of a node. What the class says of its own fields is an `Unfit` too."""
        if len(node) != len(self.fields) + 1:
            raise Unfit(f"{self._cls.__name__} has {len(self.fields)} fields, not {len(node) - 1}")
        values: dict[str, Any] = {}
        for (field, form), each in zip(self.fields.items(), node[1:], strict=True):
            try:
                known = form.beside(values[form.field]) if isinstance(form, Dependent) else form
                values[field] = read(known, each, arrays)
            except Unfit as error:
                raise Unfit(f"{self._cls.__name__}.{field}: {error}") from error
        try:
            made = self._cls(**values)
            return params.checked(made) if self._has_knobs else made
        except Exception as error:  # __post_init__ may raise anything
            raise Unfit(f"{self._cls.__name__}: {sentence_of(error)}") from error


class FamilyForm(Form):
    """An instance of any of some classes, which are all that the set has of one base."""

    nodes = frozenset({tuple})

    def __init__(self, records: Mapping[type, RecordForm], noun: str) -> None:
        self.records = dict(records)
        self.by_name = {record.name: cls for cls, record in records.items()}
        self.noun = noun

    def accepts(self, value: object) -> bool:
        return type(value) in self.records

    def encode(self, value: Any, arrays: list[memoryview]) -> Node:
        return self.records[type(value)].encode(value, arrays)

    def decode(self, node: Node, arrays: deque[memoryview]) -> Any:
        cls = self.by_name.get(node[0]) if node else None
        if cls is None:
            raise Unfit(f"its class is no {self.noun}")
        return self.records[cls].decode(node, arrays)


class ClassForm(Form):
    """A class itself, by its wire name."""

    nodes = frozenset({str})

    def __init__(self, family: FamilyForm) -> None:
        self._family = family

    def accepts(self, value: object) -> bool:
        return isinstance(value, type) and value in self._family.records

    def encode(self, value: Any, arrays: list[memoryview]) -> Node:
        return self._family.records[value].name

    def decode(self, node: Node, arrays: deque[memoryview]) -> Any:
        if node not in self._family.by_name:
            raise Unfit("there is no class of that name")
        return self._family.by_name[node]


def _is_knob(hint: Any) -> bool:
    return any(isinstance(each, Param) for each in getattr(hint, "__metadata__", ()))
