"""The program without a command, which prints "open" when its window has lanes: for those who attack it from outside.

``python -m gui.bench.announced [OPTIONS]``
"""

from __future__ import annotations

import sys
from typing import Any
from unittest.mock import patch

from core.cli import start
from gui.shell.window import MainWindow


def main() -> int:
    """Run the program; returns its exit status."""
    open_quietly = MainWindow.open

    def open_and_tell(window: MainWindow, *parts: Any) -> None:
        open_quietly(window, *parts)
        print("open", flush=True)

    with patch.object(MainWindow, "open", open_and_tell):
        return start.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
