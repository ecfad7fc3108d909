"""What tests of files share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QFileDialog


@pytest.fixture
def folder_dialog(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], None]:
    """Replaces the folder dialog by a fixed answer."""

    def answer(folder: object) -> None:
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder or ""))

    return answer
