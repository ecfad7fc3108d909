"""Sentences about images, said of points of a plane."""

from __future__ import annotations

import re

_IMAGE = re.compile(r"\b(?:(an?) )?(image|picture|pixel)(s?)\b", re.IGNORECASE)
_POINT = {"image": "point", "picture": "point", "pixel": "coordinate"}


def of_points(text: str) -> str:
    """``text`` with "point" for "image" and "picture", and "coordinate" for "pixel", as whole words."""
    return _IMAGE.sub(_said, text)


def _said(found: re.Match[str]) -> str:
    article, noun, plural = found.groups()
    word = _POINT[noun.lower()] + plural
    word = word.capitalize() if noun[0].isupper() else word
    return word if article is None else f"{article[0]} {word}"
