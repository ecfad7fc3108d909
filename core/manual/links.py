"""Dead links of a manual: targets that are no page, no picture, or no anchor on their page."""

from __future__ import annotations

import posixpath
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit

_TARGETS = ("href", "src", "srcset")


def dead(made: Mapping[str, bytes]) -> list[str]:
    """``page: target`` of every dead link. Pages are parsed strictly: `ParseError` where one is not well-formed."""
    pages = {name: ElementTree.fromstring(content) for name, content in made.items() if name.endswith(".html")}
    anchors = {name: {each.get("id") for each in page.iter()} for name, page in pages.items()}
    return [
        f"{name}: {target}"
        for name, page in pages.items()
        for target in _targets(page)
        if not _is_alive(name, target, made, anchors)
    ]


def _targets(page: ElementTree.Element) -> Iterator[str]:
    for each in page.iter():
        yield from (each.attrib[kind] for kind in _TARGETS if kind in each.attrib)


def _is_alive(page: str, target: str, made: Mapping[str, bytes], anchors: Mapping[str, set[str | None]]) -> bool:
    """Whether a target within the manual exists. Others are dead too: the manual needs no network."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return False
    file = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(parts.path))) if parts.path else page
    if file not in made:
        return False
    return not parts.fragment or unquote(parts.fragment) in anchors.get(file, set())
