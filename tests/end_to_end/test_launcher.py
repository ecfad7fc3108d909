"""The script `playground`, with a stub in the place of Python: quick, and without the network.

The stub makes a `.venv` whose programs write down how they were called.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.cli.doctor import qt_platform

ROOT = Path(__file__).parents[2]
TOOLS = ("sh", "cat", "cksum", "cp", "id", "mkdir", "readlink", "rm", "sed", "uname")

PYTHON = r"""#!/bin/sh
if [ "$1 $2 ${3##*/}" = "-S -P start.py" ]; then shift 3; exec "$STUBS/program" "$@"; fi
echo "${0##*/} $*" >>"$STUBS/log"
answer() { cat "$STUBS/$1" 2>/dev/null || echo 0; }
case "$*" in
    -V) echo "Python $(answer version)" ;;
    *'sys.version_info <'*) exit "$(answer too-old)" ;;
    *ensurepip*) exit "$(answer no-venv)" ;;
    *'-venv" %'*) echo python3.12-venv ;;
    '-m venv '*) mkdir -p "$3/bin" && cp "$STUBS/python3" "$3/bin/python" ;;
    '-m pip '*) exit "$(answer pip-status)" ;;
    '-m '*) exit "$(answer "$2-status")" ;;
esac
"""

PROGRAM = r"""#!/bin/sh
echo "program $*" >>"$STUBS/log"
pwd >"$STUBS/cwd"
for word in "$@"; do printf '<%s>' "$word"; done
if [ -e "$STUBS/stays" ]; then exec sleep 60; fi
exit "$(cat "$STUBS/program-status" 2>/dev/null || echo 0)"
"""

pytestmark = pytest.mark.skipif(shutil.which("sh") is None, reason="a script for systems with a shell")


class Machine:
    """A checkout in a folder with spaces, and a PATH that holds nothing but what we put there."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a check out"
        self.home = folder / "elsewhere"
        self.stubs = folder / "stubs"
        for each in (self.root / "core/cli", self.home, self.stubs):
            each.mkdir(parents=True)
        for tool in TOOLS:
            (self.stubs / tool).symlink_to(shutil.which(tool) or tool)
        for name in ("playground", "pyproject.toml", "core/cli/doctor.py"):
            shutil.copy(ROOT / name, self.root / name)
        self.script("python3", PYTHON)
        self.script("program", PROGRAM)
        self.libraries("libGL.so.1", everything=True)
        self.environment = {"PATH": str(self.stubs), "STUBS": str(self.stubs)}

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    def script(self, name: str, text: str) -> None:
        path = self.stubs / name
        path.write_text(text)
        path.chmod(0o755)

    def say(self, name: str, answer: int | str) -> None:
        (self.stubs / name).write_text(f"{answer}\n")

    def libraries(self, *names: str, everything: bool = False) -> None:
        """What ldconfig lists: these names, or all that the doctor's table asks for."""
        if everything:
            doctor = (self.root / "core" / "cli" / "doctor.py").read_text()
            table = doctor.partition('LIBRARIES = """')[2].partition('"""')[0]
            names = tuple(line.split()[1] for line in table.strip().splitlines())
        kinds = ("libc6,x86-64", "libc6,AArch64", "libc6")
        lines = "".join(f"\t{name} ({kind}) => /lib/{name}\n" for name in names for kind in kinds)
        self.script("ldconfig", f"#!/bin/sh\ncat <<'END'\n{lines}END\n")

    def play(self, *words: str, script: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(script or self.root / "playground"), *words],
            cwd=self.home,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )

    def log(self) -> list[str]:
        """The calls so far; the next call starts a new list."""
        path = self.stubs / "log"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def ready(machine: Machine) -> Machine:
    """A machine where the set-up is done."""
    assert machine.play("train").returncode == 0
    machine.log()
    return machine


def test_first_use_sets_up_and_passes_everything_on(machine: Machine) -> None:
    machine.say("program-status", 7)
    done = machine.play("train", "--out", "a  b", "*", "")
    assert done.returncode == 7
    assert done.stdout == "<train><--out><a  b><*><>"  # the set-up speaks on standard error
    assert Path((machine.stubs / "cwd").read_text().strip()) == machine.home
    calls = machine.log()
    assert any("-m venv" in call for call in calls)
    assert next(call for call in calls if "-m pip" in call).endswith("--editable .")


