"""The handwritten digits that scikit-learn brings: 1,797 of 8 × 8 pixels. Alpaydin and Kaynak 1998, by way of UCI."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from core.datasets.base import DataError, Dataset, Images, Report, Source, SourceConfig, register
from core.datasets.split import image_hashes, stratified_split
from core.readers.csv_images import read_csv
from core.readers.data_file import data_files
from core.readers.layout import Range, to_bytes

ENLARGED = 4
"""Each pixel becomes a block of so many by so many: 8 × 8 are 32 × 32, and nothing is made up in between."""
TEST_SHARE = 0.2

_GREYS = Range(0, 16, "0 to 16")
_WAY_OUT = "install scikit-learn again"


@register("digits")
class Digits(Source):
    """Pixels (N, 1, 32, 32), 1,438 to train on and 359 to test on; labels are the digits 0 to 9.

    The file is read where it lies: importing scikit-learn for it would take a second.
    """

    title = "Digits"
    summary = "1,797 handwritten digits of scikit-learn, 8 × 8, enlarged to 32 × 32, grey"
    order = 35

    def load(self, config: SourceConfig, report: Report) -> Dataset:
        """Read scikit-learn's file. `DataError` if the installation is broken."""
        spec = find_spec("sklearn")
        if spec is None or not spec.submodule_search_locations:
            raise DataError(f"scikit-learn is not found: {_WAY_OUT}")
        path = Path(spec.submodule_search_locations[0]) / "datasets" / "data" / "digits.csv.gz"
        if not path.is_file():
            raise DataError(f"{path} is missing: {_WAY_OUT}")
        table = read_csv(data_files(path)[0], lambda share: report(0.9 * share))
        if table.labels is None or table.pixels.shape[1] != 64:
            raise DataError(f"{path} does not hold the digits of 8 × 8 pixels: {_WAY_OUT}")
        small = to_bytes(table.pixels.reshape(-1, 1, 8, 8), _GREYS, lambda share: None)
        pixels = small.repeat(ENLARGED, axis=2).repeat(ENLARGED, axis=3)
        labels = table.labels.astype(np.int64)
        hashes = image_hashes(pixels, lambda share: report(0.9 + 0.1 * share))
        is_test = stratified_split(hashes, labels, TEST_SHARE, 0)
        train, test = (Images(pixels[i], labels[i]) for i in (~is_test, is_test))
        origin = {
            "source": "UCI's Optical Recognition of Handwritten Digits, the test set, as scikit-learn brings it",
            "licence": "CC BY 4.0",
            "split": f"{100 * TEST_SHARE:.0f} % of each class, always the same",
        }
        return Dataset(self.name, self.title, train, test, tuple("0123456789"), origin=origin)
