"""What shells complete, asked of the shells themselves where they are installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from core.cli.completion import SHELLS
from core.cli.main import main
from core.datasets.base import SOURCES
from core.models.base import MODELS

BASH = """
source "$1"; shift
function=$(complete -p latent-playground | sed 's/.*-F \\([^ ]*\\).*/\\1/')
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
$function "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
"""Asks the script $1 for what may follow the other words, the last of which is not finished."""
FISH = "source $argv[1]; complete --do-complete (string join ' ' -- $argv[2..])"
ZSH = """
zmodload zsh/zpty
zpty -b shell zsh -f -i
zpty -w shell "fpath=($1 \\$fpath); autoload -U compinit; compinit -u -D; bindkey '^I' list-choices; print -r 'DO''NE'"
zpty -r shell answer '*DONE*'
zpty -w -n shell "$2"$'\\t'
zpty -r shell answer "*$3*" && print -r found
zpty -d shell
"""
"""Types the words $2 and a Tab in a terminal with the completion of the folder $1; ends when it sees $3."""
PATIENCE_S = 60


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed")


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the script of each shell, under the name that zsh wants."""
    return tmp_path_factory.mktemp("completion")


@pytest.fixture
def script(scripts: Path, shell: str, capsys: pytest.CaptureFixture[str]) -> Path:
    path = scripts / shell / "_latent-playground"
    if not path.exists():
        assert main(["completion", shell]) == 0
        path.parent.mkdir()
        path.write_text(capsys.readouterr().out, "utf-8")
    return path


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def completed(shell: str, script: Path, *words: str) -> list[str]:
    """What bash or fish offers for the last of these words after the program's name, sorted."""
    code = {"bash": BASH, "fish": FISH}[shell]
    name = ("bash",) if shell == "bash" else ()
    said = run(shell, "-c", code, *name, str(script), "latent-playground", *words)
    return sorted(line.partition("\t")[0] for line in said.splitlines() if line)


ASKED = pytest.mark.parametrize("shell", [pytest.param(shell, marks=needs(shell)) for shell in ("bash", "fish")])


@ASKED
def test_commands_and_their_options_are_completed(shell: str, script: Path) -> None:
    assert completed(shell, script, "tr") == ["train"]
    assert completed(shell, script, "train", "--mod") == ["--model"]
    assert completed(shell, script, "data", "check", "--qui") == ["--quick"]
    assert completed(shell, script, "completion", "") == sorted(SHELLS)


@ASKED
def test_models_data_and_the_knobs_of_all_of_them_are_completed(shell: str, script: Path) -> None:
    assert completed(shell, script, "train", "--model", "") == sorted(MODELS.names())
    assert completed(shell, script, "train", "--dataset", "") == sorted(SOURCES.names())
    assert completed(shell, script, "train", "--likelihood", "") == ["bernoulli", "gaussian"]
    assert completed(shell, script, "sweep", "--bet") == ["--beta"]


@pytest.mark.parametrize("shell", [pytest.param("bash", marks=needs("bash"))])
def test_a_folder_is_completed_where_one_is_asked_for(shell: str, script: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    assert completed(shell, script, "evaluate", f"{tmp_path}/r") == [f"{tmp_path}/run"]


@pytest.mark.parametrize("shell", [pytest.param("zsh", marks=needs("zsh"))])
@pytest.mark.parametrize(("words", "offered"), [("tr", "train one model"), ("train --model ", "wgan_gp")])
def test_zsh_offers_them_in_a_terminal(shell: str, script: Path, words: str, offered: str) -> None:
    assert run("zsh", "-f", "-c", ZSH, "zsh", str(script.parent), f"latent-playground {words}", offered) == "found\n"


def test_another_shell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "cmd"]) == 2
    assert "choose from" in capsys.readouterr().err
