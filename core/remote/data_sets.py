"""The window's data sets, as the engine's side knows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.datasets.base import Dataset, Images
from core.remote.messages import Data, ForgetData, Split


class DataSets:
    """The data sets that the other side knows, by number. Each is sent once, before the first message that names it.

    What no run uses is forgotten when the next one comes: the other side holds all of it in memory.
    """

    def __init__(self, post: Callable[[Any], None], used: Callable[[], set[int]]) -> None:
        self._post = post
        self._used = used
        self._numbers: dict[int, int] = {}  # by identity
        self._held: dict[int, Dataset] = {}
        self._count = 0

    def number_of(self, dataset: Dataset) -> int:
        """The number of a data set, which the other side knows from now on."""
        number = self._numbers.get(id(dataset))
        if number is None:
            self._forget_unused()
            number = self._numbers[id(dataset)] = self._count = self._count + 1
            self._held[number] = dataset
            self._post(_data(number, dataset))
        return number

    def send_again(self) -> tuple[int, ...]:
        """Make what is in use known to another engine. Returns the numbers of the rest, which are free now."""
        used = self._used()
        unused = tuple(number for number in self._held if number not in used)
        self._numbers = {identity: number for identity, number in self._numbers.items() if number in used}
        self._held = {number: dataset for number, dataset in self._held.items() if number in used}
        for number, dataset in self._held.items():
            self._post(_data(number, dataset))
        return unused

    def _forget_unused(self) -> None:
        used = self._used()
        for identity, number in tuple(self._numbers.items()):
            if number not in used:
                del self._numbers[identity]
                self._post(ForgetData(number))  # views on their way may still name it

    def of(self, number: int) -> Dataset:
        """The data set of a number. ValueError where there is none."""
        if number not in self._held:
            raise ValueError(f"there are no data {number}")
        return self._held[number]

    def drop(self, number: int) -> None:
        """The other side will not name it again."""
        self._held.pop(number, None)


def _data(number: int, dataset: Dataset) -> Data:
    return Data(
        number,
        dataset.name,
        dataset.title,
        _split(dataset.train),
        _split(dataset.test),
        dataset.class_names,
        dataset.factor_names,
        dataset.density,
        dataset.columns,
    )


def _split(images: Images) -> Split:
    return Split(images.pixels, images.labels, images.factors)
