"""``python -m gui`` opens the window, as ``latent-playground`` does."""

from __future__ import annotations

import sys

from core.cli.start import main

sys.exit(main([]))
