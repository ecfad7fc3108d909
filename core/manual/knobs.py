"""The page of knobs: every `Param` of the setup, of every model and of every source of data."""

from __future__ import annotations

from dataclasses import dataclass

from core.datasets.base import SOURCES
from core.foundation.number_words import significant
from core.foundation.params import Knob, Param, knobs, option_of
from core.manual.page import Page, facts, heading, link, paragraphs, words
from core.models.base import MODELS
from core.text import addresses
from core.training.setup import Setup


@dataclass(frozen=True)
class Owner:
    """What has a knob: its title and its place in the manual, "" for the setup of an experiment."""

    title: str
    address: str
    part: str


def page() -> Page:
    """Every knob once, by its name; where several owners describe it differently, each description."""
    owned: dict[str, list[tuple[Owner, Knob]]] = {}
    for owner, config in _configs():
        for knob in knobs(config):
            owned.setdefault(knob.name, []).append((owner, knob))
    body, part = "", ""
    for name, uses in owned.items():
        if uses[0][0].part != part:
            part = uses[0][0].part
            body += heading(2, part, f"part-{addresses.slug(part)}")
        body += _entry(name, uses)
    about = "What every knob means, its range, unit and default, and when a change applies."
    return Page("knobs", "Knobs", about, body)


def _configs() -> list[tuple[Owner, type]]:
    models = [MODELS.get(name) for name in MODELS.names()]
    sources = [SOURCES.get(name) for name in SOURCES.names()]
    return [
        (Owner("every run", "", "Of an experiment"), Setup),
        *((Owner(each.title, addresses.of_model(each.name), "Of models"), each.Config) for each in models),
        *((Owner(each.title, addresses.of_data(each.name), "Of data"), each.Config) for each in sources),
    ]


def _entry(name: str, uses: list[tuple[Owner, Knob]]) -> str:
    meanings: dict[Param, list[tuple[Owner, Knob]]] = {}
    for owner, knob in uses:
        meanings.setdefault(knob.param, []).append((owner, knob))
    text = heading(3, uses[0][1].param.label, addresses.slug(name), option_of(uses[0][1]))
    for param, shared in meanings.items():
        of = ", ".join(link(owner.address, owner.title) if owner.address else owner.title for owner, _ in shared)
        title = f"<p><strong>{words(param.label)}</strong></p>\n" if len(meanings) > 1 else ""
        text += title + paragraphs(param.help or f"{param.label}.") + _facts(param, shared, of)
    return text


def _facts(param: Param, shared: list[tuple[Owner, Knob]], of: str) -> str:
    defaults: dict[str, list[str]] = {}
    for owner, knob in shared:
        defaults.setdefault(knob.written(knob.default) or "empty", []).append(owner.title)
    default = next(iter(defaults))
    if len(defaults) > 1:
        default = "; ".join(f"{value} ({', '.join(titles)})" for value, titles in defaults.items())
    waits = ""
    if param.when is not None:
        waits = f"{param.when[0].replace('_', ' ')} is {' or '.join(param.when[1])}"
    return facts(
        (
            ("Of", of),
            ("Range", words(_range(param, shared[0][1]))),
            ("Unit", words(param.unit)),
            ("Default", words(default)),
            ("Presets", words(" · ".join(significant(each) for each in param.presets))),
            ("Formula", words(f"${param.formula}$") if param.formula else ""),
            ("A change", "applies at once" if param.live else "needs a restart"),
            ("Only where", words(waits)),
        )
    )


def _range(param: Param, knob: Knob) -> str:
    if param.choices:
        return ", ".join(param.choices)
    if knob.kind is bool:
        return "on, off"
    if knob.kind is str:
        return f"text, like {param.example}" if param.example else "text"
    low, high = ("any" if each is None else significant(each, 10) for each in (param.low, param.high))
    meant = "".join(f"; {significant(value)} is “{word}”" for value, word in param.words)
    return f"{low} to {high}{', logarithmic' if param.scale == 'log' else ''}{meant}"
