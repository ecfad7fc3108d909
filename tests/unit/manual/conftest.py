"""The manual, made once for all its tests."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import pytest


@functools.cache
def _built() -> Mapping[str, bytes]:
    from core.cli.main import _parser
    from core.manual import site
    from gui.shell import listed_commands

    return site.build(_parser(("manual",)), listed_commands.listed(), listed_commands.HANDS)


@pytest.fixture
def built() -> Mapping[str, bytes]:
    """Every file of the manual by its name."""
    return _built()
