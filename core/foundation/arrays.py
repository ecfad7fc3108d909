"""Names for array types. They say what the numbers are; shapes stand in docstrings."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
"""Images in [0, 1], latent codes, z: inputs and outputs of networks."""

Doubles = npt.NDArray[np.float64]
"""Results of calculations: entropies, histories, statistics."""

Pixels = npt.NDArray[np.uint8]
"""Images as bytes, as datasets hold them and screens show them."""

Counts = npt.NDArray[np.int64]
"""Labels, indices, counts."""
