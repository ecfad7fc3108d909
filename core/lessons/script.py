"""Lessons: one Markdown file each in ``assets/lessons``, written without code.

A file begins with a recipe between two lines of ``+++`` (TOML): title, heading of the lecture, data, setup and lanes.
Pages begin with ``##``. On a page, fenced blocks say what happens there, in order:

    ```train      steps = 400 (``short``: how many in the test)
    ```set        vae.beta = 10
    ```measure    name = "after", what = ["rate", "vae.distortion", "train.d_loss", "data.pixels"]
    ```ask        question, choices with a condition ``when`` on measured values; the ``why`` of a wrong choice is
                  shown to whoever took it, the ``because`` of the right one to everybody
    ```show       tab = "latent", page = "holes" (of the Information tab), card = "walk" (of that page),
                  sampler = "raw", lane = "vae", point = [0, 0]

Formulas are LaTeX between dollars (`core.text.formulas`), ``$\\p{p} \\log \\q{q}$`` in a line and ``$$…$$`` on their
own.

`core.lessons.reader` parses them, `core.lessons.walkthrough` runs one.
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
"""Shortest and longest lesson, minutes: people do not finish longer ones."""
PAGES = ("entropy", "elbo", "reparameterization", "holes", "generate", "lenses", "slow motion")
"""Pages of the Information tab."""


class LessonError(UserError):
    """A lesson file that cannot be used. One sentence: file, line, reason, remedy."""


@dataclass(frozen=True)
class Lane:
    """A lane of the recipe: a model and its knobs. ``name`` is the model's unless two lanes share a model."""

    name: str
    model: str
    knobs: Mapping[str, KnobValue]


@dataclass(frozen=True)
class Recipe:
    """What a lesson sets up. ``short_…`` are knobs for a quick run, with which the answers must stay the same."""

    dataset: str
    data: Mapping[str, KnobValue]
    setup: Mapping[str, KnobValue]
    lanes: tuple[Lane, ...]
    short_data: Mapping[str, KnobValue] = field(default_factory=dict)
    short_setup: Mapping[str, KnobValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Train:
    """Train every lane for ``steps`` more steps (``short`` in a quick run), then pause."""

    line: int
    steps: int
    short: int


@dataclass(frozen=True)
class SetKnob:
    """Change a live knob of a lane."""

    line: int
    lane: str
    knob: str
    value: KnobValue


@dataclass(frozen=True)
class Measure:
    """Measure ``things``, (lane, measure) with lane "" for every lane, and store the values as ``name``.measure."""

    line: int
    name: str
    things: tuple[tuple[str, str], ...]
    sampler: str = "prior"


@dataclass(frozen=True)
class Choice:
    """A choice of answer, right where ``when`` holds ("": where no other does).

    ``why`` explains to whoever chose it why it is wrong; ``because`` is the reason where it is right, for everybody.
    """

    text: str
    when: str
    why: str
    because: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """All its texts."""
        return self.text, self.why, self.because


@dataclass(frozen=True)
class Ask:
    """A question, answered before the values are measured. ``told`` reports them, in {placeholders}."""

    line: int
    question: str
    choices: tuple[Choice, ...]
    told: str = ""


@dataclass(frozen=True)
class Show:
    """Show something in the window; None leaves that part as it is. ``card`` of a page is scrolled to."""

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
    """One idea: a title, Markdown, and steps."""

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
    """(owner, thing) of all that a step measures: owner is a lane or "data", thing a measure or "train.column"."""
    things: list[tuple[str, str]] = []
    for lane, thing in step.things:
        owner, _, rest = lane.partition(".")
        full_name = f"{TRAIN}.{thing}" if TRAIN in (owner, rest) else thing
        if owner == DATA:
            things.append((DATA, thing))
        elif owner in ("", TRAIN):
            things += [(each.name, full_name) for each in recipe.lanes]
        else:
            things.append((owner, full_name))
    return tuple(things)


def keys(step: Measure, recipe: Recipe) -> tuple[str, ...]:
    """Names of a step's values: "after.vae.rate", and "after.rate" where only one lane has it."""
    every = things_of(step, recipe)
    owners: dict[str, set[str]] = {}
    for owner, thing in every:
        owners.setdefault(thing.removeprefix(f"{TRAIN}."), set()).add(owner)
    names = []
    for owner, thing in every:
        short = thing.removeprefix(f"{TRAIN}.")
        names.append(f"{step.name}.{owner}.{short}")
        if len(owners[short]) == 1:
            names.append(f"{step.name}.{short}")
    return tuple(names)
