"""Source text with positions, which converts Python's byte columns to spans in code points."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain

from fadc.ir import quoted
from fadc.span import Span
from fadc.syntax.source.format_strings import format_call, outermost

Located = ast.expr | ast.stmt | ast.arg | ast.keyword | ast.alias | ast.excepthandler
Replacement = tuple[ast.expr, str]


@dataclass(frozen=True)
class Text:
    """The text of one module, split into lines, for spans and segments."""

    path: str
    text: str
    lines: tuple[str, ...] = field(repr=False)

    @staticmethod
    def of(text: str, path: str) -> Text:
        return Text(path, text, tuple(text.split("\n")))

    def column(self, line: int, offset: int) -> int:
        """The column in code points of a UTF-8 byte offset in a line (counted from 1)."""
        content = self.lines[line - 1]
        return (
            offset if content.isascii() else len(content.encode()[:offset].decode(errors="ignore"))
        )

    def span(self, node: Located) -> Span:
        """The span of a node; for a compound statement, that of its header up to the colon."""
        last = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        body = getattr(node, "body", None) or getattr(node, "cases", None)
        line, column = last[0], self.column(*last)
        if isinstance(node, ast.stmt) and isinstance(body, list):
            line, column = self._colon(node)
        return Span(self.path, node.lineno, self.column(node.lineno, node.col_offset), line, column)

    def _colon(self, node: ast.stmt) -> tuple[int, int]:
        """The end of a compound statement's header, before its colon."""
        parts = [getattr(node, name, None) for name in ("test", "iter", "subject")]
        parts += [each.optional_vars or each.context_expr for each in getattr(node, "items", ())]
        given = [part for part in parts if isinstance(part, ast.expr)]
        line, offset = node.lineno, node.col_offset
        if given:
            line, offset = given[-1].end_lineno or line, given[-1].end_col_offset or offset
        column = self.column(line, offset)
        while line <= len(self.lines):
            found = self.lines[line - 1].partition("#")[0].find(":", column)
            if found >= 0:
                return line, len(self.lines[line - 1][:found].rstrip())
            line, column = line + 1, 0
        return node.lineno, self.column(node.lineno, node.col_offset)

    def keyword(self, word: str, block: list[ast.stmt]) -> ast.expr:
        """A node that spans the keyword that opens a block, such as the ``else`` of a loop."""
        line, before = block[0].lineno, self.lines[block[0].lineno - 1]
        column = before[: self.column(line, block[0].col_offset)].rfind(word)
        while column < 0 and line > 1:
            line -= 1
            code = self.lines[line - 1].partition("#")[0].strip()
            column = self.lines[line - 1].find(word) if code.startswith(word) else -1
        start = len(self.lines[line - 1][: max(column, 0)].encode())
        end = start + len(word)
        return ast.Name(word, lineno=line, col_offset=start, end_lineno=line, end_col_offset=end)

    def segment(self, node: Located) -> str:
        """The text of a node, as written."""
        return self.slice(self.span(node))

    def brief(self, node: Located) -> str:
        """The text of a node on one line, shortened if it is long."""
        text = " ".join(self.segment(node).split())
        return text if len(text) <= 60 else text[:57] + "…"

    def slice(self, span: Span) -> str:
        if span.start_line == span.end_line:
            return self.lines[span.start_line - 1][span.start_column : span.end_column]
        first = self.lines[span.start_line - 1][span.start_column :]
        last = self.lines[span.end_line - 1][: span.end_column]
        return "\n".join((first, *self.lines[span.start_line : span.end_line - 1], last))

    def with_comments(self, node: ast.expr, source: str) -> str:
        """The text of a node, with the parentheses around it if these contain comments."""
        span = self.span(node)
        first, last = span.start_line - 1, span.end_line - 1
        above = (self.lines[i] for i in range(first - 1, -1, -1))
        below = (self.lines[i] for i in range(last + 1, len(self.lines)))
        before = _opening(chain([self.lines[first][: span.start_column]], above))
        after = _closing(chain([self.lines[last][span.end_column :]], below))
        found = before is not None and after is not None and "#" in before + after
        return f"({before}{source}{after})" if found else source

    def splice(self, node: ast.expr, replacements: list[Replacement]) -> str:
        """The text of a node in which some disjoint nodes are replaced."""
        outer = self.span(node)
        if not replacements:
            return self.slice(outer)
        starts = _line_starts(self.slice(outer))

        def offset(line: int, column: int) -> int:
            first = line == outer.start_line
            return starts[line - outer.start_line] + column - (outer.start_column if first else 0)

        result, text, position = [], self.slice(outer), 0
        spliced = self._format_calls(node, replacements)
        for inner, replacement in sorted(spliced, key=lambda pair: self.span(pair[0])):
            span = self.span(inner)
            result.append(text[position : offset(span.start_line, span.start_column)])
            position = offset(span.end_line, span.end_column)
            whole = replacement.isdecimal() and text[position : position + 1] == "."
            result.append(f"({replacement})" if whole else replacement)
        return "".join([*result, text[position:]])

    def _format_calls(self, node: ast.expr, replacements: list[Replacement]) -> list[Replacement]:
        """The replacements, where those inside an f-string become one of the whole f-string."""
        for string in outermost(node):
            inside = _among(string, replacements)
            if inside:
                template, arguments = format_call(string)
                texts = [self.splice(each, _among(each, inside)) for each in arguments]
                called = f"{quoted(template)}.format({', '.join(texts)})"
                rest = [pair for pair in replacements if pair not in inside]
                replacements = [*rest, (string, called)]
        return replacements


def _opening(lines: Iterable[str]) -> str | None:
    """The text between a parenthesis and an expression after it, if that is only comments.

    ``lines`` are the lines before it, the nearest first, beginning with the start of its own line.
    """
    found = ""
    for line in lines:
        code, mark, words = line.partition("#")
        while mark and code.strip() and not code.rstrip().endswith("("):
            more, mark, words = words.partition("#")
            code += f"#{more}"
        found = f"{mark}{words}\n{found}" if mark else found
        if code.rstrip().endswith("("):
            return found
        if code.strip():
            return None
    return None


def _closing(lines: Iterable[str]) -> str | None:
    """The text between an expression and a parenthesis after it, if that is only comments.

    ``lines`` are the lines after it, beginning with the rest of its own line.
    """
    found = ""
    for line in lines:
        code, mark, words = line.partition("#")
        if code.strip():
            return found if code.lstrip().startswith(")") else None
        found += f"  {mark}{words}\n" if mark else ""
    return None


def _among(node: ast.expr, replacements: list[Replacement]) -> list[Replacement]:
    parts = {id(part) for part in ast.walk(node)}
    return [pair for pair in replacements if id(pair[0]) in parts]


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts
