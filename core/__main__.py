"""``python -m core`` is the command line, as ``latent-playground`` is."""

from __future__ import annotations

import sys

from core.cli.start import main

sys.exit(main())
