"""What commands do before they import Qt, and what they say where it cannot be imported."""

from __future__ import annotations

import os
import sys


def torch_before_qt() -> None:
    """Import torch on Windows, where it must be loaded before Qt (pytorch#166628); the window starts sooner without."""
    if sys.platform == "win32":
        import torch  # noqa: F401


def offscreen_where_no_display() -> None:
    """Let Qt draw without a display where there is none."""
    from core.cli.doctor import qt_platform

    if qt_platform(sys.platform, os.environ) is None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"


def why_missing(error: ImportError) -> str:
    """One sentence: what could not be imported, and who names what is missing."""
    return f"the window cannot be loaded ({error}); 'latent-playground doctor' names what is missing"
