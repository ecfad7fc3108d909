"""Names for the arrays that everything passes around: what their numbers are, never their shape."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
"""Images in [0, 1], codes, z: whatever comes from or goes to a network."""

Doubles = npt.NDArray[np.float64]
"""Whatever is computed with: entropies, histories, statistics."""

Pixels = npt.NDArray[np.uint8]
"""Images as bytes: what data hold and screens show."""

Counts = npt.NDArray[np.int64]
"""Labels, indices, how many."""
