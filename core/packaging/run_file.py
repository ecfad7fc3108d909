"""Runs a Python file inside a bundle, which has no Python of its own to start: ``-m core.packaging.run_file FILE``."""

import runpy
import sys

if __name__ == "__main__":
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")
