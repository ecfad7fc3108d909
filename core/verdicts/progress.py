"""Verdicts on progress: memorising the training images, getting worse, still improving, or done."""

from __future__ import annotations

import dataclasses
import math
import re
from dataclasses import dataclass

import numpy as np

from core.foundation.arrays import Doubles
from core.verdicts.base import Action, Case, Verdict, number, with_remedy

COPIES = 90.0
"""The memorisation measure from which samples count as copies, %; unseen images read 50."""
COPIES_LOW = 80.0
"""The lower end of its interval from which they do, %."""
GAP = 0.25
"""Distortion on test images less that on training images, as a share of what the code is worth on training images. 300
digits reach it within 500 steps; 60,000 read 0.00 to 0.08 over the first 6,000 (MNIST, default lanes, measured)."""
FIRST_TREND = 1_000
"""First step at which a trend is computed."""
LEAST_ROWS = 6
"""Fewest values that make a trend."""
STILL = 0.02
"""A lane still improves where the last doubling of the steps gained more, as a share of what the code is worth. Losses
fall about evenly in log(steps), so the next doubling rarely brings more. A VAE on MNIST reads 0.09 from step 3,000 to
6,000 (measured)."""
DONE = 0.01
"""A lane is done where the last doubling gained less."""
WORSE = 0.02
"""A lane gets worse where the last doubling lost more."""
SIGNIFICANT = 2.0
"""Standard errors by which a trend must differ from zero."""
STILL_FD = 0.10
"""`STILL` for Proxy-FD, as a share of its mean: it is noisy, and never reaches zero."""
DONE_FD = 0.03
"""`DONE` for Proxy-FD."""
WORSE_FD = 0.15
"""`WORSE` for Proxy-FD."""


@dataclass(frozen=True)
class Trend:
    """How a quantity moved over the last doubling of the steps.

    ``slope`` per doubling (< 0 is better) with its standard ``error``; ``first`` and ``last`` steps; the ``mean``.
    """

    slope: float
    error: float
    first: float
    last: float
    mean: float

    @property
    def rises(self) -> bool:
        """Whether it grows significantly."""
        return self.slope > SIGNIFICANT * self.error


def trend(steps: Doubles, values: Doubles, since: float) -> Trend | None:
    """The least-squares line through the last doubling's values over log2(steps), from the step ``since`` on.

    None where they are too few, or where ``since`` leaves too little of that doubling.
    """
    if not len(steps) or steps[-1] < FIRST_TREND:
        return None
    chosen = (steps >= max(steps[-1] / 2, since)) & np.isfinite(values)
    x, y = np.log2(steps[chosen] / steps[-1]), values[chosen]
    if len(x) < LEAST_ROWS or x[0] > -0.7 or (x > -0.5).sum() < LEAST_ROWS // 2:
        return None
    centred = x - x.mean()
    slope = float(centred @ y / (centred @ centred))
    residuals = y - y.mean() - slope * centred
    error = math.sqrt(float(residuals @ residuals) / (len(x) - 2) / float(centred @ centred))
    return Trend(slope, error, float(steps[chosen][0]), float(steps[-1]), float(y.mean()))


def _test_objective(case: Case) -> tuple[str, Doubles, Doubles] | None:
    """The lane's objective on test images: its name, steps (N,) and values (N,).

    With the present β and free bits, so only values since their last change are those of one objective.
    """
    tests = case.view.tests
    if not len(tests):
        return None
    steps, distortion, rate = (tests.column(name) for name in ("step", "distortion", "rate_paid"))
    if not np.isfinite(rate).all():
        return "distortion" + (" of clean images" if case.model.corrupts else ""), steps, distortion
    weight = case.rate_weight
    name = "−ELBO" if weight.value == 1 and not weight.free else f"D + {weight.value:g}·R"
    note = " (R with its free bits)" if weight.free else ""
    return name + note, steps, distortion + weight.value * rate


def memorisation(case: Case) -> Verdict | None:
    """Training images are memorised, by the measure, or by how much better they are reconstructed than test images."""
    measured = case.measure("memorisation")
    if measured is not None and measured.sampler != "codes" and case.fresh(measured.step):  # those are reconstructions
        sure = math.isnan(measured.low) or measured.low > COPIES_LOW
        if sure and case.above("memorisation", measured.value, COPIES):
            return _memorises(
                case,
                f"The draws resemble training images more than unseen ones: {number(measured.value, 0)} %, where unseen"
                " images read 50 %.",
                f"A warning above {COPIES:.0f} % with the lower end of the interval above {COPIES_LOW:.0f} %.",
            )
    if case.model.corrupts:  # it is trained on corrupted images, and tested on clean ones
        return None
    test, at = case.view.tests.last("distortion"), case.view.tests.last("step")
    if test is None or at is None or not case.fresh(int(at)):
        return None
    train = case.recent("distortion", until=at)
    if train is None:
        return None
    worth, gap = case.worth(train), test - train
    if not case.above("memorisation", gap / worth, GAP):
        return None
    return _memorises(
        case,
        f"Test images cost {number(gap)} nats more than training images: {100 * gap / worth:.0f} % of what the code is"
        " worth on those.",
        f"A warning when that gap in distortion exceeds {100 * GAP:.0f} % of what the code saves on training images"
        " against the mean image alone. Default lanes on MNIST read 0 to 8 %.",
    )


