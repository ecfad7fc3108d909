"""Widths that lanes keep wherever they stand side by side."""

GAP = 8
"""Space between two lanes, px."""
PADDING = 8
"""Space at either edge of the page, px."""
LANE_MINIMUM = 240
"""Smallest width of a lane, px at text size 1."""
