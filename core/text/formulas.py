r"""Formulas: the small part of LaTeX they are written in, and how each reads in plain Unicode.

A formula is written once, in LaTeX, where its knob, measure, word or lesson is: ``\rate{R} = \kl{\mathrm{KL}}(\q{q}
\parallel \p{p})``. A role like ``\q{…}`` names the curve whose colour its symbols wear. `gui.drawing.typesetting`
typesets it; command line, tooltips, tables and accessible names print `plain`. What `check` lets through, both can
show.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from core.foundation.user_error import UserError

ROLES = ("p", "q", "kl", "lane", "distortion", "rate", "chosen", "hole")
"""Whose colour symbols wear: truth or prior, model or approximation, their divergence, the lane, D, R, what a hand
moves, holes."""


class FormulaError(UserError):
    """A formula that is not of our part of LaTeX. One sentence: what, and the way out."""


_LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "varepsilon": "ε", "eta": "η", "theta": "θ", "lambda": "λ",
    "mu": "μ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "varphi": "φ", "omega": "ω", "Sigma": "Σ",
    "Delta": "Δ", "Theta": "Θ", "Omega": "Ω", "Phi": "Φ", "nabla": "∇", "partial": "∂", "infty": "∞", "ell": "ℓ",
    "ldots": "…", "prime": "′", "ast": "*", "lbrace": "{", "rbrace": "}",
    "{": "{", "}": "}", "%": "%", "#": "#", "$": "$", "&": "&", "_": "_", "|": "‖", "langle": "⟨", "rangle": "⟩",
    "star": "*", "sqrt": "√",
}  # fmt: skip
_RELATIONS = {
    "=": "=", "<": "<", ">": ">", ":": ":", "le": "≤",
    "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "sim": "~", "approx": "≈",
    "to": "→", "rightarrow": "→", "leftarrow": "←", "in": "∈", "parallel": "‖", "mid": "|", "Rightarrow": "⇒",
}  # fmt: skip
_BINARY = {"+": "+", "-": "−", "cdot": "·", "odot": "⊙", "times": "×", "div": "÷", "pm": "±"}
_FUNCTIONS = ("log", "ln", "exp", "sin", "cos", "min", "max")
_BIG = {"sum": "Σ", "prod": "∏", "int": "∫"}
_ACCENTS = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304"}
_UPRIGHT = ("mathrm", "text", "operatorname", "mathbb", "mathcal", "mathbf")
_SPACES = {",": "", ";": " ", " ": " ", "!": "", "quad": "   ", "qquad": "   ", "\\": " "}
_FRACTIONS = ("frac", "tfrac", "dfrac")
_HALVES = {("1", "2"): "½", ("1", "4"): "¼"}
_ABOVE = dict(zip("0123456789+−=()nik′T*", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵏ′ᵀ*", strict=True))
_BELOW = dict(zip("0123456789+−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
_TOKEN = re.compile(r"\\[A-Za-z]+\s*|\\.|\s+|.", re.DOTALL)


def _words() -> str:
    return ", ".join(f"\\{each}" for each in ROLES)


class _Reader:
    """Reads one formula from left to right, token by token, into its plain reading."""

    def __init__(self, latex: str) -> None:
        self._tokens = [token if token == "\\ " else token.strip() or " " for token in _TOKEN.findall(latex)]
        self._at = 0

    def whole(self) -> str:
        words = self._row("")
        return re.sub(r" {2}(?! )", " ", re.sub(r" +([,.;)\]])", r"\1", words)).strip()

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _row(self, end: str) -> str:
        """Everything up to a closing brace, or to the end."""
        found = ""
        while (token := self._peek()) != end:
            if token == "":
                raise FormulaError("a brace '{' is not closed; write a '}' where it ends")
            if token == "}":
                raise FormulaError("there is a '}' too many; take it away or open it with '{'")
            if token in ("^", "_"):
                raise FormulaError(f"'{token}' stands after nothing; write what it belongs to before it")
            found = self._joined(found, token)
        self._at += 1
        return found

    def _joined(self, before: str, token: str) -> str:
        """The reading so far with the next thing after it, spaced as its kind wants."""
        name = token.removeprefix("\\")
        is_command = token.startswith("\\")
        if token == " ":
            self._at += 1
            return before
        if (is_command and name in _RELATIONS) or token in _RELATIONS:
            self._at += 1
            return f"{before.rstrip(' ')} {_RELATIONS[name]}{self._scripts()} "
        if (is_command and name in _BINARY) or token in _BINARY:
            self._at += 1
            alone = not before.strip() or before.rstrip()[-1] in "([{=<>≤≥~→←+−·⊙×÷,;⟨"
            sign = _BINARY[name]
            if sign == "·":
                return f"{before}{sign}"
            return f"{before}{sign}" if alone else f"{before.rstrip(' ')} {sign} "
        if self._tokens[self._at : self._at + 3] == ["{", ",", "}"]:  # between thousands
            self._at += 3
            return f"{before},"
        if token in (",", ";"):
            self._at += 1
            return f"{before}{token} "
        if is_command and name in _SPACES:
            self._at += 1
            return before + _SPACES[name]
        if is_command and name in (*_FUNCTIONS, *_BIG):
            self._at += 1
            lead = " " if before and (before[-1].isalnum() or before[-1] in "½)") else ""
            return f"{before}{lead}{_BIG.get(name, name)}{self._scripts()}" + ("" if self._opens() else " ")
        return before + self._atom() + self._scripts()

    def _opens(self) -> bool:
        return self._peek() in ("(", "[", "\\left", "\\|", "\\lbrace", "\\{")

    def _scripts(self) -> str:
        found = ""
        while (token := self._peek()) in ("^", "_"):
            self._at += 1
            inside = self._atom()
            table, mark = (_ABOVE, "^") if token == "^" else (_BELOW, "_")
            small = inside.replace(" ", "")
            if all(each in table for each in small):
                found += "".join(table[each] for each in small)
            else:
                plainly = len(inside) == 1 or (inside.isalnum() and token == "_") or inside in _HALVES.values()
                found += f"{mark}{inside}" if plainly else f"{mark}({inside})" if token == "^" else f"_{small}"
        return found

    def _group(self, what: str) -> str:
        while self._peek() == " ":
            self._at += 1
        if self._next() != "{":
            raise FormulaError(f"'\\{what}' needs braces; write \\{what}{{…}}")
        return self._row("}")

    def _letters(self) -> str:
        """What stands in braces as it is: words."""
        if self._next() != "{":
            raise FormulaError("words need braces; write \\text{…}")
        found = ""
        while (token := self._next()) != "}":
            if token == "":
                raise FormulaError("a brace '{' is not closed; write a '}' where it ends")
            if token.startswith("\\") and token[1:] not in _LETTERS:
                raise FormulaError(f"'{token}' stands among words; end the \\text{{…}} before it")
            found += _LETTERS[token[1:]] if token.startswith("\\") else token
        return found

    def _atom(self) -> str:
        token = self._next()
        while token == " ":
            token = self._next()
        if token == "":
            raise FormulaError("the formula ends too early; write what belongs after its last sign")
        if token == "{":
            return self._row("}")
        if not token.startswith("\\"):
            if token in ("$", "&", "#", "%", "~", '"', "@"):
                raise FormulaError(
                    f"'{token}' has no meaning in a formula; write it as \\text{{{token}}} or leave it out"
                )
            return "′" if token == "'" else "−" if token == "-" else token
        return self._command(token[1:])

    def _command(self, name: str) -> str:
        if name in ROLES:
            return self._group(name)
        if name in ("left", "right"):
            edge = self._atom()
            return "" if edge == "." else edge
        if name in _UPRIGHT:
            while self._peek() == " ":
                self._at += 1
            return self._letters()
        if name in _FRACTIONS:
            over, under = self._atom(), self._atom()
            if (over, under) in _HALVES:
                return _HALVES[over, under]
            return f"{_in_brackets(over)}/{_in_brackets(under)}"
        if name == "sqrt":
            inside = self._group(name)
            return f"√{_in_brackets(inside)}"
        if name in _ACCENTS:
            return f"{self._atom()}{_ACCENTS[name]}"
        for table in (_LETTERS, _RELATIONS, _BINARY, _SPACES, _BIG):
            if name in table:
                return table[name]
        if name in _FUNCTIONS:
            return name
        raise FormulaError(f"'\\{name}' is not known; take away the backslash, or use LaTeX like \\log or {_words()}")


def _in_brackets(words: str) -> str:
    """A term of a fraction in one line."""
    return f"({words})" if re.search(r"[ /·]|\d[^\d]", words) and not _is_bracketed(words) else words


def _is_bracketed(words: str) -> bool:
    """Whether one pair of brackets, with perhaps a name before it, holds all of it."""
    if not words.endswith(")") or "(" not in words or not re.fullmatch(r"\w*", words[: words.index("(")]):
        return False
    depth = 0
    for at, each in enumerate(words):
        depth += (each == "(") - (each == ")")
        if depth == 0 and each == ")" and at < len(words) - 1:
            return False
    return True


@functools.lru_cache(maxsize=1024)
def check(latex: str) -> str:
    """The plain reading of a formula; `FormulaError` where it is not of our part of LaTeX."""
    if not latex.strip():
        raise FormulaError("the formula is empty; write it between the dollars")
    return _Reader(latex).whole()


def plain(latex: str) -> str:
    r"""How a formula reads in Unicode, ``½ Σ (μ² + σ² − 1)``; one that is broken reads as it is written."""
    try:
        return check(latex)
    except FormulaError:
        return latex.replace("\\", "")


_ROLE = re.compile(rf"\\({'|'.join(sorted(ROLES, key=len, reverse=True))})\s*\{{")
_NAMES = "|".join(_FUNCTIONS)
_STARTS = r"=<>(\[{,|:&"
_CALL = rf"\\(?:{_NAMES})(?![A-Za-z])"
_THIN = (  # room that the typesetter does not leave by itself, or leaves where there should be none
    (
        re.compile(rf"(?<=[\w)}}\]'])(?<!\\nabla)(?<!\\cdot)(?<!{{-}})(\s*)(?<!\\nabla )(?<!\\cdot )(?={_CALL})"),
        r"\1\\,",
    ),
    (re.compile(rf"({_CALL})(?=\s*(?:[A-Z]|\\(?:sigma|mu|rho|hat|tilde|{'|'.join(ROLES)})\b))"), r"\1\\,"),
    (re.compile(r"(\\(?:sim|odot)\b)"), r"\\,\1\\,"),
    (re.compile(rf"(\\cdot)(?![A-Za-z])(?=\s*{_CALL})"), r"\\,{\1}"),
    (re.compile(r"(\\cdot)(?![A-Za-z}])"), r"\\,{\1}\\,"),
    (re.compile(r"(\\(?:min|max)_\w)\b"), r"\1\\,"),
    (re.compile(rf"((?:^|[{_STARTS}]|\\(?:le|leq|ge|geq|to|leftarrow|quad|sim|approx)\b)\s*)-"), r"\1{-}"),
)


def painted(latex: str, colors: Mapping[str, str]) -> str:
    """The formula in plain LaTeX, its roles as colours ``#rrggbb``; roles without one wear none."""

    def put(found: re.Match[str]) -> str:
        color = colors.get(found[1])
        return "{" if color is None else rf"{{\color{{{color}}}"

    for pattern, other in _THIN:
        latex = pattern.sub(other, latex)
    latex = re.sub(r"\\text\{[^{}]*\}", lambda found: found[0].replace(r"\%", "%"), latex)
    return _ROLE.sub(put, latex)


