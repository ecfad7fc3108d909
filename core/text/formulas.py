r"""Formulas: the subset of LaTeX they are written in, and their plain reading in Unicode.

A formula is written once, in LaTeX, beside its knob, measure, glossary entry or lesson: ``\rate{R} =
\kl{\mathrm{KL}}(\q{q} \parallel \p{p})``. A role like ``\q{…}`` gives its symbols the colour of a curve.
`gui.drawing.typesetting` draws formulas; command line, tooltips, tables and accessible names print `plain`. Both can
show whatever `check` accepts.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from core.foundation.quoted import brief
from core.foundation.user_error import UserError

ROLES = ("p", "q", "kl", "lane", "distortion", "rate", "chosen", "hole")
"""Colours of symbols: truth or prior p, model or approximation q, their divergence, the lane, distortion, rate, what
the user moves, holes."""


class FormulaError(UserError):
    """A formula outside our subset of LaTeX. ``str(error)`` is one sentence: the reason and how to write it instead."""


_SYMBOLS = {
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
_BIG_OPERATORS = {"sum": "Σ", "prod": "∏", "int": "∫"}
_ACCENTS = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304"}
_FONTS = ("mathrm", "text", "operatorname", "mathbb", "mathcal", "mathbf")
_SPACES = {",": "", ";": " ", " ": " ", "!": "", "quad": "   ", "qquad": "   ", "\\": " "}
_FRACTIONS = ("frac", "tfrac", "dfrac")
_FRACTION_SIGNS = {("1", "2"): "½", ("1", "4"): "¼"}
_SUPERSCRIPTS = dict(zip("0123456789+−=()nik′T*", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵏ′ᵀ*", strict=True))
_SUBSCRIPTS = dict(zip("0123456789+−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
_TOKEN = re.compile(r"\\[A-Za-z]+\s*|\\.|\s+|.", re.DOTALL)
MOST_CHARACTERS = 500
"""Longest formula; ours have a hundred, and of 500 the typesetter takes a second."""
MOST_DEPTH = 7
"""Levels of groups within groups. The typesetter takes twice as long with each; ours have five."""


class _Reader:
    """Reads one formula token by token, from left to right, into its plain reading."""

    def __init__(self, latex: str) -> None:
        self._tokens = [token if token == "\\ " else token.strip() or " " for token in _TOKEN.findall(latex)]
        self._at = 0
        self._depth = 0

    def read(self) -> str:
        reading = self._row("")
        return re.sub(r" {2}(?! )", " ", re.sub(r" +([,.;)\]])", r"\1", reading)).strip()

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _row(self, end: str) -> str:
        """Everything up to a closing brace, or to the end."""
        reading = ""
        while (token := self._peek()) != end:
            if token == "":
                raise FormulaError("a brace '{' is not closed; write a '}' where it ends")
            if token == "}":
                raise FormulaError("there is a '}' too many; take it away or open it with '{'")
            if token in ("^", "_"):
                raise FormulaError(f"'{token}' stands after nothing; write what it belongs to before it")
            reading = self._joined(reading, token)
        self._at += 1
        return reading

    def _joined(self, before: str, token: str) -> str:
        """The reading so far, ``before``, and the next token after it, with the spaces of its kind."""
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
            is_unary = not before.strip() or before.rstrip()[-1] in "([{=<>≤≥~→←+−·⊙×÷,;⟨"
            sign = _BINARY[name]
            if sign == "·":
                return f"{before}{sign}"
            return f"{before}{sign}" if is_unary else f"{before.rstrip(' ')} {sign} "
        if self._tokens[self._at : self._at + 3] == ["{", ",", "}"]:  # a thousands separator
            self._at += 3
            return f"{before},"
        if token in (",", ";"):
            self._at += 1
            return f"{before}{token} "
        if is_command and name in _SPACES:
            self._at += 1
            return before + _SPACES[name]
        if is_command and name in (*_FUNCTIONS, *_BIG_OPERATORS):
            self._at += 1
            lead = " " if before and (before[-1].isalnum() or before[-1] in "½)") else ""
            operator = f"{_BIG_OPERATORS.get(name, name)}{self._scripts()}"
            return f"{before}{lead}{operator}" + ("" if self._opens_bracket() else " ")
        return before + self._atom() + self._scripts()

    def _opens_bracket(self) -> bool:
        return self._peek() in ("(", "[", "\\left", "\\|", "\\lbrace", "\\{")

    def _scripts(self) -> str:
        """Superscripts and subscripts that follow here: as small signs where Unicode has all of them."""
        reading = ""
        while (token := self._peek()) in ("^", "_"):
            self._at += 1
            inside = self._atom()
            signs = _SUPERSCRIPTS if token == "^" else _SUBSCRIPTS
            packed = inside.replace(" ", "")
            if all(each in signs for each in packed):
                reading += "".join(signs[each] for each in packed)
            elif len(inside) == 1 or (inside.isalnum() and token == "_") or inside in _FRACTION_SIGNS.values():
                reading += f"{token}{inside}"
            else:
                reading += f"^({inside})" if token == "^" else f"_{packed}"
        return reading

    def _group(self, command: str) -> str:
        while self._peek() == " ":
            self._at += 1
        if self._next() != "{":
            raise FormulaError(f"'\\{command}' needs braces; write \\{command}{{…}}")
        return self._row("}")

    def _words(self) -> str:
        """Text in braces, read as it stands."""
        if self._next() != "{":
            raise FormulaError("words need braces; write \\text{…}")
        words = ""
        while (token := self._next()) != "}":
            if token == "":
                raise FormulaError("a brace '{' is not closed; write a '}' where it ends")
            if token == "{" or (token.startswith("\\") and token[1:] not in _SYMBOLS):
                raise FormulaError(f"'{brief(token)}' stands among words; end the \\text{{…}} before it")
            words += _SYMBOLS[token[1:]] if token.startswith("\\") else token
        return words

    def _atom(self) -> str:
        """The reading of one sign, group or command; every level of nesting passes through here."""
        if self._depth == MOST_DEPTH:
            raise FormulaError(f"it is nested more than {MOST_DEPTH} levels deep; write it in parts")
        self._depth += 1
        try:
            return self._atom_within()
        finally:
            self._depth -= 1

    def _atom_within(self) -> str:
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
            bracket = self._atom()
            return "" if bracket == "." else bracket
        if name in _FONTS:
            while self._peek() == " ":
                self._at += 1
            return self._words()
        if name in _FRACTIONS:
            over, under = self._atom(), self._atom()
            if (over, under) in _FRACTION_SIGNS:
                return _FRACTION_SIGNS[over, under]
            return f"{_operand(over)}/{_operand(under)}"
        if name == "sqrt":
            return f"√{_operand(self._group(name))}"
        if name in _ACCENTS:
            return f"{self._atom()}{_ACCENTS[name]}"
        for table in (_SYMBOLS, _RELATIONS, _BINARY, _SPACES, _BIG_OPERATORS):
            if name in table:
                return table[name]
        if name in _FUNCTIONS:
            return name
        roles = ", ".join(f"\\{role}" for role in ROLES)
        raise FormulaError(
            f"'\\{brief(name)}' is not known; take away the backslash, or use LaTeX like \\log or {roles}"
        )


def _operand(term: str) -> str:
    """A term under a root or on one side of a slash, in brackets where it would read wrongly without."""
    return f"({term})" if re.search(r"[ /·]|\d[^\d]", term) and not _is_bracketed(term) else term


def _is_bracketed(term: str) -> bool:
    """Whether one pair of brackets, with perhaps a name before it, holds all of the term."""
    if not term.endswith(")") or "(" not in term or not re.fullmatch(r"\w*", term[: term.index("(")]):
        return False
    depth = 0
    for at, sign in enumerate(term):
        depth += (sign == "(") - (sign == ")")
        if depth == 0 and sign == ")" and at < len(term) - 1:
            return False
    return True


@functools.lru_cache(maxsize=1024)
def check(latex: str) -> str:
    """The plain reading of a formula. `FormulaError` where it is outside our subset of LaTeX."""
    if not latex.strip():
        raise FormulaError("the formula is empty; write it between the dollars")
    if len(latex) > MOST_CHARACTERS:
        raise FormulaError(f"the formula has {len(latex):,} characters; {MOST_CHARACTERS:,} are allowed, split it")
    return _Reader(latex).read()


def plain(latex: str) -> str:
    r"""The plain reading of a formula, like ``½ Σ (μ² + σ² − 1)``; a broken formula without its backslashes."""
    try:
        return check(latex)
    except FormulaError:
        return latex.replace("\\", "")


_ROLE = re.compile(rf"\\({'|'.join(sorted(ROLES, key=len, reverse=True))})\s*\{{")
_NAMES = "|".join(_FUNCTIONS)
_BEFORE_UNARY = r"=<>(\[{,|:&"
_CALL = rf"\\(?:{_NAMES})(?![A-Za-z])"
_SPACING = (  # thin spaces that the typesetter omits, and operators around which it leaves too much
    (
        re.compile(rf"(?<=[\w)}}\]'])(?<!\\nabla)(?<!\\cdot)(?<!{{-}})(\s*)(?<!\\nabla )(?<!\\cdot )(?={_CALL})"),
        r"\1\\,",
    ),
    (re.compile(rf"({_CALL})(?=\s*(?:[A-Z]|\\(?:sigma|mu|rho|hat|tilde|{'|'.join(ROLES)})\b))"), r"\1\\,"),
    (re.compile(r"(\\(?:sim|odot)\b)"), r"\\,\1\\,"),
    (re.compile(rf"(\\cdot)(?![A-Za-z])(?=\s*{_CALL})"), r"\\,{\1}"),
    (re.compile(r"(\\cdot)(?![A-Za-z}])"), r"\\,{\1}\\,"),
    (re.compile(r"(\\(?:min|max)_\w)\b"), r"\1\\,"),
    (re.compile(rf"((?:^|[{_BEFORE_UNARY}]|\\(?:le|leq|ge|geq|to|leftarrow|quad|sim|approx)\b)\s*)-"), r"\1{-}"),
)


def with_colors(latex: str, colors: Mapping[str, str]) -> str:
    """The formula in standard LaTeX, roles replaced by their colours ``#rrggbb``; a role without one gets none."""

    def color_of(match: re.Match[str]) -> str:
        color = colors.get(match[1])
        return "{" if color is None else rf"{{\color{{{color}}}"

    for pattern, replacement in _SPACING:
        latex = pattern.sub(replacement, latex)
    latex = re.sub(r"\\text\{[^{}]*\}", lambda match: match[0].replace(r"\%", "%"), latex)
    return _ROLE.sub(color_of, latex)


