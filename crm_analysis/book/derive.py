"""Derived columns of book.toml: a small arithmetic language, compiled to Ibis.

`revenue = "Quantity * Price"`, `family = "'charges' if StockCode in ('POST', 'M') else 'goods'"`.
The text is read by Python's `ast` and only a whitelist of nodes is compiled, so an expression can
neither call Python nor reach the engine's own functions, which could read files.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.book import values
from crm_analysis.errors import BookError

if TYPE_CHECKING:
    from crm_analysis.book.mapping import Format

LONGEST = 1000
"""Characters an expression may have."""
DEEPEST = 25
"""Levels its parentheses and conditions may be nested."""

_WIDE = "decimal(18, 6)"
_FUNCTIONS = "col, number, abs, round, coalesce, concat, startswith, contains, left"


def derived(expression: str, table: ibis.Table, form: Format, where: str) -> tuple[Any, tuple[str, ...]]:
    """The Ibis column that `expression` stands for, and the names of the columns it reads.

    Text columns in arithmetic are read as numbers in the source's stated form; intermediate numbers
    are exact decimals with six places. `where` names the file and key for the error.

    Raises BookError if the expression is not in the language or names an unknown column.
    """
    if len(expression) > LONGEST:
        raise BookError(f"{where}: the expression has {len(expression):,} characters; {LONGEST:,} are allowed.")
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise BookError(
            f"{where}: {_short(expression)} is not an expression; expected such as \"Quantity * Price\"."
        ) from None
    compiler = _Compiler(table, form, where)
    return compiler.column(tree, 0), tuple(dict.fromkeys(compiler.read))


def _short(expression: str) -> str:
    return repr(expression if len(expression) <= 60 else expression[:57] + "...")


class _Compiler:
    """One walk over one expression."""

    def __init__(self, table: ibis.Table, form: Format, where: str) -> None:
        self.table, self.form, self.where = table, form, where
        self.read: list[str] = []

    def refuse(self, node: ast.AST, why: str) -> BookError:
        return BookError(f"{self.where}: {_short(ast.unparse(node))} {why}.")

    def column(self, node: ast.expr, depth: int) -> Any:
        """The column a node stands for: text, number or truth, as it comes."""
        if depth > DEEPEST:
            raise BookError(f"{self.where}: the expression is nested more than {DEEPEST} deep.")
        compile_ = _NODES.get(type(node))
        if compile_ is None:
            raise self.refuse(
                node, f"is not allowed in an expression; allowed are columns, numbers, texts, + - * /, "
                f"comparisons, `a if b else c`, and the functions {_FUNCTIONS}"
            )
        return compile_(self, node, depth + 1)

    def number(self, node: ast.expr, depth: int) -> Any:
        """The node as a decimal with six places."""
        value = self.column(node, depth)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            raise self.refuse(node, "is a text where a number was expected")
        kind = value.type()
        if kind.is_boolean():
            raise self.refuse(node, "is a condition where a number was expected")
        if kind.is_decimal() and (kind.precision, kind.scale) == (18, 6):
            return value
        if kind.is_string() or kind.is_numeric():
            return values.decimal(value, self.form, _WIDE)
        raise self.refuse(node, f"is a {kind} where a number was expected")

    def name(self, node: ast.Name, _depth: int) -> Any:
        return self.named(node.id, node)

    def named(self, name: str, node: ast.AST) -> Any:
        if name not in self.table.columns or name.startswith("__"):
            found = ", ".join(column for column in self.table.columns if not column.startswith("__"))
            raise self.refuse(node, f"is not a column of the file; found {found}")
        self.read.append(name)
        return self.table[name]

    def constant(self, node: ast.Constant, _depth: int) -> Any:
        value = node.value
        if value is None:
            return ibis.null("string")
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise self.refuse(node, "is neither a number nor a text")
        if isinstance(value, str):
            return ibis.literal(value)
        if abs(value) >= 1e12:
            raise self.refuse(node, "is too large; numbers stay below 1e12")
        return ibis.literal(str(value)).cast(_WIDE)

    def arithmetic(self, node: ast.BinOp, depth: int) -> Any:
        left, right = self.number(node.left, depth), self.number(node.right, depth)
        match node.op:
            case ast.Add():
                result = left + right
            case ast.Sub():
                result = left - right
            case ast.Mult():
                result = left * right
            case ast.Div():
                result = left.cast("float64") / right.nullif(ibis.literal("0").cast(_WIDE)).cast("float64")
            case _:
                raise self.refuse(node, "uses an operator other than + - * /")
        return result.try_cast(_WIDE)

    def sign(self, node: ast.UnaryOp, depth: int) -> Any:
        match node.op:
            case ast.USub():
                return (-self.number(node.operand, depth)).try_cast(_WIDE)
            case ast.UAdd():
                return self.number(node.operand, depth)
            case ast.Not():
                return ~self.truth(node.operand, depth)
        raise self.refuse(node, "uses an operator other than - and not")

    def truth(self, node: ast.expr, depth: int) -> Any:
        """The node as a condition; an unknown comparison counts as false."""
        value = self.column(node, depth)
        if not value.type().is_boolean():
            raise self.refuse(node, "is not a condition")
        return value.fill_null(False)

    def logic(self, node: ast.BoolOp, depth: int) -> Any:
        result, *others = (self.truth(part, depth) for part in node.values)
        for other in others:
            result = (result & other) if isinstance(node.op, ast.And) else (result | other)
        return result

    def choice(self, node: ast.IfExp, depth: int) -> Any:
        return ibis.ifelse(self.truth(node.test, depth), *self.alike(node.body, node.orelse, depth))

    def alike(self, one: ast.expr, other: ast.expr, depth: int) -> tuple[Any, Any]:
        """Both nodes as text if either is a text constant, as numbers otherwise, as they come if alike."""
        left, right = self.column(one, depth), self.column(other, depth)
        if any(isinstance(node, ast.Constant) and isinstance(node.value, str) for node in (one, other)):
            return self.text(left), self.text(right)
        for node, value in ((one, right), (other, left)):
            if isinstance(node, ast.Constant) and node.value is None:
                return (ibis.null(value.type()), value) if node is one else (value, ibis.null(value.type()))
        if left.type() == right.type():
            return left, right
        return self.number(one, depth), self.number(other, depth)

    def text(self, value: Any) -> Any:
        return values.text(value, self.form)

    def comparison(self, node: ast.Compare, depth: int) -> Any:
        if len(node.ops) != 1:
            raise self.refuse(node, "compares more than two things at once")
        operator, other = node.ops[0], node.comparators[0]
        if isinstance(operator, ast.In | ast.NotIn):
            return self.membership(node, depth)
        if isinstance(other, ast.Constant) and other.value is None:
            missing = self.text(self.column(node.left, depth)).isnull()
            if isinstance(operator, ast.Is | ast.Eq):
                return missing
            if isinstance(operator, ast.IsNot | ast.NotEq):
                return ~missing
        left, right = self.alike(node.left, other, depth)
        compare = _COMPARISONS.get(type(operator))
        if compare is None:
            raise self.refuse(node, "uses a comparison other than == != < <= > >= in")
        return compare(left, right)

    def membership(self, node: ast.Compare, depth: int) -> Any:
        listed = node.comparators[0]
        if not isinstance(listed, ast.Tuple | ast.List) or not all(
            isinstance(item, ast.Constant) and isinstance(item.value, str) for item in listed.elts
        ):
            raise self.refuse(node, "needs a list of texts after `in`")
        words = [item.value for item in listed.elts if isinstance(item, ast.Constant)]
        inside = self.text(self.column(node.left, depth)).isin(words).fill_null(False)
        return ~inside if isinstance(node.ops[0], ast.NotIn) else inside

    def call(self, node: ast.Call, depth: int) -> Any:
        if not isinstance(node.func, ast.Name) or node.keywords or any(
            isinstance(part, ast.Starred) for part in node.args
        ):
            raise self.refuse(node, f"is not one of the functions {_FUNCTIONS}")
        name, given = node.func.id, node.args
        literals = [part.value if isinstance(part, ast.Constant) else None for part in given]
        match name, len(given):
            case "col", 1 if isinstance(literals[0], str):
                return self.named(literals[0], node)
            case "number", 1:
                return self.number(given[0], depth)
            case "abs", 1:
                return self.number(given[0], depth).abs().try_cast(_WIDE)
            case "round", 2 if isinstance(literals[1], int) and 0 <= literals[1] <= 6:
                return self.number(given[0], depth).round(literals[1]).try_cast(_WIDE)
            case "coalesce", n if n >= 2:
                return ibis.coalesce(*(self.text(self.column(part, depth)) for part in given))
            case "concat", n if n >= 2:
                return ibis.literal("").join([self.text(self.column(part, depth)) for part in given])
            case "startswith", 2 if isinstance(literals[1], str):
                return self.text(self.column(given[0], depth)).startswith(literals[1])
            case "contains", 2 if isinstance(literals[1], str):
                return self.text(self.column(given[0], depth)).contains(literals[1])
            case "left", 2 if isinstance(literals[1], int) and 0 < literals[1] <= 100:
                return self.text(self.column(given[0], depth)).left(literals[1])
        raise self.refuse(node, f"is not one of the functions {_FUNCTIONS} with its arguments")


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
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
}
