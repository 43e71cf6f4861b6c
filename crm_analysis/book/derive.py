"""Derived columns of book.toml: a small arithmetic language, compiled to Ibis.

`revenue = "Quantity * Price"`, `family = "'charges' if StockCode in ('POST', 'M') else 'goods'"`.
The text is read by Python's `ast` and only a whitelist of nodes is compiled, so an expression can
neither call Python nor reach the engine's own functions, which could read files.
"""

from __future__ import annotations

import ast
import functools
import operator
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.book import values
from crm_analysis.book.engine import product, try_cast
from crm_analysis.errors import BookError

if TYPE_CHECKING:
    from crm_analysis.book.layout import Format

LONGEST = 1000
"""Characters an expression may have."""
DEEPEST = 25
"""Levels its parentheses, sums and conditions may be nested."""

_WIDE, _WIDEST = "decimal(18, 6)", "decimal(38, 6)"
_SMALL = 900_000
"""Below a million, the product of two numbers with six places fits into 18 digits."""
_FUNCTIONS = "col, number, abs, round, coalesce, concat, startswith, contains, left"


def derived(expression: str, table: ibis.Table, form: Format, where: str) -> tuple[Any, tuple[str, ...]]:
    """The Ibis column that `expression` stands for, and the names of the columns it reads.

    Text columns in arithmetic are read as numbers in the source's stated form. Numbers on the way
    are exact decimals with six places; only a quotient goes through a double, good for 15 digits.
    Dividing by zero, and arithmetic on an empty cell, give an empty cell. An empty cell equals
    nothing and is in no list; other comparisons with it are false. `where` names the file and key
    for the error.

    Raises BookError if the expression is not in the language or names an unknown column.
    """
    if len(expression) > LONGEST:
        raise BookError(f"{where}: the expression has {len(expression):,} characters; {LONGEST:,} are allowed.")
    expression = expression.strip()
    try:
        tree = ast.parse(expression, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise BookError(
            f'{where}: {_short(expression)} is not an expression; expected such as "Quantity * Price", where a '
            "column whose name is no single word is written col('Unit price')."
        ) from None
    compiler = _Compiler(expression, table, form, where)
    return compiler.column(tree, 0), tuple(dict.fromkeys(compiler.read))


def _short(expression: str) -> str:
    return repr(expression if len(expression) <= 60 else expression[:57] + "...")


def _literal(node: ast.expr, kind: type) -> bool:
    """True for a constant of exactly that kind (True is not taken for 1)."""
    return isinstance(node, ast.Constant) and type(node.value) is kind


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


class _Compiler:
    """One walk over one expression; every node is compiled once, and none is written twice into its parent.

    The engine would multiply out what is written twice at each of 25 levels, and never come back.
    """

    def __init__(self, expression: str, table: ibis.Table, form: Format, where: str) -> None:
        self.expression, self.table, self.form, self.where = expression, table, form, where
        self.read: list[str] = []

    def refuse(self, node: ast.AST, why: str) -> BookError:
        part = ast.get_source_segment(self.expression, node) or self.expression
        return BookError(f"{self.where}: {_short(part)} {why}.")

    def column(self, node: ast.expr, depth: int) -> Any:
        """The column a node stands for: text, number or truth, as it comes."""
        if depth > DEEPEST:
            raise BookError(f"{self.where}: the expression is nested more than {DEEPEST} deep.")
        compile_ = _NODES.get(type(node))
        if compile_ is None:
            raise self.refuse(
                node,
                "is not allowed in an expression; allowed are columns, numbers, texts, + - * /, "
                f"comparisons, `a if b else c`, and the functions {_FUNCTIONS}",
            )
        return compile_(self, node, depth + 1)

    def number(self, node: ast.expr, depth: int) -> Any:
        """The node as a decimal with six places."""
        return self.as_number(node, self.column(node, depth))

    def as_number(self, node: ast.expr, value: Any) -> Any:
        kind = value.type()
        if _literal(node, str):
            raise self.refuse(node, "is a text where a number was expected")
        if _wide(kind):
            return value
        if kind.is_string() or kind.is_numeric():
            return values.decimal(value, self.form, _WIDE)
        raise self.refuse(node, f"is a {_kind(kind)} where a number was expected")

    def as_text(self, node: ast.expr, value: Any) -> Any:
        kind = value.type()
        if kind.is_string():
            return value
        column = isinstance(node, ast.Name | ast.Call)  # a number on the way has no text of its own
        if not (kind.is_temporal() or (kind.is_numeric() and column and not _wide(kind))):
            raise self.refuse(node, f"is a {_kind(kind)} where a text was expected")
        return values.text(value, self.form)

    def text(self, node: ast.expr, depth: int) -> Any:
        return self.as_text(node, self.column(node, depth))

    def alike(self, nodes: list[ast.expr], depth: int) -> list[Any]:
        """The nodes as one type: text if one is a text constant or all are text, numbers otherwise.

        Dates and truths stay as they are among themselves; None is the empty cell of that type.
        """
        columns = [self.column(node, depth) for node in nodes]
        some = [(node, value) for node, value in zip(nodes, columns, strict=True) if not _is_none(node)]
        kinds = {value.type().copy(nullable=True) for _, value in some}
        if any(_literal(node, str) for node, _ in some) or all(kind.is_string() for kind in kinds):
            same = [self.as_text(node, value) for node, value in some]
        elif len(kinds) == 1 and not next(iter(kinds)).is_numeric():
            same = [value for _, value in some]
        else:
            same = [self.as_number(node, value) for node, value in some]
        type_ = same[0].type() if same else "string"
        rest = iter(same)
        return [ibis.null(type_) if _is_none(node) else next(rest) for node in nodes]

    def name(self, node: ast.Name, _depth: int) -> Any:
        return self.named(node.id, node)

    def named(self, name: str, node: ast.AST) -> Any:
        if name not in self.table.columns or name.startswith("__"):
            found = ", ".join(column for column in self.table.columns if not column.startswith("__"))
            raise self.refuse(node, f"is not a column of the file; found {found}")
        self.read.append(name)
        column = self.table[name]
        return values.text(column, self.form) if column.type().is_string() else column

    def constant(self, node: ast.Constant, _depth: int) -> Any:
        value = node.value
        if value is None:
            return ibis.null("string")
        if isinstance(value, str):
            return ibis.literal(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.refuse(node, "is neither a number nor a text")
        if abs(value) >= 1e12:
            raise self.refuse(node, "is too large; numbers stay below 1e12")
        exact = Decimal(repr(value))
        if exact != round(exact, 6):
            raise self.refuse(node, "has more than six decimals")
        return ibis.literal(f"{exact:f}").cast(_WIDE)

    def arithmetic(self, node: ast.BinOp, depth: int) -> Any:
        left, right = self.number(node.left, depth), self.number(node.right, depth)
        match node.op:
            case ast.Add():
                result = left.cast(_WIDEST) + right.cast(_WIDEST)
            case ast.Sub():
                result = left.cast(_WIDEST) - right.cast(_WIDEST)
            case ast.Mult():
                return self.product(node, left, right)
            case ast.Div():
                result = left.cast("float64") / right.cast("float64")  # by zero: infinite, and then no decimal
            case _:
                raise self.refuse(node, "uses an operator other than + - * /")
        return try_cast(result, _WIDE)

    def product(self, node: ast.BinOp, left: Any, right: Any) -> Any:
        """Exact, in 38 digits: the engine fails a whole query where a product leaves the type of 18.

        Two plain cells whose product is small are multiplied in 18 digits, which is a hundred times as fast.
        """
        safe = try_cast(left.cast(_WIDEST) * right.cast(_WIDEST), _WIDE)
        if not all(isinstance(part, ast.Name | ast.Constant) for part in (node.left, node.right)):
            return safe
        small = (left.cast("float64") * right.cast("float64")).abs() < _SMALL
        return ibis.ifelse(small, try_cast(product(left, right), _WIDE), safe)

    def sign(self, node: ast.UnaryOp, depth: int) -> Any:
        match node.op:
            case ast.USub():
                return try_cast(-self.number(node.operand, depth), _WIDE)
            case ast.UAdd():
                return self.number(node.operand, depth)
            case ast.Not():
                return ~self.truth(node.operand, depth)
        raise self.refuse(node, "uses an operator other than - and not")

    def truth(self, node: ast.expr, depth: int) -> Any:
        """The node as a condition; an unknown one counts as false."""
        value = self.column(node, depth)
        if not value.type().is_boolean():
            raise self.refuse(node, "is not a condition")
        return value.fill_null(False)

    def logic(self, node: ast.BoolOp, depth: int) -> Any:
        result, *others = (self.truth(part, depth) for part in node.values)
        join = operator.and_ if isinstance(node.op, ast.And) else operator.or_
        for other in others:
            result = join(result, other)
        return result

    def choice(self, node: ast.IfExp, depth: int) -> Any:
        return ibis.ifelse(self.truth(node.test, depth), *self.alike([node.body, node.orelse], depth))

    def comparison(self, node: ast.Compare, depth: int) -> Any:
        if len(node.ops) != 1:
            raise self.refuse(node, "compares more than two things at once")
        sign, left, right = node.ops[0], node.left, node.comparators[0]
        if isinstance(sign, ast.In | ast.NotIn):
            return self.membership(node, depth)
        if _is_none(right):
            missing = self.text(left, depth).isnull()
            if isinstance(sign, ast.Is | ast.Eq):
                return missing
            if isinstance(sign, ast.IsNot | ast.NotEq):
                return ~missing
        compare = _COMPARISONS.get(type(sign))
        if compare is None:
            raise self.refuse(node, "uses a comparison other than == != < <= > >= in")
        result = compare(*self.alike([left, right], depth)).fill_null(False)
        return ~result if isinstance(sign, ast.NotEq) else result

    def membership(self, node: ast.Compare, depth: int) -> Any:
        listed = node.comparators[0]
        if not isinstance(listed, ast.Tuple | ast.List) or not all(_literal(item, str) for item in listed.elts):
            raise self.refuse(node, "needs a list of texts after `in`, such as ('A', 'B')")
        words = [item.value for item in listed.elts if isinstance(item, ast.Constant)]
        inside = self.text(node.left, depth).isin(words).fill_null(False)
        return ~inside if isinstance(node.ops[0], ast.NotIn) else inside

    def call(self, node: ast.Call, depth: int) -> Any:
        given = node.args
        if not isinstance(node.func, ast.Name) or node.keywords or any(isinstance(part, ast.Starred) for part in given):
            raise self.refuse(node, f"is not one of the functions {_FUNCTIONS}")
        last = given[-1].value if given and isinstance(given[-1], ast.Constant) else None
        whole = bool(given) and _literal(given[-1], int)
        word = bool(given) and _literal(given[-1], str)
        match node.func.id, len(given):
            case "col", 1 if word:
                return self.named(str(last), node)
            case "number", 1:
                return self.number(given[0], depth)
            case "abs", 1:
                return try_cast(self.number(given[0], depth).abs(), _WIDE)
            case "round", 2 if whole and last in range(7):
                return try_cast(self.number(given[0], depth).round(last), _WIDE)
            case "coalesce", n if n >= 2:
                return ibis.coalesce(*self.alike(list(given), depth))
            case "concat", n if n >= 2:
                return functools.reduce(operator.add, [self.text(part, depth) for part in given])
            case "startswith", 2 if word:
                return self.text(given[0], depth).startswith(last)
            case "contains", 2 if word:
                return self.text(given[0], depth).contains(last)
            case "left", 2 if whole and last in range(1, 101):
                return self.text(given[0], depth).left(last)
        raise self.refuse(node, f"is not one of the functions {_FUNCTIONS} with its arguments")


def _kind(kind: Any) -> str:
    names = {"condition": kind.is_boolean(), "date": kind.is_temporal(), "number": kind.is_numeric()}
    return next((name for name, true in names.items() if true), str(kind))


def _wide(kind: Any) -> bool:
    """True for the type of numbers on the way."""
    return bool(kind.is_decimal() and (kind.precision, kind.scale) == (18, 6))


_NODES: dict[type, Callable[..., Any]] = {
    ast.Name: _Compiler.name,
    ast.Constant: _Compiler.constant,
    ast.BinOp: _Compiler.arithmetic,
    ast.UnaryOp: _Compiler.sign,
    ast.BoolOp: _Compiler.logic,
    ast.IfExp: _Compiler.choice,
    ast.Compare: _Compiler.comparison,
    ast.Call: _Compiler.call,
}
_COMPARISONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.eq,  # negated afterwards, so that an empty cell differs from everything
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
