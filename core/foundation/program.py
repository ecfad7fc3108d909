"""How another process of this program is started, from a checkout, from site-packages or from a bundle."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
"""Folder that holds ``core``, ``gui`` and ``assets``."""
START = ROOT / "core" / "cli" / "start.py"
IS_BUNDLE = bool(getattr(sys, "frozen", False))
"""Whether this is a bundle (``core/packaging/bundle.spec``), whose ``sys.executable`` is the program, not Python."""
PROGRAM = (sys.executable,) if IS_BUNDLE else (sys.executable, "-S", "-P", str(START))
"""The command line of this program."""


def python_file(path: Path) -> tuple[str, ...]:
    """The command that runs a Python file. -P: no file beside it may pass for a module."""
    return (*module("core.packaging.run_file"), str(path)) if IS_BUNDLE else (sys.executable, "-P", str(path))


def module(name: str) -> tuple[str, ...]:
    """The command that runs one of our modules, where PYTHONPATH names `ROOT`. -P: as in `python_file`."""
    return (sys.executable, "-m", name) if IS_BUNDLE else (sys.executable, "-P", "-m", name)
