"""The page of measures: what each says, its formula, unit, direction and source, and how it is computed."""

from __future__ import annotations

import sys

from core.evaluation.samplers import SAMPLERS
from core.manual.page import Page, facts, heading, items, paragraphs, words
from core.metrics.base import METRICS, Metric
from core.text import addresses

BETTER = {-1: "lower is better", 0: "neither high nor low is better", 1: "higher is better"}


def page() -> Page:
    """Every measure, then the samplers of z on which some depend."""
    body = "".join(_measure(METRICS.get(name)) for name in METRICS.names())
    body += heading(2, "Where z comes from", "samplers")
    body += paragraphs("A measure of samples depends on how their codes are drawn; the names are those of --sampler.")
    body += items(
        f"<strong>{words(each.title)}</strong> <code>{each.name}</code>: {words(each.help)}" for each in SAMPLERS
    )
    about = "What every measure says, its formula, its direction, its source, and how it is computed."
    return Page("measures", "Measures", about, body)


def _measure(metric: type[Metric]) -> str:
    module = sys.modules[metric.__module__].__doc__ or ""
    seen = "images drawn from codes, see below" if metric.of_samples else "the data and the codes"
    return (
        heading(2, metric.title, addresses.slug(metric.name), metric.name)
        + paragraphs(metric.help)
        + words(f"$${metric.formula}$$")
        + facts(
            (
                ("Unit", words(metric.unit or "none")),
                ("Direction", BETTER[metric.better]),
                ("Computed from", seen),
                ("Cost", "more than a second: measured last" if metric.expensive else "less than about a second"),
                ("Source", words(metric.source)),
            )
        )
        + paragraphs(module)
    )
