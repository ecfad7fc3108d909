"""Latent Playground, installed: in a wheel its packages ``core``, ``gui`` and ``assets`` lie in this folder.

Their names are too common for site-packages. Importing this package changes nothing; only a process of the program
itself looks for them here.
"""

import importlib
import sys
from os.path import abspath, dirname, isdir, join

_HERE = dirname(abspath(__file__))
HOME = _HERE if isdir(join(_HERE, "core")) else dirname(dirname(dirname(_HERE)))
"""Folder that holds ``core``, ``gui`` and ``assets``: this one, or the top of a checkout."""


def use_own_packages() -> None:
    """Look for modules in `HOME` first: another package named ``core``, or a file ``core.py`` here, is not taken.

    The two light ones are imported at once: Ray puts folders of its own first before a worker runs its first task.
    """
    sys.path[:] = [HOME, *(each for each in sys.path if each != HOME)]
    for name in ("core", "assets"):
        importlib.import_module(name)
