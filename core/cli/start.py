"""The entry of the program: from its first moment on a signal ends it quietly, before anything heavy is imported.

The script `playground` runs this file with ``python -S``: otherwise a Ctrl-C while Python itself looks for installed
packages would end in a traceback of Python's own.
"""

import _signal  # type: ignore[import-not-found]  # signal imports enum and its like, a moment in which Ctrl-C would raise
import sys


def _end_at_once(number: int, frame: object) -> None:
    import os

    os._exit(128 + number)


_taken = []
for _name in ("SIGINT", "SIGTERM", "SIGHUP"):
    _number = getattr(_signal, _name, None)
    if _number is not None and _signal.getsignal(_number) != _signal.SIG_IGN:
        _signal.signal(_number, _end_at_once)
        _taken.append(_number)


def main(words: list[str] | None = None) -> int:
    """Run the command line with these words, or with those that the program was given; returns the exit status."""
    import os
    import threading

    if getattr(sys, "frozen", False) and words is None and sys.argv[1:2] == ["-m"]:
        _run_module(sys.argv[2:])
        return 0
    from core.cli.main import main as run

    status = run(words)
    if words is None:
        for number in _taken:  # Python's own end gives them their default back, and one would end it with its status
            _signal.signal(number, _signal.SIG_IGN)
    if threading.active_count() > 1:  # Python's own end under a thread that is still in torch aborts (pytorch#38228)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(status)
    return status


def _run_module(words: list[str]) -> None:
    """Do what ``python -m MODULE WORDS`` does, in a bundle: it has no Python of its own to start."""
    import runpy

    for number in _taken:
        _signal.signal(number, _signal.default_int_handler if number == _signal.SIGINT else _signal.SIG_DFL)
    sys.argv[:] = words
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    import os.path
    import site

    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    site.main()
    sys.exit(main())
