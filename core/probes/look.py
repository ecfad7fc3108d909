"""A look: a frozen request for something computed from a run's weights, which knows how to compute its answer.

`core.engine.look_requests` decides when a look is made, a slice at a time on the background thread, and puts its
`Answer` on the board. Requests hold plain data, so they can cross threads. numpy only, as panels import looks.
"""

from __future__ import annotations

import dataclasses
import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

import numpy as np

from core.foundation.slices import Work

if TYPE_CHECKING:
    from core.evaluation.reference import Reference
    from core.evaluation.samplers import Sampling
    from core.evaluation.training_codes import KnownCodes
    from core.training.snapshot import Snapshot

T = TypeVar("T")

MOST_PICTURES = 4_096
"""Most pictures that one look has made: a wide screen full of tiles has 3,000."""

Making = Generator[T | None, None, T]
"""Work in slices that returns a look's value. It yields None, or the partial value so far."""

Slot = tuple[type["Look[Any]"], Hashable]
"""Where an answer is kept: one place per class of looks, or per ``which`` of a class."""


class Look(ABC, Generic[T]):
    """A request (abstract) for a value of type ``T``. Subclasses are dataclasses with ``frozen=True, eq=False``."""

    name: ClassVar[str]
    """The name in messages: "could not make its NAME"."""
    interval_s: ClassVar[float] = 0.0
    """Shortest time between two requests for the same key, s."""
    new_key_interval_s: ClassVar[float] = 0.0
    """Shortest time between two requests for different keys, s."""
    rest: ClassVar[float] = 30.0
    """While something trains, every slice is followed by a rest of this many times its cost."""
    first_rest: ClassVar[float | None] = None
    """`rest` while there is no answer yet; None is `rest`."""
    needs_encoder: ClassVar[bool] = False
    of_past: ClassVar[bool] = False
    """Whether it is made of what the window keeps of a run's past, and so in the window's process."""

    @functools.cached_property
    def key(self) -> Hashable:
        """Identity of the request: two of one class with the same key are the same. By default all fields."""
        return tuple(_identity(getattr(self, each.name)) for each in dataclasses.fields(cast(Any, self)))

    @property
    def which(self) -> Hashable:
        """Distinguishes answers of one class that are kept beside each other; None where there is only one."""
        return None

    @property
    def job(self) -> Hashable:
        """Distinguishes jobs of one class that may run at the same time; a newer request with the same job ends it."""
        return self.which

    @property
    def slot(self) -> Slot:
        """Where the answer is kept: it replaces the one there."""
        return type(self), self.which

    def fits(self, context: Context) -> bool:
        """Whether the run can answer this look."""
        return context.snapshot.has_encoder or not self.needs_encoder

    def awaits(self, reference: Reference) -> Work[Any] | None:
        """Work of the reference without which the answer is incomplete; it runs beside the look, once for all runs."""
        return None

    def is_current(self, answer: Answer[T], context: Context) -> bool:
        """Whether an existing answer is still up to date."""
        return answer.key == self.key and answer.step == context.snapshot.step

    def is_urgent(self, have: Answer[T] | None) -> bool:
        """Whether it goes before all other background jobs; ``have`` is the present answer."""
        return False

    def is_first(self, have: Answer[T] | None) -> bool:
        """Whether the panel is still empty: slices then rest for `first_rest`."""
        return have is None

    def rest_after(self, have: Answer[T] | None) -> float:
        """Rest after a slice while something trains, as a multiple of its cost."""
        return self.rest if self.first_rest is None or not self.is_first(have) else self.first_rest

    @abstractmethod
    def make(self, context: Context) -> Making[T]:
        """Compute the value, a pure function of the context. `whole` wraps what needs no slices."""


@dataclass(frozen=True, eq=False)
class Answer(Generic[T]):
    """The value of a look for the weights of a step. Answers are compared with ``is``."""

    look: Look[T]
    step: int
    value: T

    @property
    def key(self) -> Hashable:
        """The key of the look."""
        return self.look.key


@dataclass(frozen=True, eq=False)
class Looks:
    """The newest answer in every slot."""

    answers: Mapping[Slot, Answer[Any]] = field(default_factory=dict)

    def of(self, kind: type[Look[T]], which: Hashable = None) -> Answer[T] | None:
        """The newest answer of a class of looks; ``which`` selects among answers kept beside each other."""
        return self.answers.get((kind, which))

    def value(self, kind: type[Look[T]], which: Hashable = None) -> T | None:
        """The value of the newest answer."""
        answer = self.of(kind, which)
        return None if answer is None else answer.value

    def before(self, look: Look[T]) -> Answer[T] | None:
        """The present answer, which this look would replace."""
        return self.answers.get(look.slot)

    def plus(self, answer: Answer[Any]) -> Looks:
        """A copy with an answer in its slot."""
        return Looks({**self.answers, answer.look.slot: answer})


@dataclass(frozen=True, eq=False)
class Context:
    """What looks are made from.

    ``steps`` and ``seconds`` say how far the run has trained, which may be farther than its newest ``snapshot``;
    ``past`` holds earlier snapshots, oldest first; ``looks`` the answers so far. The rest is shared by the looks of a
    run; ``put`` publishes the answer of a look that another one needed.
    """

    snapshot: Snapshot
    past: tuple[Snapshot, ...]
    looks: Looks
    steps: int
    seconds: float
    reference: Reference
    codes: KnownCodes
    sampling: Sampling
    put: Callable[[Look[Any], Any], None]

    def made(self, look: Look[T]) -> Work[T]:
        """Make another look at the same weights and publish its answer."""
        making = look.make(self)
        while True:
            try:
                next(making)
            except StopIteration as done:
                value: T = done.value
                self.put(look, value)
                return value
            yield


def check_count(count: int, most: int = MOST_PICTURES) -> None:
    """Whether a look may ask for so many pictures: memory is taken for all at once. ValueError where it may not."""
    if not 0 <= count <= most:
        raise ValueError(f"{count:,} pictures are asked for; {most:,} are made at most")


def whole(value: T) -> Work[T]:
    """Wrap a value computed in one piece as the work of a look."""
    yield from ()
    return value


def _identity(value: Any) -> Hashable:
    """A hashable stand-in: arrays by shape and bytes, dataclasses by their fields."""
    if isinstance(value, np.ndarray):
        return value.shape, value.tobytes()
    if dataclasses.is_dataclass(value):
        return tuple(_identity(getattr(value, each.name)) for each in dataclasses.fields(value))
    return cast(Hashable, value)
