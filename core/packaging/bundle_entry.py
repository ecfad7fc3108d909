"""The first code of a bundle."""

import os
import sys

# PyInstaller's libraries are for this process alone: programs of the system that it starts have their own
if "LD_LIBRARY_PATH_ORIG" in os.environ:
    os.environ["LD_LIBRARY_PATH"] = os.environ.pop("LD_LIBRARY_PATH_ORIG")
else:
    os.environ.pop("LD_LIBRARY_PATH", None)

from core.cli.start import main  # takes signals as soon as it is imported

if __name__ == "__main__":
    import multiprocessing

    multiprocessing.freeze_support()  # a process of `reproduce` starts here and ends here
    sys.exit(main())
