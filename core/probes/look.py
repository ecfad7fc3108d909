"""A look: what somebody wants to see of a run's weights, as a frozen request that knows how to make its answer.

One dataclass in this folder is a look. `core.engine.look_requests` decides when it is made, a slice at a time on the
background thread, and puts its `Answer` on the board. Requests hold data alone, so that they can be sent anywhere.
numpy only: panels name looks when they are imported.
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

Making = Generator[T | None, None, T]
"""Work in slices that returns a look's value. It yields None, or what is known of the value so far."""

Slot = tuple[type["Look[Any]"], Hashable]
"""Where an answer stands: one for each class of looks, or for each ``which`` of a class."""


class Look(ABC, Generic[T]):
    """A request (abstract); ``T`` is what it shows. Subclasses are dataclasses with ``frozen=True, eq=False``."""

    name: ClassVar[str]
    """What a person calls it: "could not make its NAME"."""
    interval_s: ClassVar[float] = 0.0
    """Shortest time between two requests for the same key, s."""
    new_key_interval_s: ClassVar[float] = 0.0
    """Shortest time between two requests for different keys, s."""
    rest: ClassVar[float] = 30.0
    """While something trains, every slice is followed by a rest of so many times its cost."""
    first_rest: ClassVar[float | None] = None
    """The same while there is nothing to show yet, where that is less."""
    needs_encoder: ClassVar[bool] = False
    awaits_image_reach: ClassVar[bool] = False
    """Whether the answer is more once `Reference.known_image_reach` is there, which is found meanwhile."""

    @functools.cached_property
    def key(self) -> Hashable:
        """What is asked for: requests of one class with the same key are the same. By default all fields."""
        return tuple(_identity(getattr(self, each.name)) for each in dataclasses.fields(cast(Any, self)))

    @property
    def which(self) -> Hashable:
        """Tells answers of one class apart that stand beside each other; None where there is one at a time."""
        return None

    @property
    def job(self) -> Hashable:
        """Tells jobs of one class apart that may be in work at the same time: another request of one ends it."""
        return self.which

    @property
    def slot(self) -> Slot:
        """Which answer this one replaces."""
        return type(self), self.which

    def fits(self, context: Context) -> bool:
        """Whether the run can answer."""
        return context.snapshot.has_encoder or not self.needs_encoder

    def is_current(self, answer: Answer[T], context: Context) -> bool:
        """Whether the answer that is there need not be made again."""
        return answer.key == self.key and answer.step == context.snapshot.step

    def is_urgent(self, have: Answer[T] | None) -> bool:
        """Whether it goes before everything else in the background; ``have`` is the answer that is there."""
        return False

    def is_first(self, have: Answer[T] | None) -> bool:
        """Whether somebody waits before an empty panel: slices then rest for `first_rest`."""
        return have is None

    def rest_after(self, have: Answer[T] | None) -> float:
        """How many times its cost a slice rests while something trains."""
        return self.rest if self.first_rest is None or not self.is_first(have) else self.first_rest

    @abstractmethod
    def make(self, context: Context) -> Making[T]:
        """Make the value: pure, of the context's snapshot and what runs share. What is short comes by `whole`."""


@dataclass(frozen=True, eq=False)
class Answer(Generic[T]):
    """What a look found in the weights of a step. Another answer is another object: compare them with ``is``."""

    look: Look[T]
    step: int
    value: T

    @property
    def key(self) -> Hashable:
        """Of the look."""
        return self.look.key


@dataclass(frozen=True, eq=False)
class Looks:
    """The newest answer in every slot."""

    answers: Mapping[Slot, Answer[Any]] = field(default_factory=dict)

    def of(self, kind: type[Look[T]], which: Hashable = None) -> Answer[T] | None:
        """The newest answer of a class of looks; ``which`` for classes that have several beside each other."""
        return self.answers.get((kind, which))

    def value(self, kind: type[Look[T]], which: Hashable = None) -> T | None:
        """What the newest answer shows."""
        found = self.of(kind, which)
        return None if found is None else found.value

    def before(self, look: Look[T]) -> Answer[T] | None:
        """The answer that this look would replace."""
        return self.answers.get(look.slot)

    def plus(self, answer: Answer[Any]) -> Looks:
        """With an answer in its slot."""
        return Looks({**self.answers, answer.look.slot: answer})


@dataclass(frozen=True, eq=False)
class Context:
    """What looks are made from.

    ``steps`` and ``seconds`` is how far the run has trained, which may be farther than its newest ``snapshot``;
    ``past`` are earlier snapshots, oldest first; ``looks`` are the answers so far. The rest is shared by the looks of a
    run: ``put`` shows an answer that another look needed on the way.
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
        """The value of another look at the same weights. Its answer is shown, too."""
        making = look.make(self)
        while True:
            try:
                next(making)
            except StopIteration as done:
                value: T = done.value
                self.put(look, value)
                return value
            yield


def whole(value: T) -> Work[T]:
    """The work of a look that was made in one piece."""
    yield from ()
    return value


def _identity(value: Any) -> Hashable:
    """A hashable stand-in: arrays by shape and bytes, dataclasses by their fields."""
    if isinstance(value, np.ndarray):
        return value.shape, value.tobytes()
    if dataclasses.is_dataclass(value):
        return tuple(_identity(getattr(value, each.name)) for each in dataclasses.fields(value))
    return cast(Hashable, value)
