"""Texts of files that cannot be used, and what is said of each, as a regular expression."""

from __future__ import annotations

from tests.unit.foundation.house import HEAD, thing

HOSTILE: dict[str, tuple[str | bytes, str]] = {
    "syntax": ("x = 1\ndef half(:\n", r"^SyntaxError: .* \(line 2\)$"),
    "import": ("import a_module_that_is_not_there\n", "^ModuleNotFoundError: .*a_module_that_is_not_there"),
    "relative import": ("from . import nothing\n", "^ImportError"),
    "error": (thing("mine") + "\n\n1 / 0\n", r"^ZeroDivisionError: division by zero \(line 9\)$"),
    "error far away": (thing("mine") + "import json\njson.loads('{')\n", r"^JSONDecodeError: .* \(line 8\)$"),
    "sys.exit": (thing("mine") + "import sys\nsys.exit(0)\n", "^it calls sys.exit"),
    "no Exception": (thing("mine") + "raise GeneratorExit\n", "^GeneratorExit"),
    "endless": ("def f():\n    f()\nf()\n", "^RecursionError"),
    "an error without words": (
        "class E(Exception):\n    def __str__(self):\n        raise ValueError\nraise E\n",
        r"^E \(line 4\)$",
    ),
    "many words": ("raise ValueError('a\\nb ' * 10_000)\n", r"^ValueError: .{299}… \(line 1\)$"),
    "nothing registered": ("x = 1\n", '^it registers nothing; write @register\\("hostile"\\)'),
    "empty": ("", "^it registers nothing"),
    "no parentheses": (f"{HEAD}@register\nclass Mine(Thing):\n    pass\n", '@register\\("mine"\\)'),
    "no name": (thing("two words"), "'two words' is none"),
    "a path for a name": (thing("../vae"), "is none"),
    "our name": (thing("ours"), "^there is a thing 'ours' already, of this program; register another name$"),
    "one name twice": (thing("mine") + thing("mine", cls="Two"), "^it registers 'mine' twice$"),
    "a reserved name": (thing("step"), "cannot be called 'step'"),
    "our class": (
        "from house.ours import Ours\nfrom house.base import register\nregister('mine')(Ours)\n",
        "^Ours is registered already as 'ours'; make a subclass",
    ),
    "another registry": (
        "from house.base import OTHERS\n@OTHERS.register('mine')\nclass Mine:\n    pass\n",
        "^it registers 'mine' as a other, but lies among the things",
    ),
    "does not pass the check": (thing("mine") + thing("bad", "fits = False", "Bad"), "^Bad does not fit$"),
    "a check that raises": ("from house.base import register\nregister('mine')(3)\n", "^AttributeError"),
    "a class that takes no name": (
        "from house.base import register\nclass Meta(type):\n    def __setattr__(cls, name, value):\n"
        "        raise TypeError('sealed')\n@register('mine')\nclass Mine(metaclass=Meta):\n    fits = True\n",
        "^TypeError: sealed$",
    ),
    "not UTF-8": (b'x = "\xff\xfe"\n', "^SyntaxError: .*utf-8.* can't decode byte 0xff"),
    "a null byte": (b"x = 1\n\x00", "null bytes"),
    "an unknown encoding": (b"# coding: klingon\n", "klingon"),
}
