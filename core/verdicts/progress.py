"""Verdicts about time: memorising the training images, getting worse, still improving, or done."""

from __future__ import annotations

import dataclasses
import math
import re
from dataclasses import dataclass

import numpy as np

from core.foundation.arrays import Doubles
from core.verdicts.base import FIRST_STEP, Action, Case, Verdict, number, recent, with_remedy

COPIES, SURELY = 90.0, 80.0
"""Per cent of the memorisation measure, and of the lower end of its interval; unseen images read 50."""
GAP = 0.25
"""Of what the code is worth on training images. 300 digits reach it within 500 steps; 60,000 read 0.00 to 0.08 over the
first 6,000 (MNIST, default lanes, measured)."""
FIRST_TREND = 1_000
LEAST_ROWS = 6
STILL, DONE = 0.02, 0.01
"""Of what the code is worth, gained by the last doubling of the steps. Losses fall about evenly in log(steps), so the
next doubling rarely brings more. A VAE on MNIST reads 0.09 from step 3,000 to 6,000 (measured)."""
WORSE = 0.02
SIGNIFICANT = 2.0
"""Standard errors."""
MOVED = 3.0
"""A trend is judged after so many times the steps that β takes to its full weight: within a doubling it stands."""
STILL_FD, DONE_FD, WORSE_FD = 0.10, 0.03, 0.15
"""The same of Proxy-FD, as a share of itself: it is noisy, and never reaches zero."""


@dataclass(frozen=True)
class Trend:
    """How a quantity moved over the last doubling of the steps: nats per doubling (< 0 is better), and its error."""

    slope: float
    error: float
    first: float
    last: float
    mean: float

    @property
    def rises(self) -> bool:
        """Beyond doubt."""
        return self.slope > SIGNIFICANT * self.error


def trend(steps: Doubles, values: Doubles) -> Trend | None:
    """A straight line through the values of the last doubling over log2(steps); None where there are too few."""
    if not len(steps) or steps[-1] < FIRST_TREND:
        return None
    chosen = (steps >= steps[-1] / 2) & np.isfinite(values)
    x, y = np.log2(steps[chosen] / steps[-1]), values[chosen]
    if len(x) < LEAST_ROWS or x[0] > -0.7 or (x > -0.5).sum() < LEAST_ROWS // 2:
        return None
    centred = x - x.mean()
    slope = float(centred @ y / (centred @ centred))
    rest = y - y.mean() - slope * centred
    error = math.sqrt(float(rest @ rest) / (len(x) - 2) / float(centred @ centred))
    return Trend(slope, error, float(steps[chosen][0]), float(steps[-1]), float(y.mean()))


def _tested(case: Case) -> tuple[str, Doubles, Doubles] | None:
    """What the lane minimises, on test images: its name, steps (N,) and values (N,)."""
    tests = case.view.tests
    if not len(tests):
        return None
    steps, distortion, rate = (tests.column(name) for name in ("step", "distortion", "rate"))
    if not np.isfinite(rate).all():
        return "distortion", steps, distortion
    beta = case.rate_weight.value
    return ("−ELBO" if beta == 1 else f"D + {beta:g}·R"), steps, distortion + beta * rate


def memorisation(case: Case) -> Verdict | None:
    """Training images known by heart: by the measure, or by how much better they are reconstructed than others."""
    found = case.measure("memorisation")
    if found is not None and case.fresh(found.step):
        sure = math.isnan(found.low) or found.low > SURELY
        if sure and case.above("memorisation", found.value, COPIES):
            return _narrower(
                case,
                f"The draws resemble training images more than unseen ones: {number(found.value, 0)} %, where unseen"
                " images read 50 %.",
                f"A warning above {COPIES:.0f} % with the lower end of the interval above {SURELY:.0f} %.",
            )
    test, at = case.view.tests.last("distortion"), case.view.tests.last("step")
    if test is None or at is None or not case.fresh(int(at)):
        return None
    train = recent(case.view.history, "distortion", until=at)
    if train is None:
        return None
    worth, gap = case.worth(train), test - train
    if not case.above("memorisation", gap / worth, GAP):
        return None
    return _narrower(
        case,
        f"Test images cost {number(gap)} nats more than training images: {100 * gap / worth:.0f} % of what the code is"
        " worth on those.",
        f"A warning when that gap in distortion exceeds {100 * GAP:.0f} % of what the code saves on training images"
        f" against the mean image alone. Default lanes on MNIST read 0 to 8 %. Not before step {FIRST_STEP}.",
    )