def test_later_starts_run_nothing_but_the_program(ready: Machine) -> None:
    assert ready.play("sample", "x").stdout == "<sample><x>"
    assert ready.log() == ["program sample x"]


def test_a_later_start_costs_little(ready: Machine) -> None:
    times = []
    for _ in range(5):
        start = time.perf_counter()
        ready.play("doctor")
        times.append(time.perf_counter() - start)
    assert min(times) < 0.3


def test_through_a_symbolic_link(ready: Machine, tmp_path: Path) -> None:
    (tmp_path / "bin dir").mkdir()
    (tmp_path / "bin dir" / "one").symlink_to(ready.root / "playground")
    (tmp_path / "bin dir" / "two").symlink_to("one")
    assert ready.play("train", script=tmp_path / "bin dir" / "two").stdout == "<train>"


def test_a_changed_project_file_is_installed_once(ready: Machine) -> None:
    with (ready.root / "pyproject.toml").open("a") as file:
        file.write("# changed\n")
    ready.play("train")
    calls = ready.log()
    assert any("-m pip install" in call for call in calls)
    assert not any("-m venv" in call for call in calls)
    ready.play("train")
    assert ready.log() == ["program train"]


def test_a_moved_checkout_is_installed_again(ready: Machine, tmp_path: Path) -> None:
    ready.root = ready.root.rename(tmp_path / "moved away")
    assert ready.play("train").returncode == 0
    assert any("-m pip install" in call for call in ready.log())


def test_a_python_that_went_away_is_replaced(ready: Machine) -> None:
    (ready.venv / "bin" / "python").unlink()
    assert ready.play("train").returncode == 0
    assert any("-m venv" in call for call in ready.log())


def test_a_failed_set_up_never_looks_finished(machine: Machine) -> None:
    machine.say("pip-status", 1)
    done = machine.play("train")
    assert done.returncode == 1
    assert "set-up failed" in done.stderr
    assert done.stdout == ""
    (machine.venv / "half").touch()
    machine.say("pip-status", 0)
    assert machine.play("train").stdout == "<train>"
    assert not (machine.venv / "half").exists()


def test_a_failed_update_keeps_what_worked(ready: Machine) -> None:
    (ready.root / "pyproject.toml").write_text("changed")
    ready.say("pip-status", 1)
    assert ready.play("train").returncode == 1
    (ready.venv / "whole").touch()
    ready.say("pip-status", 0)
    assert ready.play("train").returncode == 0
    assert (ready.venv / "whole").exists()


def test_an_interrupted_set_up_starts_afresh(machine: Machine) -> None:
    machine.script("python3", PYTHON.replace("'-m pip '*)", "'-m pip '*) kill -INT 0;"))
    done = subprocess.Popen(
        [str(machine.root / "playground"), "train"],
        env=machine.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # a Ctrl-C reaches the whole group, and must not reach us
    )
    assert done.communicate(timeout=30)[0] == b""
    assert done.returncode in (130, -signal.SIGINT)
    (machine.venv / "half").touch()
    machine.script("python3", PYTHON)
    again = machine.play("train")
    assert again.stdout == "<train>"
    assert "cut off" in again.stderr
    assert not (machine.venv / "half").exists()


def test_two_set_ups_do_not_meet(machine: Machine) -> None:
    machine.venv.mkdir()
    (machine.venv / ".setting-up").write_text(f"{os.getpid()}\n")
    done = machine.play("train")
    assert done.returncode == 1
    assert str(os.getpid()) in done.stderr
    assert machine.log() == []


def test_no_python(machine: Machine) -> None:
    (machine.stubs / "python3").unlink()
    done = machine.play()
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed" in done.stderr
    assert "apt-get install python3" in done.stderr


def test_an_old_python(machine: Machine) -> None:
    machine.say("too-old", 1)
    machine.say("version", "3.9.2")
    done = machine.play()
    assert done.returncode == 1
    assert "only Python 3.9.2 was found" in done.stderr
    assert not machine.venv.exists()


def test_a_python_without_venv(machine: Machine) -> None:
    machine.say("no-venv", 1)
    done = machine.play()
    assert done.returncode == 1
    assert "apt-get install python3.12-venv" in done.stderr
    assert not machine.venv.exists()


