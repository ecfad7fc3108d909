"""The manual page: the texts of ``--help``, and nothing that troff stumbles over."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess

import pytest

from core.cli.main import main
from core.cli.man import page
from core.foundation.params import knobs, option_of
from core.models.base import MODELS


@pytest.fixture(scope="module")
def printed() -> dict[str, str]:
    """The page, once it is printed."""
    return {}


@pytest.fixture
def manual(printed: dict[str, str], capsys: pytest.CaptureFixture[str]) -> str:
    if not printed:
        assert main(["man"]) == 0
        printed["page"] = capsys.readouterr().out
    return printed["page"]


def plain(troff: str) -> str:
    return troff.replace("\\-", "-")


def test_every_command_of_the_help_has_its_heading(manual: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--help"])
    commands = re.findall(r"^    ([a-z]+)\s", capsys.readouterr().out, re.MULTILINE)
    assert {"train", "desktop", "completion", "man"} <= set(commands)
    headings = re.findall(r"^\.SS latent-playground (.*)$", plain(manual), re.MULTILINE)
    assert [each for each in headings if " " not in each] == commands


def test_every_knob_of_every_model_is_there(manual: str) -> None:
    entries = re.findall(r"^\.B (--[a-z0-9-]+)", plain(manual), re.MULTILINE)
    wanted = {option_of(knob) for name in MODELS.names() for knob in knobs(MODELS.get(name).Config)}
    assert len(wanted) > 10
    assert wanted <= set(entries)


def test_the_exit_statuses_are_told(manual: str) -> None:
    assert "0 success, 1 failed on the way" in manual.partition(".SH EXIT STATUS")[2]


def test_words_that_troff_would_obey_are_text() -> None:
    parser = argparse.ArgumentParser("a", description="x", epilog='e: .sp 10\\n  \'β "q" 1%', add_help=False)
    assert page(parser).splitlines()[-1] == "\\&.sp 10\\en '\\[u03B2] \\(dqq\\(dq 1%"


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
@pytest.mark.parametrize("width", ["60n", "78n", "200n"])
def test_troff_has_no_warning(manual: str, width: str) -> None:
    command = ["groff", "-man", "-Tutf8", "-ww", f"-rLL={width}"]
    done = subprocess.run(command, input=manual, capture_output=True, text=True, check=True, encoding="utf-8")
    assert done.stderr == ""
    assert "latent-playground train" in re.sub(".\x08", "", done.stdout)  # bold is a letter over itself
