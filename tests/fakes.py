"""Measures that need no training and no seconds: each reads what a test wrote down for the lane's model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import METRICS, Measured, Metric


def fake(name: str, answers: dict[str, Measured], **facts: Any) -> type[Metric]:
    """Registers a measure that exists for the models in ``answers`` (by name); facts are `Metric`'s class variables."""

    class Fake(Metric):
        title: ClassVar[str] = facts.get("title", name.replace("_", " ").capitalize())
        unit: ClassVar[str] = facts.get("unit", "")
        formula: ClassVar[str] = "f(x) = y"
        help: ClassVar[str] = f"What {name} says."
        source: ClassVar[str] = "A test"
        order: ClassVar[int] = facts.get("order", 500)
        better: ClassVar[int] = facts.get("better", 0)
        decimals: ClassVar[int] = facts.get("decimals", 1)
        of_samples: ClassVar[bool] = facts.get("of_samples", False)
        expensive: ClassVar[bool] = facts.get("expensive", False)
        asked: ClassVar[list[tuple[int, str]]] = []

        @classmethod
        def why_not(cls, model: Any, dataset: Any) -> str:
            return "" if model.name in answers else f"{model.short} has no {name}."

        def measure(self, model_side: ModelSide) -> Work[Measured]:
            self.asked.append((model_side.snapshot.step, model_side.sampler))
            yield
            return answers[model_side.snapshot.model.name]

    return METRICS.register(name)(Fake)


KEPT = ("distortion", "rate", "negative_elbo")


@contextmanager
def fakes(
    *given: tuple[str, dict[str, Measured], dict[str, Any]], kept: tuple[str, ...] = KEPT
) -> Iterator[dict[str, Any]]:
    """These measures and the quick real ones that are kept instead of all others, for as long as a test lasts.

    Make them before the experiment, whose trails have a column for each.
    """
    aside = {name: METRICS.get(name) for name in METRICS.names() if name not in kept}
    for name in aside:
        METRICS.forget(name)
    made = {name: fake(name, answers, **facts) for name, answers, facts in given}
    try:
        yield made
    finally:
        for name in made:
            METRICS.forget(name)
        for name, metric in aside.items():
            METRICS.register(name)(metric)


NEAR = {
    "ae": Measured(514.0, 500.0, 528.0, n=2500, against=2500, floor=3.2),
    "vae": Measured(240.0, 225.0, 255.0, n=2500, against=2500, floor=3.2),
    "gan": Measured(232.0, 220.0, 244.0, n=2500, against=2500, floor=3.2),
}
SHARE = {"ae": Measured(29.6, n=100), "vae": Measured(32.1, n=100), "gan": Measured(15.4, n=100)}
