"""The colours of a report by role, on white and on black: those of the window's two themes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from core.engine.lane_names import MOST_LANES

LIGHT: Mapping[str, str] = {
    "page": "#FFFFFF",
    "panel": "#F6F7F9",
    "grid": "#E5E8EC",
    "line": "#D5DAE0",
    "text": "#15181C",
    "text-2": "#414953",
    "text-3": "#555D68",
    "good": "#076E55",
    "note": "#414953",
    "warn": "#7A5600",
    "error": "#B3261E",
    "lane-1": "#A6590A",
    "lane-2": "#0069BA",
    "lane-3": "#93286E",
    "lane-4": "#4C4B12",
    "lane-5": "#0C7A6B",
}
DARK: Mapping[str, str] = {
    "page": "#0E1012",
    "panel": "#181B1F",
    "grid": "#202429",
    "line": "#2B3037",
    "text": "#ECEEF1",
    "text-2": "#B4BBC5",
    "text-3": "#929AA5",
    "good": "#3ECF9B",
    "note": "#B4BBC5",
    "warn": "#F2C94C",
    "error": "#FF7A70",
    "lane-1": "#F0882E",
    "lane-2": "#479FF8",
    "lane-3": "#F58BB2",
    "lane-4": "#DDDD60",
    "lane-5": "#62E3DE",
}


def lane_role(slot: int) -> str:
    """The role of a lane's colour."""
    return f"lane-{slot % MOST_LANES + 1}"


def variable(role: str) -> str:
    """A colour as drawings name it: a variable of the page they stand on."""
    return f"var(--{role})"


def with_colors(drawing: str, colors: Mapping[str, str]) -> str:
    """A drawing with colours in the place of variables, for readers that know none."""
    return re.sub(r"var\(--([a-z0-9-]+)\)", lambda match: colors[match[1]], drawing)