def lines(latex: str) -> tuple[str, ...]:
    r"""Its pieces between ``\\``: where a narrow place may begin another line."""
    return tuple(each.strip() for each in re.split(r"\\\\", latex) if each.strip())


@dataclass(frozen=True)
class Piece:
    """A stretch of prose: Markdown, or a formula (``is_formula``), perhaps on a line of its own."""

    text: str
    is_formula: bool = False
    on_its_own: bool = False
    line: int = 1


_IN_PROSE = re.compile(
    r"(?P<code>```.*?```|`[^`\n]*`)|\$\$(?P<own>.*?)\$\$|(?<![\\$\w])\$(?![\s$])(?P<inline>[^$\n]*?[^\s$\\])\$(?![\w$])",
    re.DOTALL,
)


def pieces(prose: str) -> Iterator[Piece]:
    """Prose cut at its formulas, ``$…$`` in a line and ``$$…$$`` on its own; dollars in code and alone are text."""
    last = 0
    for found in _IN_PROSE.finditer(prose):
        if found["code"] is not None:
            continue
        if found.start() > last:
            yield Piece(prose[last : found.start()], line=prose.count("\n", 0, last) + 1)
        latex = found["own"] if found["own"] is not None else found["inline"]
        yield Piece(latex.strip(), True, found["own"] is not None, prose.count("\n", 0, found.start()) + 1)
        last = found.end()
    if last < len(prose):
        yield Piece(prose[last:], line=prose.count("\n", 0, last) + 1)


def around(prose: str, change: Callable[[str], str]) -> str:
    """Prose with its text changed and its formulas left as they are."""
    return "".join(_dollars(each) if each.is_formula else change(each.text) for each in pieces(prose))


def spoken(prose: str) -> str:
    """Prose with its formulas in their plain reading: for buttons, tooltips and voices."""
    return "".join(plain(each.text) if each.is_formula else each.text for each in pieces(prose))


def _dollars(each: Piece) -> str:
    return f"$${each.text}$$" if each.on_its_own else f"${each.text}$"
