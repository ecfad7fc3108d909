"""A registry that nothing else knows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.foundation import extensions
from tests.unit.foundation.house import House


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    before = set(sys.modules)
    made = House(tmp_path)
    monkeypatch.setenv(extensions.DATA, str(tmp_path / "data"))
    monkeypatch.syspath_prepend(str(made.site))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setattr(extensions, "_folders", {})
    yield made
    for name in set(sys.modules) - before:
        if name.split(".")[0] in ("house", extensions.PACKAGE, "shop"):
            del sys.modules[name]
