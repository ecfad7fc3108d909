"""The page of file formats: the text beside the code that writes them, and their JSON schemas as tables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

from core.manual import markdown
from core.manual.page import Page, heading, table, words

SCHEMAS = ("run_folder.schema.json", "document.schema.json")


def page() -> Page:
    """What is on disk: runs, experiments, and every field of their JSON."""
    folder = files("core.engine")
    text = folder.joinpath("README.md").read_text("utf-8").partition("\n")[2]
    for name in SCHEMAS:
        text = text.replace(f"({name})", f"(#{_anchor(name)})")
    body = markdown.html(text) + "".join(
        _schema(name, json.loads(folder.joinpath(name).read_text("utf-8"))) for name in SCHEMAS
    )
    return Page(
        "formats", "Files", "What stands on disk: run folders, experiments, and every field of their JSON.", body
    )


def _anchor(name: str) -> str:
    return name.replace(".schema.json", "").replace("_", "-")


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    rows = [tuple(map(words, row)) for row in _fields(schema, "")]
    rows += [
        tuple(map(words, row)) for each, part in schema.get("$defs", {}).items() for row in _whole(part, f"<{each}>")
    ]
    title = str(schema.get("title", name))
    return heading(2, f"Fields of {title}", _anchor(name)) + table(("Field", "Type", "What it is"), rows)


def _whole(part: Mapping[str, Any], name: str) -> Iterator[tuple[str, str, str]]:
    yield name, _kind(part), str(part.get("description", ""))
    yield from _fields(part, f"{name}.")


def _fields(part: Mapping[str, Any], before: str) -> Iterator[tuple[str, str, str]]:
    """(path, type, meaning) of every property within a schema."""
    required = set(part.get("required", ()))
    for name, inner in part.get("properties", {}).items():
        note = "" if name in required else "may be missing"
        meaning = "; ".join(each for each in (str(inner.get("description", "")), note) if each)
        yield f"{before}{name}", _kind(inner), meaning
        yield from _fields(inner, f"{before}{name}.")
        if isinstance(inner.get("items"), dict):
            yield from _fields(inner["items"], f"{before}{name}[].")


def _kind(part: Mapping[str, Any]) -> str:
    """The type of a field in words, with its bounds."""
    if "$ref" in part:
        return f"<{re.sub('^.*/', '', str(part['$ref']))}>"
    if "const" in part:
        return json.dumps(part["const"], ensure_ascii=False)
    if "enum" in part:
        return " | ".join(json.dumps(each, ensure_ascii=False) for each in part["enum"])
    for several in ("anyOf", "oneOf"):
        if several in part:
            return " or ".join(_kind(each) for each in part[several])
    kind = part.get("type", "any")
    name = " or ".join(kind) if isinstance(kind, list) else str(kind)
    if isinstance(part.get("items"), dict):
        name += f" of {_kind(part['items'])}"
    ends = [str(part[end]) for end in ("minimum", "maximum") if end in part]
    return (
        f"{name}, {' to '.join(ends)}" if len(ends) == 2 else f"{name}, from {ends[0]}" if "minimum" in part else name
    )