def _narrower(case: Case, sentence: str, rule: str) -> Verdict:
    made = Verdict("memorisation", "warn", "Memorises", sentence, rule)
    widths = [int(width) for width in re.findall(r"\d+", case.config.hidden)]
    small = ", ".join(str(max(16, width // 4)) for width in widths)
    if widths and max(widths) >= 64:
        return dataclasses.replace(
            made,
            remedy="Train on more images, or begin again with narrower layers, which can keep fewer.",
            action=Action(f"Begin again with layers {small}", "knob", "hidden", small),
        )
    return dataclasses.replace(made, remedy="Train on more images, or stop earlier.")


def progress(case: Case) -> Verdict | None:
    """One of: getting worse, still improving, stop now. By held-out images, or by Proxy-FD for a GAN."""
    if case.step < MOVED * case.rate_weight.fixed_from:
        return None  # the weights of the terms moved within the last doubling
    tested = _tested(case)
    if tested is not None:
        name, steps, values = tested
        found, worth = trend(steps, values), case.worth(float(values[-1]))
        if found is None or not case.fresh(int(found.last)):
            return None
        return _judged(case, found, name, "nats", worth, (STILL, DONE, WORSE))
    measures = case.view.measures
    if measures is None or "proxy_fd" not in measures.trail.names:
        return None
    found = trend(measures.trail.column("step"), measures.trail.column("proxy_fd"))
    if found is None or found.mean <= 0 or not case.fresh(int(found.last)):
        return None
    return _judged(case, found, "Proxy-FD", "", found.mean, (STILL_FD, DONE_FD, WORSE_FD))


def _judged(
    case: Case, found: Trend, name: str, unit: str, worth: float, limits: tuple[float, float, float]
) -> Verdict | None:
    still, done, worse = limits
    gain, error = -found.slope / worth, found.error / worth
    of = f" ({number(100 * abs(gain))} % of what the code is worth)" if unit else f" ({100 * abs(gain):.0f} %)"
    of = of if abs(gain) < 1 else ""
    moved = f"{number(abs(found.slope), 1 if abs(found.slope) >= 1 else 2)}{' ' + unit if unit else ''}{of}"
    span = f"From step {found.first:,.0f} to {found.last:,.0f}"
    scale = "of what the code saves against the mean image alone" if unit else "of its mean"
    how = f"By a line through {name}{' on test images' if unit else ''} over the last doubling of the steps: "
    pause = Action("Pause this lane", "pause") if case.view.status.state == "training" else None
    if found.rises and case.above("getting_worse", -gain, worse):
        return _getting_worse(
            case,
            f"{span}, {name} rose by {moved}.",
            f"{how}a warning when it rises by more than {100 * worse:.0f} % {scale}, and more than {SIGNIFICANT:g}"
            " standard errors.",
            pause,
        )
    if case.above("still_improving", gain, still) and gain > SIGNIFICANT * error:
        return Verdict(
            "still_improving",
            "good",
            "Still improving",
            f"{span}, {name} fell by {moved}.",
            f"{how}it falls by more than {100 * still:.0f} % {scale}. Losses fall about evenly in log(steps).",
            "Train on: twice the steps may bring about as much again.",
        )
    if case.below("stop_now", gain, done) and gain + error < still:
        change = "fell" if gain >= 0 else "rose"
        return Verdict(
            "stop_now",
            "note",
            "Stop now",
            f"{span}, {name} {change} by only {moved}.",
            f"{how}it falls by less than {100 * done:.0f} % {scale}.",
            "Stop here: twice the steps will hardly bring more.",
            pause,
        )
    return None


def _getting_worse(case: Case, sentence: str, rule: str, pause: Action | None) -> Verdict:
    made = Verdict("getting_worse", "warn", "Getting worse", sentence, rule)
    history = case.view.history
    if "distortion" in history.names and case.view.tests.last("step") is not None:
        steps, distortion = history.column("step"), history.column("distortion")
        late = distortion[steps >= steps[-1] / 2]
        middle = len(late) // 2
        if middle and late[:middle].mean() > late[middle:].mean():
            return dataclasses.replace(
                made,
                word="Overfitting",
                sentence=sentence[:-1] + ", while training images are still reconstructed better and better.",
                remedy="Stop here: from now on it learns the training images, not what they have in common.",
                action=pause,
            )
    return with_remedy(made, case.remedies("getting_worse"), "Take smaller steps.")