def test_no_display_shows_the_demo(ready: Machine) -> None:
    ready.say("program-status", 5)
    done = ready.play()
    assert done.returncode == 5
    assert ready.log() == ["program demo --seconds 30 --out demo-pictures"]
    assert Path((ready.stubs / "cwd").read_text().strip()) == ready.home


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"DISPLAY": ":0"},
        {"WAYLAND_DISPLAY": "wayland-0"},
        {"QT_QPA_PLATFORM": "offscreen"},
        {"QT_QPA_PLATFORM": ""},
    ],
    ids=str,
)
def test_the_window_opens_where_the_program_would_open_it(ready: Machine, environment: dict[str, str]) -> None:
    ready.play(**environment)
    has_window = qt_platform(sys.platform, environment) is not None
    assert ready.log() == ["program " if has_window else "program demo --seconds 30 --out demo-pictures"]


@pytest.mark.parametrize("status", [0, 1, 3, 134])
def test_the_status_is_the_programs_own(ready: Machine, status: int) -> None:
    ready.say("program-status", status)
    assert ready.play(DISPLAY=":0").returncode == status
    assert ready.log() == ["program "]


@pytest.mark.parametrize("words", [[], ["train"]], ids=["no display", "train"])
def test_a_signal_reaches_the_program_and_leaves_no_orphan(ready: Machine, words: list[str]) -> None:
    """The program is the process that was started, so whoever ends that one ends it."""
    ready.script("sleep", "#!/bin/sh\necho $$\nexec cat\n")
    ready.say("stays", "")
    command = [str(ready.root / "playground"), *words]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=ready.environment, stdin=pipe, stdout=pipe, stderr=pipe) as started:
        assert started.stdout is not None
        assert int(started.stdout.readline().rpartition(b">")[2]) == started.pid
        started.terminate()
        assert started.wait(30) == -signal.SIGTERM


def test_missing_libraries_are_named_with_their_line(ready: Machine) -> None:
    ready.libraries("libGL.so.1", "libEGL.so.1", "libX11.so.6", "libxkbcommon.so.0", "libdbus-1.so.3", "libcairo.so.2")
    done = ready.play("demo")
    assert "sudo apt-get install -y libfontconfig1 libfreetype6 libglib2.0-0" in done.stderr
    assert "libxcb" not in done.stderr
    assert done.returncode == 0  # they may be where ldconfig does not look
    assert "libxcb-cursor0" in ready.play(DISPLAY=":0").stderr
    assert "libxcb-cursor0" not in ready.play(DISPLAY=":0", QT_QPA_PLATFORM="offscreen").stderr
    assert ready.play("train").stderr == ""


def test_root_installs_missing_libraries(ready: Machine) -> None:
    ready.libraries("libc.so.6")
    (ready.stubs / "id").unlink()
    ready.script("id", "#!/bin/sh\necho 0\n")
    ready.script("apt-get", '#!/bin/sh\necho "apt-get $*" >>"$STUBS/log"\n')
    ready.play("demo")
    first, _ = (call for call in ready.log() if "libgl1" in call or call.startswith("program"))
    assert first.startswith("apt-get install -y")
    assert "libegl1" in first


def test_found_libraries_are_not_looked_for_again(ready: Machine) -> None:
    ready.play("demo")
    ready.script("ldconfig", '#!/bin/sh\necho ldconfig >>"$STUBS/log"\n')
    ready.log()
    ready.play("demo")
    assert ready.log() == ["program demo"]
    ready.play(DISPLAY=":0")
    assert ready.log()[0] == "ldconfig"


def test_test_runs_the_four_checks_in_order(ready: Machine) -> None:
    done = ready.play("test", "-k", "a b")
    assert done.returncode == 0
    calls = ready.log()
    assert any(call.endswith("--editable .[test]") for call in calls)
    expected = ["ruff check .", "ruff format --check .", "mypy --strict core gui"]
    expected.append("pytest --numprocesses=auto --maxprocesses=2 --dist=worksteal -k a b")
    assert calls[-4:] == [f"python -m {step}" for step in expected]
    ready.play("test")
    assert len(ready.log()) == 4


def test_test_stops_at_the_first_failure(ready: Machine) -> None:
    ready.say("mypy-status", 2)
    done = ready.play("test")
    assert done.returncode == 2
    assert "failed: mypy" in done.stderr
    assert ready.log()[-1] == "python -m mypy --strict core gui"
