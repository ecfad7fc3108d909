"""How this program starts itself: as Python with a file of ours, or, in a bundle, as the bundle's own program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from core.foundation import program

ROOT = Path(__file__).parents[3]
FROZEN = "import sys; sys.frozen = True; "


def python(code: str, *words: str) -> str:
    """Run code in a process of its own, and return what it prints."""
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout


def test_the_program_starts_from_any_folder(tmp_path: Path) -> None:
    (tmp_path / "core.py").write_text("raise ImportError('a file of the folder that it was started in')\n")
    words = [*program.PROGRAM, "--version"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("latent-playground")


def test_no_file_of_the_folder_passes_for_a_module(tmp_path: Path) -> None:
    (tmp_path / "core.py").write_text("raise ImportError('a file of the folder that it was started in')\n")
    (tmp_path / "json.py").write_text("raise ImportError('another one')\n")
    (tmp_path / "mine.py").write_text("import json, sys; print(json.dumps(sys.argv[1:]))\n")
    said = subprocess.run(
        [*program.python_file(tmp_path / "mine.py"), "a"], capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(said.stdout) == ["a"]
    done = subprocess.run(
        (*program.module("core.packaging.run_file"), str(tmp_path / "mine.py"), "b"),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(program.ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert json.loads(done.stdout) == ["b"]


def test_a_bundle_starts_itself(tmp_path: Path) -> None:
    code = FROZEN + "from core.foundation.program import *; print(PROGRAM, module('a.b'), python_file(Path('c.py')))"
    me = repr(sys.executable)
    run_file = "'-m', 'core.packaging.run_file', 'c.py'"
    assert python(code) == f"({me},) ({me}, '-m', 'a.b') ({me}, {run_file})\n"


def test_a_bundle_runs_modules_and_files_as_python_does(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import signal, sys; print(__name__, sys.argv[1:], signal.getsignal(15).name)\n")
    start = FROZEN + "from core.cli.start import main; main()"
    said = python(start, "-m", "core.packaging.run_file", str(tmp_path / "mine.py"), "a", "b")
    assert said == "__main__ ['a', 'b'] SIG_DFL\n"


def test_a_bundle_refuses_what_needs_a_python() -> None:
    start = FROZEN + "from core.cli.start import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", start, "faults"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert "install Latent Playground by pip" in done.stderr
