"""Cartoon faces with seventeen known factors, drawn in colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt

from core.datasets.base import Dataset, Images, Report, Source, SourceConfig, register
from core.datasets.facepaint import STYLES, paint_faces
from core.foundation.params import Param

FACTORS: dict[str, tuple[float, float]] = {
    "hair style": (0, len(STYLES)),  # whole numbers below the end
    "glasses": (0, 1),  # one or none
    "hair colour": (0, 1),  # black, brown, red, blond, white
    "skin": (0, 1),  # light to dark
    "background": (0, 1),  # hue, red to violet
    "shirt": (0, 1),  # the same
    "head width": (-1, 1),
    "jaw": (0, 1),  # broad to pointed
    "turn": (-1, 1),  # to the left, to the right
    "smile": (-1, 1),  # sad to happy
    "mouth open": (0, 1),
    "eye size": (-1, 1),
    "eye opening": (0, 1),
    "gaze x": (-1, 1),
    "gaze y": (-1, 1),
    "brow height": (-1, 1),
    "brow tilt": (-1, 1),  # worried to angry
}
"""Range of each factor, in the order of the columns."""

_GLASSES_SHARE = 0.25
"""Share of faces with glasses."""
_BATCH = 128


@dataclass(frozen=True)
class FacesConfig(SourceConfig):
    """The knobs of `Faces`."""

    train_images: Annotated[
        int,
        Param("Training images", 1_000, 60_000, scale="log", help="How many are drawn; a tenth more are the test."),
    ] = 20_000
    data_seed: Annotated[int, Param("Data seed", 0, 999_999, help="Another seed draws other faces.")] = 0


@register("faces")
class Faces(Source[FacesConfig]):
    """Pixels (N, 3, 32, 32), RGB; labels are hair styles; factors (N, 17) in the order and ranges of ``FACTORS``."""

    title = "Faces"
    summary = "cartoon faces with known factors, 32 × 32, colour"
    order = 20

    Config = FacesConfig

    def load(self, config: FacesConfig, report: Report) -> Dataset:
        """Draw the faces (2 s for 20,000): training and test faces from random streams of their own."""
        train_count, test_count = config.train_images, config.train_images // 10
        total = train_count + test_count
        train = _draw(train_count, (config.data_seed, 0), lambda done: report(done / total))
        test = _draw(test_count, (config.data_seed, 1), lambda done: report((train_count + done) / total))
        origin = {"source": "drawn by Latent Playground", "seed": config.data_seed}
        return Dataset(self.name, self.title, train, test, STYLES, tuple(FACTORS), origin)


def draw_factors(count: int, random: np.random.Generator) -> npt.NDArray[np.float32]:
    """Independent random factors (N, 17)."""
    low, high = np.array(list(FACTORS.values()), np.float32).T
    factors = random.uniform(low, high, (count, len(FACTORS))).astype(np.float32)
    factors[:, 0] = random.integers(0, len(STYLES), count)
    factors[:, 1] = random.uniform(0, 1, count) < _GLASSES_SHARE
    return factors


def _draw(count: int, seed: tuple[int, int], report: Report) -> Images:
    """``count`` random faces; ``report`` gets the number of those done."""
    factors = draw_factors(count, np.random.default_rng(seed))
    labels = factors[:, 0].astype(np.int64)
    pixels = np.empty((count, 3, 32, 32), np.uint8)
    order = np.argsort(labels, kind="stable")  # one hair style at a time
    done = 0
    for style in range(len(STYLES)):
        members = order[labels[order] == style]
        for start in range(0, len(members), _BATCH):
            batch = members[start : start + _BATCH]
            columns = {name: factors[batch, i] for i, name in enumerate(FACTORS)}
            pixels[batch] = paint_faces(STYLES[style], columns)
            done += len(batch)
            report(done)
    return Images(pixels, labels, factors)
