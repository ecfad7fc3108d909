"""Which data can be chosen: those of the program, points of a plane, sources of the user's own, and recent files."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.foundation.quoted import name_of
from core.foundation.user_error import UserError
from gui.desk.settings import Settings
from gui.files.data_cards import Offer

if TYPE_CHECKING:
    from core.datasets.base import Source, SourceConfig
    from core.readers.catalogue import RemoteSet

BUNDLED, PLANE, MINE, RECENT = "Images of the program", "Points of a plane", "My own", "Recent files and folders"
MORE = "Get more"
"""Titles of the groups."""
MOST_RECENT = 8
_KEY = "recent data"


def asks_for(source: type[Source], name: str) -> bool:
    """Whether a source has a knob of that name: ``data``, a place to read from, or ``strokes``, a drawing."""
    from core.foundation.params import knobs

    return name in {knob.name for knob in knobs(source.Config)}


def offers(settings: Settings, present: tuple[str, SourceConfig] | None) -> list[Offer]:
    """All data that can be chosen without naming a file, the recent files, and what can be fetched.

    ``present``, the source and config of the data that are trained on, keeps its knobs.
    """
    from core.datasets.base import SOURCES

    found: list[Offer] = []
    for entry in SOURCES.entries():
        if entry.why_broken:
            found.append(Offer(MINE, entry.name, entry.title, entry.why_broken, None, entry.why_broken))
            continue
        source = SOURCES.get(entry.name)
        if asks_for(source, "data"):
            continue
        config = present[1] if present is not None and present[0] == entry.name else source.Config()
        found.append(Offer(_group(source), entry.name, source.title, source.summary, config))
    found += published_offers(present)
    order = [BUNDLED, PLANE, MINE, MORE]
    return recent_offers(settings) + sorted(found, key=lambda offer: order.index(offer.group))


def _group(source: type[Source]) -> str:
    if not source.__module__.startswith("core.datasets.") or asks_for(source, "strokes"):
        return MINE
    return PLANE if source.points else BUNDLED


def published_offers(present: tuple[str, SourceConfig] | None) -> list[Offer]:
    """The published data sets: those that are here as images of the program, the others as what can be fetched."""
    from core.readers.catalogue import CATALOGUE
    from core.readers.downloads import is_fetched

    return [
        fetched_offer(remote, present)
        if is_fetched(remote)
        else Offer(MORE, remote.name, remote.title, remote.summary, None, remote=remote)
        for remote in CATALOGUE.values()
    ]


def fetched_offer(remote: RemoteSet, present: tuple[str, SourceConfig] | None = None) -> Offer:
    """A published set whose files are here."""
    from core.datasets.arrays import ArraysConfig
    from core.readers.downloads import folder_of

    config: SourceConfig = ArraysConfig(str(folder_of(remote)))
    if present is not None and isinstance(present[1], ArraysConfig) and present[1].data == str(folder_of(remote)):
        config = present[1]
    return Offer(BUNDLED, "arrays", remote.title, remote.summary, config)


def recent_offers(settings: Settings) -> list[Offer]:
    """The files and folders that were used, the latest first. What is stored is checked like any input."""
    from core.datasets.base import SOURCES
    from core.foundation.params import from_json

    found = []
    for entry in settings.read(_KEY, []):
        try:
            name, knobs = str(entry["name"]), dict(entry["knobs"])
            place = str(knobs["data"])
            config = from_json(SOURCES.get(name).Config, knobs)
        except (UserError, KeyError, TypeError, ValueError):  # of another version, or written by hand
            continue
        found.append(Offer(RECENT, name, name_of(place), place, config))
    return found[:MOST_RECENT]


def remember(settings: Settings, name: str, knobs: Mapping[str, Any]) -> None:
    """Put a file or folder first among the recent ones; published sets have their cards anyway."""
    from core.readers.catalogue import CATALOGUE
    from core.readers.downloads import folder_of

    if not knobs.get("data") or any(knobs["data"] == str(folder_of(remote)) for remote in CATALOGUE.values()):
        return
    before: Sequence[Any] = settings.read(_KEY, [])
    others = [each for each in before if not _is_of(each, str(knobs["data"]))]
    settings.write(_KEY, [{"name": name, "knobs": dict(knobs)}, *others][:MOST_RECENT])


def _is_of(entry: Any, place: str) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("knobs"), dict) and entry["knobs"].get("data") == place


@functools.cache
def file_filter() -> str:
    """The kinds of files that the dialog for a file shows."""
    from core.datasets.first_look import FILE_ENDINGS

    endings = " ".join(f"*{ending}" for ending in FILE_ENDINGS)
    return f"Archives, arrays and tables ({endings});;All files (*)"
