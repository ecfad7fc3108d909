"""Which drawings a sweep has: a plane, measures against knobs, and parallel coordinates, for each data set alone.

Data sets have scales of their own: digits lie near 100 nats, faces near 1,700.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.exports.document import Block, Drawing, Words
from core.models.base import MODELS
from core.sweeps import knob_plot, parallel, plane_plot
from core.sweeps.groups import Group, groups, title_of_name
from core.sweeps.outcome import Outcome
from core.sweeps.series import main_knob, varying
from core.sweeps.tables import measure_names

MOST_PANELS = 120
"""Charts of a measure against a knob in a report, at most."""
FEWEST_PANELS = 12
"""As many there are, however large the sweep is."""
MOST_DOTS = 100_000
"""Runs in all charts against knobs together, about: what a browser opens within a second."""
MOST_DATA = 12
"""Data sets with parallel coordinates, at most."""


def by_data(outcomes: Sequence[Outcome]) -> dict[str, tuple[Outcome, ...]]:
    """The outcomes by the name of their data set, in the order of the plan."""
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.run.dataset, []).append(outcome)
    return {name: tuple(each) for name, each in found.items()}


def planes(outcomes: Sequence[Outcome]) -> Iterator[Block]:
    """A plane a data set; and why there is none, or which models are not on it, in a sentence."""
    drawn = [plane_plot.plane(groups(each), title_of_name("dataset", name)) for name, each in by_data(outcomes).items()]
    yield from (drawing for drawing in drawn if drawing is not None)
    without = dict.fromkeys(outcome.run.model for outcome in outcomes if MODELS.get(outcome.run.model).no_rate)
    reasons = {MODELS.get(name).no_rate: MODELS.get(name).short for name in without}
    if any(drawn):
        yield from (Words(f"{short} is not on the plane. {reason}") for reason, short in reasons.items())
    elif len(without) == len({outcome.run.model for outcome in outcomes}):
        yield Words(f"There is no rate–distortion plane. {' '.join(reasons)}")
    else:
        yield Words("There is no rate–distortion plane: no run has both rate and distortion.")


def against_knobs(outcomes: Sequence[Outcome]) -> Iterator[Block]:
    """Every measure against every knob that varies, as far as a report has room; the rest is counted."""
    wanted = [
        (groups(each), knob, measures, title_of_name("dataset", name))
        for name, each in by_data(outcomes).items()
        for knob in _knobs(groups(each))
        if (measures := _several(each))
    ]
    if not wanted:
        yield Words(
            "Nothing varies but the seed, or no measure has two values: there is nothing to plot against knobs."
        )
        return
    panels = max(FEWEST_PANELS, min(MOST_PANELS, MOST_DOTS // max(1, len(outcomes))))
    each_most = max(2, panels // len(wanted))
    left_out = 0
    for index, (settings, knob, measures, title) in enumerate(wanted):
        shown = measures[:each_most] if index < panels // 2 else ()
        left_out += len(measures) - len(shown)
        if shown:
            yield knob_plot.against(settings, knob, shown, title)
    if left_out:
        yield Words(f"{left_out:,} more charts would not fit; the numbers of all are in sweep.csv.")


def parallels(outcomes: Sequence[Outcome]) -> Iterator[Drawing]:
    """Parallel coordinates of each data set."""
    for name, each in list(by_data(outcomes).items())[:MOST_DATA]:
        drawing = parallel.parallel(each, varying(groups(each)), measure_names(each), title_of_name("dataset", name))
        if drawing is not None:
            yield drawing


def _knobs(settings: Sequence[Group]) -> list[str]:
    """What varies on a data set, the knob of the plane first."""
    main = main_knob(settings)
    return sorted(varying(settings), key=lambda name: name != main)


def _several(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """Measures with a finite value of two runs at least."""
    done = [outcome for outcome in outcomes if outcome.state == "done"]
    return tuple(
        name for name in measure_names(done) if sum(outcome.value(name) == outcome.value(name) for outcome in done) > 1
    )
