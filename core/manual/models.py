"""The pages of models and of sources of data: what each is, what it minimises, and its knobs with their defaults."""

from __future__ import annotations

import sys
from typing import Any

from core.datasets.base import SOURCES
from core.foundation.params import knobs
from core.manual.page import Page, facts, heading, link, paragraphs, table, words
from core.models.base import MODELS
from core.text import addresses


def models() -> Page:
    """Every model."""
    body = "".join(_model(MODELS.get(name)) for name in MODELS.names())
    return Page("models", "Models", "What each model minimises, where it comes from, and its knobs.", body)


def data() -> Page:
    """Every source of images or points."""
    body = "".join(_source(SOURCES.get(name)) for name in SOURCES.names())
    return Page("data", "Data", "Every source of images or points, and its knobs.", body)


def _model(model: Any) -> str:
    chart, config = model.chart, model.Config()
    troubles = [
        f"{link(addresses.of_verdict(trouble), trouble.replace('_', ' '))}: {words(remedy.advice)}"
        for trouble, remedies in model.remedies(config).items()
        for remedy in remedies[:1]
    ]
    return (
        heading(2, model.title, addresses.slug(model.name), model.name)
        + paragraphs(model.summary)
        + facts(
            (
                ("Source", words(_docstring(model))),
                ("In a lane's head", words(model.badge_of(config))),
                ("Curves", words(chart.about)),
                ("Formula", words(f"${chart.formula}$") if chart.formula else ""),
                ("Encoder", "yes" if model.has_encoder else "no"),
                ("Prior over codes", "yes" if model.has_prior else "no"),
                ("Network by itself", words(model.best_network)),
                ("What to try", "<br/>".join(troubles)),
            )
        )
        + _knob_table(model.Config)
    )


def _source(source: Any) -> str:
    return (
        heading(2, source.title, addresses.slug(source.name), source.name)
        + paragraphs(source.summary)
        + facts((("Source", words(_docstring(source))), ("Kind", "points" if source.points else "images")))
        + _knob_table(source.Config)
    )


def _docstring(cls: type) -> str:
    """The first paragraph of the module that defines a class: what it is, and whose paper it follows."""
    text = sys.modules[cls.__module__].__doc__ or ""
    return " ".join(text.strip().partition("\n\n")[0].split())


def _knob_table(config: type) -> str:
    rows = [
        (
            link(addresses.of_knob(knob.name), knob.param.label),
            words(knob.written(knob.default)),
            words(knob.param.unit),
        )
        for knob in knobs(config)
    ]
    return table(("Knob", "Default", "Unit"), rows) if rows else ""
