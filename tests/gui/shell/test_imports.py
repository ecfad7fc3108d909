"""The effect of PySide6 on later imports."""

from __future__ import annotations

import subprocess
import sys


def test_modules_imported_after_qt_are_not_read_as_text() -> None:
    code = (
        "import linecache, gui, PySide6.QtWidgets, fractions; from PySide6.QtCore import QObject\n"
        "print(PySide6.__version__, any(name.endswith('fractions.py') for name in linecache.cache), QObject() is None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split()[1:] == ["False", "False"], done
