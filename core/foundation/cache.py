"""The folder of what can be made or fetched again: that of the user's cache, or of LATENT_PLAYGROUND_CACHE."""

from __future__ import annotations

import os
from pathlib import Path

CACHE = "LATENT_PLAYGROUND_CACHE"


def cache_folder() -> Path:
    """The folder. It need not exist."""
    chosen = os.environ.get(CACHE)
    if chosen:
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("latent-playground", appauthor=False))
