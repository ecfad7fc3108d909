"""The window of Latent Playground. No torch in here."""

import sys
from types import ModuleType

import core as core  # before numpy: it decides how many threads numpy may take

if sys.argv[:1] == ["-m"]:  # python -m gui: a Ctrl-C amid these imports must end it quietly
    from core.cli import start as start


def _uses_no_features(module: ModuleType) -> bool:
    return False


def _import_without_reading_sources() -> None:
    """PySide6 reads and keeps the source text of every module that is imported after it, to see whether the module
    asks for ``__feature__`` (PYSIDE-2029). Nobody here does: without it PyTorch loads 0.2 s faster and 40 MB smaller.
    On Windows PyTorch comes before Qt anyway.
    """
    import PySide6.QtCore  # noqa: F401  # brings shibokensupport

    try:
        from shibokensupport import feature
    except ImportError:  # another PySide6 may keep it elsewhere; then imports are a little slower
        return
    if hasattr(feature, "_mod_uses_pyside"):
        feature._mod_uses_pyside = _uses_no_features


if sys.platform != "win32":
    _import_without_reading_sources()