def _memorises(case: Case, sentence: str, rule: str) -> Verdict:
    """The verdict; its remedy is narrower layers where they are wide."""
    verdict = Verdict("memorisation", "warn", "Memorises", sentence, rule)
    widths = [int(width) for width in re.findall(r"\d+", case.config.hidden)]
    narrower = ", ".join(str(max(16, width // 4)) for width in widths)
    if widths and max(widths) >= 64:
        return dataclasses.replace(
            verdict,
            remedy="Train on more images, or begin again with narrower layers, which can keep fewer.",
            action=Action(f"Begin again with layers {narrower}", "knob", "hidden", narrower),
        )
    return dataclasses.replace(verdict, remedy="Train on more images, or stop earlier.")


def progress(case: Case) -> Verdict | None:
    """One of: getting worse, still improving, stop now. By held-out images, or by Proxy-FD for a GAN."""
    objective = _test_objective(case)
    if objective is not None:
        name, steps, values = objective
        tests, worth = trend(steps, values, case.since), case.worth(float(values[-1]))
        if tests is None or not case.fresh(int(tests.last)):
            return None
        return _verdict_of(case, tests, name, "nats", worth, (STILL, DONE, WORSE))
    measures = case.view.measures
    if measures is None or "proxy_fd" not in measures.trail.names:
        return None
    distances = trend(measures.trail.column("step"), measures.trail.column("proxy_fd"), case.since)
    if distances is None or distances.mean <= 0 or not case.fresh(int(distances.last)):
        return None
    return _verdict_of(case, distances, "Proxy-FD", "", distances.mean, (STILL_FD, DONE_FD, WORSE_FD))


def _verdict_of(
    case: Case, moves: Trend, name: str, unit: str, worth: float, limits: tuple[float, float, float]
) -> Verdict | None:
    """The verdict on a trend, whose slope is compared with ``limits`` (still, done, worse) as a share of ``worth``."""
    still, done, worse = limits
    gain, error = -moves.slope / worth, moves.error / worth
    share = f" ({number(100 * abs(gain))} % of what the code is worth)" if unit else f" ({100 * abs(gain):.0f} %)"
    share = share if abs(gain) < 1 else ""
    change = f"{number(abs(moves.slope), 1 if abs(moves.slope) >= 1 else 2)}{' ' + unit if unit else ''}{share}"
    span = f"From step {moves.first:,.0f} to {moves.last:,.0f}"
    scale = "of what the code saves against the mean image alone" if unit else "of its mean"
    how = f"By a line through {name}{' on test images' if unit else ''} over the last doubling of the steps: "
    pause = Action("Pause this lane", "pause") if case.view.status.state == "training" else None
    if moves.rises and case.above("getting_worse", -gain, worse):
        return _getting_worse(
            case,
            f"{span}, {name} rose by {change}.",
            f"{how}a warning when it rises by more than {100 * worse:.0f} % {scale}, and more than {SIGNIFICANT:g}"
            " standard errors.",
            pause,
        )
    if case.above("still_improving", gain, still) and gain > SIGNIFICANT * error:
        return Verdict(
            "still_improving",
            "good",
            "Still improving",
            f"{span}, {name} fell by {change}.",
            f"{how}it falls by more than {100 * still:.0f} % {scale}. Losses fall about evenly in log(steps).",
            "Train on: twice the steps may bring about as much again.",
        )
    if case.below("stop_now", gain, done) and gain + error < still:
        verb = "fell" if gain >= 0 else "rose"
        return Verdict(
            "stop_now",
            "note",
            "Stop now",
            f"{span}, {name} {verb} by only {change}.",
            f"{how}it falls by less than {100 * done:.0f} % {scale}.",
            "Stop here: twice the steps will hardly bring more.",
            pause,
        )
    return None


def _getting_worse(case: Case, sentence: str, rule: str, pause: Action | None) -> Verdict:
    verdict = Verdict("getting_worse", "warn", "Getting worse", sentence, rule)
    history = case.view.history
    comparable = "distortion" in history.names and not case.model.corrupts
    if comparable and case.view.tests.last("step") is not None:
        steps, distortion = history.column("step"), history.column("distortion")
        late = distortion[steps >= steps[-1] / 2]
        middle = len(late) // 2
        if middle and late[:middle].mean() > late[middle:].mean():
            return dataclasses.replace(
                verdict,
                word="Overfitting",
                sentence=sentence[:-1] + ", while training images are still reconstructed better and better.",
                remedy="Stop here: from now on it learns the training images, not what they have in common.",
                action=pause,
            )
    return with_remedy(verdict, case.remedies("getting_worse"), "Take smaller steps.")