def lines(latex: str) -> tuple[str, ...]:
    r"""The formula split at each ``\\``, where a narrow widget may break the line."""
    return tuple(each.strip() for each in re.split(r"\\\\", latex) if each.strip())


@dataclass(frozen=True)
class Piece:
    """A stretch of prose: Markdown, or a formula (``is_formula``), inline or on a line of its own."""

    text: str
    is_formula: bool = False
    on_its_own: bool = False
    line: int = 1


_IN_PROSE = re.compile(
    r"(?P<code>```.*?```|`[^`\n]*`)|\$\$(?P<own>.*?)\$\$|(?<![\\$\w])\$(?![\s$])(?P<inline>[^$\n]*?[^\s$\\])\$(?![\w$])",
    re.DOTALL,
)


def pieces(prose: str) -> Iterator[Piece]:
    """Split prose at its formulas, ``$…$`` inline and ``$$…$$`` on a line of their own.

    Dollars in code, and dollars that enclose no formula, are text.
    """
    end = 0
    for match in _IN_PROSE.finditer(prose):
        if match["code"] is not None:
            continue
        if match.start() > end:
            yield Piece(prose[end : match.start()], line=prose.count("\n", 0, end) + 1)
        latex = match["own"] if match["own"] is not None else match["inline"]
        yield Piece(latex.strip(), True, match["own"] is not None, prose.count("\n", 0, match.start()) + 1)
        end = match.end()
    if end < len(prose):
        yield Piece(prose[end:], line=prose.count("\n", 0, end) + 1)


def map_text(prose: str, change: Callable[[str], str]) -> str:
    """Prose with ``change`` applied to its text and its formulas left as they are."""
    return "".join(_with_dollars(each) if each.is_formula else change(each.text) for each in pieces(prose))


def spoken(prose: str) -> str:
    """Prose with every formula in its plain reading: for buttons, tooltips and screen readers."""
    return "".join(plain(each.text) if each.is_formula else each.text for each in pieces(prose))


def _with_dollars(formula: Piece) -> str:
    return f"$${formula.text}$$" if formula.on_its_own else f"${formula.text}$"
