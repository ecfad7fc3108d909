"""``python -m gui`` opens the window."""

from __future__ import annotations

import sys

from gui.app import main

sys.exit(main(sys.argv[1:]))
