"""What the menu of a picture does with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gui.desk.desk import Desk
from gui.widgets.offer import Act

if TYPE_CHECKING:
    from core.datasets.base import Dataset
    from core.foundation.arrays import Floats


def use_as_input(desk: Desk, data: Dataset, image: Floats | None, what: str) -> Act:
    """Make an image (C, H, W), None where there is none yet, the input of every lane; ``what`` it is, in words."""

    def use() -> None:
        if image is not None:
            desk.chosen.given.emit("own", image)
            desk.told.emit(f"The {what} is the input now.", "note")

    if data.points:
        return Act("Use as input", use, is_enabled=False, why_not="These data are points, not pictures")
    return Act("Use as input", use, is_enabled=image is not None, why_not="" if image is not None else "None yet")
