"""Lessons: one Markdown file each in ``assets/lessons``, which a teacher writes without code.

A file begins with a recipe between two lines of ``+++`` (TOML): title, heading of the lecture, data, setup and lanes.
Pages begin with ``##``. On a page, fenced blocks say what happens there, in order:

    ```train      steps = 400 (``short``: how many in the test)
    ```set        vae.beta = 10
    ```measure    name = "after", what = ["rate", "vae.distortion", "train.d_loss", "data.pixels"]
    ```ask        question, choices with a condition ``when`` on what was measured; where a choice is wrong, its ``why``
                  says why not to who took it; where it is right, its ``because`` gives everybody the reason
    ```show       tab = "latent", page = "holes" (of the Information tab), card = "walk" (of that page),
                  sampler = "raw", lane = "vae", point = [0, 0]

Formulas are LaTeX between dollars (`core.text.formulas`), ``$\\p{p} \\log \\q{q}$`` in a line and ``$$…$$`` on their
own.

`core.lessons.reader` reads them, `core.lessons.walkthrough` goes through one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.foundation.params import KnobValue
from core.foundation.user_error import UserError

DATA = "data"
TRAIN = "train"
TABS = ("lineup", "latent", "compare", "information")
MINUTES = (1, 10)
"""How long a lesson may take: one that takes longer is not gone through to its end."""
PAGES = ("entropy", "elbo", "reparameterization", "holes", "generate", "lenses", "slow motion")
"""Of the Information tab."""


class LessonError(UserError):
    """A lesson file that cannot be used. One sentence: file, line, reason, way out."""


@dataclass(frozen=True)
class Lane:
    """A lane of the recipe: a model and its knobs, by a name of its own where two lanes have the same model."""

    name: str
    model: str
    knobs: Mapping[str, KnobValue]


@dataclass(frozen=True)
class Recipe:
    """What a lesson sets up. ``short`` are other knobs of data and setup, under which the answers still follow."""

    dataset: str
    data: Mapping[str, KnobValue]
    setup: Mapping[str, KnobValue]
    lanes: tuple[Lane, ...]
    short_data: Mapping[str, KnobValue] = field(default_factory=dict)
    short_setup: Mapping[str, KnobValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Train:
    """Train every lane for so many steps more, then rest."""

    line: int
    steps: int
    short: int


@dataclass(frozen=True)
class SetKnob:
    """Turn a live knob of a lane."""

    line: int
    lane: str
    knob: str
    value: KnobValue


@dataclass(frozen=True)
class Measure:
    """Measure things and keep them as ``name``.thing; ``things`` are (lane, measure), lane "" for every lane."""

    line: int
    name: str
    things: tuple[tuple[str, str], ...]
    sampler: str = "prior"


@dataclass(frozen=True)
class Choice:
    """An answer. It is right where ``when`` holds ("": where no other does).

    ``why`` tells who chose it and is wrong why not; ``because`` is the reason where it is right, told to everybody.
    """

    text: str
    when: str
    why: str
    because: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """All that is said of it."""
        return self.text, self.why, self.because


@dataclass(frozen=True)
class Ask:
    """A question, answered before the numbers are there. ``told`` says what was measured, in {places}."""

    line: int
    question: str
    choices: tuple[Choice, ...]
    told: str = ""


@dataclass(frozen=True)
class Show:
    """Turn to something in the window; None leaves it. ``card`` is one of a page: it is scrolled to."""

    line: int
    tab: str | None = None
    page: str | None = None
    sampler: str | None = None
    lane: str | None = None
    point: tuple[float, ...] | None = None
    card: str | None = None


Step = Train | SetKnob | Measure | Ask | Show


@dataclass(frozen=True)
class Page:
    """One idea: a title, Markdown, and what happens."""

    title: str
    text: str
    steps: tuple[Step, ...]
    line: int

    @property
    def ask(self) -> Ask | None:
        """The question of the page."""
        return next((step for step in self.steps if isinstance(step, Ask)), None)


@dataclass(frozen=True)
class Lesson:
    """A lesson; ``trouble`` is why it cannot be used, else ""."""

    name: str
    number: int
    title: str
    heading: str
    minutes: int = 3
    recipe: Recipe | None = None
    pages: tuple[Page, ...] = ()
    trouble: str = ""


def things_of(step: Measure, recipe: Recipe) -> tuple[tuple[str, str], ...]:
    """(owner, thing) of all that a step measures: owner a lane or "data", thing a measure or "train.column"."""
    found: list[tuple[str, str]] = []
    for lane, thing in step.things:
        owner, _, rest = lane.partition(".")
        whole = f"{TRAIN}.{thing}" if TRAIN in (owner, rest) else thing
        if owner == DATA:
            found.append((DATA, thing))
        elif owner in ("", TRAIN):
            found += [(each.name, whole) for each in recipe.lanes]
        else:
            found.append((owner, whole))
    return tuple(found)


def keys(step: Measure, recipe: Recipe) -> tuple[str, ...]:
    """The names under which a step's numbers are known: "after.vae.rate", and "after.rate" where one lane has it."""
    every = things_of(step, recipe)
    owners: dict[str, set[str]] = {}
    for owner, thing in every:
        owners.setdefault(thing.removeprefix(f"{TRAIN}."), set()).add(owner)
    found = []
    for owner, thing in every:
        short = thing.removeprefix(f"{TRAIN}.")
        found.append(f"{step.name}.{owner}.{short}")
        if len(owners[short]) == 1:
            found.append(f"{step.name}.{short}")
    return tuple(found)
