"""Licences of this program, and of the libraries, data and fonts that come with it."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path

from core.foundation.version import version

CHECKOUT = Path(__file__).parents[2]
"""The folder of a checkout, which holds LICENSE; an installed program has it in its metadata."""
SHIPPED = (
    ("Inter, Regular to Bold", "font", "OFL-1.1", "fonts/OFL.txt"),
    ("MNIST", "data", "CC-BY-SA-3.0", "data/mnist/LICENCE.txt"),
)
"""What lies in ``assets`` and is not ours: name, kind, licence, and the file of its text."""
LONGEST = 60
"""A licence field longer than this is the text of the licence, not its name."""


@dataclass(frozen=True)
class Licence:
    """Whose it is, its kind ("program", "library", "font", "data"), version or "", and name of the licence."""

    name: str
    kind: str
    version: str
    licence: str
    read: Callable[[], str]
    """Returns the whole text, or a sentence where it is not there."""


def licences() -> list[Licence]:
    """The program first, then fonts and data, then libraries by name."""
    ours = Licence("Latent Playground", "program", version(), "MIT", _own_text)
    shipped = [Licence(name, kind, "", licence, partial(_asset_text, place)) for name, kind, licence, place in SHIPPED]
    return [ours, *shipped, *_libraries()]


def _libraries() -> Iterator[Licence]:
    for name in sorted(_required(), key=str.lower):
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        yield Licence(name, "library", found.version, _licence_of(found), partial(_library_text, name))


def _required() -> set[str]:
    """Names of the packages this program needs, and of those they need in turn."""
    found: dict[str, str] = {}  # by the name that the index compares by
    waiting = ["latent-playground"]
    while waiting:
        try:
            lines = importlib.metadata.requires(waiting.pop()) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        for line in lines:
            match = re.match(r"[A-Za-z0-9._-]+", line)
            if match and "extra ==" not in line and (key := re.sub(r"[-_.]+", "-", match[0]).lower()) not in found:
                found[key] = match[0]
                waiting.append(match[0])
    return set(found.values())


def _licence_of(package: importlib.metadata.Distribution) -> str:
    """The name of a package's licence, by whichever of three fields says it."""
    fields = package.metadata
    for field in ("License-Expression", "License"):
        value = str((fields.get_all(field) or [""])[0])
        if value and "\n" not in value and (field == "License-Expression" or len(value) <= LONGEST):
            return value
    kinds = [each for each in fields.get_all("Classifier") or [] if each.startswith("License ::")]
    return ", ".join(each.rpartition(":: ")[2] for each in kinds) or "see its text"


def _library_text(name: str) -> str:
    """The texts that a package brings, the shortest path first: that is its own, the others are of its parts."""
    names = re.compile(r"(LICEN[CS]E|COPYING|NOTICE)", re.IGNORECASE)
    package = importlib.metadata.distribution(name)
    paths = [path for path in package.files or [] if ".dist-info" in str(path) and names.search(path.name)]
    texts = []
    for path in sorted(paths, key=lambda path: (len(path.parts), str(path))):
        try:
            texts.append(f"{path.name}\n\n{path.read_text('utf-8')}")
        except (OSError, UnicodeDecodeError):
            continue
    return "\n\n".join(texts) or f"{name} brings no text of its licence; its name is {_licence_of(package)}."


def _asset_text(place: str) -> str:
    try:
        return files("assets").joinpath(*place.split("/")).read_text("utf-8")
    except OSError as error:
        return f"The text is missing ({error.strerror}); install the program again."


def _own_text() -> str:
    beside = CHECKOUT / "LICENSE"
    if beside.is_file():
        return beside.read_text("utf-8")
    return _library_text("latent-playground")
