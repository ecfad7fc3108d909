"""Verdicts: sentences computed from measures, each with the rule it follows and what to try.

`judge` is a pure function of a view. A verdict is a rule in one of the files here: a function of a `Case` that returns
a `Verdict` or None, named in `RULES`. Rules read what is always live (the history, tests on held-out images, the cloud,
the codes, the pictures on screen) and, where they are on, the measures. Runs that failed have said so themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.verdicts import adversarial, latent_codes, progress
from core.verdicts.base import FIRST_STEP, WEIGHT, Action, Case, Tone, Verdict

if TYPE_CHECKING:
    from core.datasets.base import Dataset
    from core.engine.board import View
    from core.models.base import Model, TrainConfig

__all__ = ["FIRST_STEP", "PARTS", "RULES", "Action", "Tone", "Verdict", "judge"]

RULES = (
    latent_codes.posterior_collapse,
    adversarial.discriminator_won,
    adversarial.mode_collapse,
    adversarial.generator_won,
    progress.memorisation,
    latent_codes.over_regularised,
    latent_codes.holes,
    progress.progress,
)
PARTS = ("history", "tests", "latent_codes", "training_codes", "samples", "measures", "config")
"""The parts of a view that rules read: while they stay, so do the verdicts. Of the status, the step and the state."""


def judge(
    view: View, model: type[Model], dataset: Dataset, config: TrainConfig, before: tuple[Verdict, ...] = ()
) -> tuple[Verdict, ...]:
    """What is to be said of a run, the weightiest first; ``before`` is what was said of it last time.

    ``dataset`` and ``config`` are those it trains with. Nothing before step `FIRST_STEP`, nor of a run that failed.
    """
    if view.status.step < FIRST_STEP or view.status.failure is not None:
        return ()
    case = Case(view, model, dataset, config, {verdict.name: verdict for verdict in before})
    found = [verdict for rule in RULES if (verdict := rule(case)) is not None]
    return tuple(sorted(found, key=lambda verdict: WEIGHT[verdict.tone]))
