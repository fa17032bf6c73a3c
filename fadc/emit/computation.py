"""One derived computation as Python: statements in the order of its operations, under good names."""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from pathlib import PurePosixPath

from fadc.emit.branches import Branches
from fadc.emit.context import Context
from fadc.emit.generics import with_type_parameters
from fadc.emit.layout import Comment
from fadc.emit.signature import Signature
from fadc.ir import (
    Aggregate,
    Apply,
    Block,
    Branch,
    Broadcast,
    Builtin,
    Computation,
    Leaf,
    Loop,
    Node,
    Operation,
    Parameter,
    Placement,
    Sweep,
    Tree,
    Value,
    leaves,
)


def emit_computation(
    context: Context, computation: Computation, signatures: dict[str, Computation]
) -> ast.FunctionDef:
    """The definition of a derived computation."""
    return _Writer(context, computation, signatures).definition()


class _Writer(Branches):
    """Writes the statements of one computation."""

    def definition(self) -> ast.FunctionDef:
        computation = self.computation
        signature = Signature(self.context, computation)
        body: list[ast.stmt] = []
        if computation.docstring:
            body.append(ast.Expr(value=ast.Constant(value=computation.docstring)))
        for parameter in computation.parameters:
            self._hold_parameter(parameter)
        for parameter in computation.parameters:
            body += self._unpack_parameter(parameter)
        body += self._sweeps(computation.block)
        position = max(self.uses.ends.values(), default=0) + 1
        body.append(ast.Return(value=self.tree(computation.result, position)))
        made = ast.FunctionDef(
            name=computation.name,
            args=signature.parameters(),
            body=body,
            decorator_list=[signature.decorator()],
            returns=signature.result(),
        )
        return with_type_parameters(self.context, computation, made)

    def _hold_parameter(self, parameter: Parameter) -> None:
        if isinstance(parameter.tree, Value):
            self.naming.hold(parameter.tree, parameter.name)
        else:
            marker = Value(parameter.name, Leaf(Placement.STATIC), self.computation.span)
            self.naming.hold_name(marker, parameter.name)
            self.uses.positions[marker] = [sys.maxsize]  # its name is not used for anything else

    def _unpack_parameter(self, parameter: Parameter) -> list[ast.stmt]:
        """Composite parameters are taken apart at the top."""
        tree = parameter.tree
        if isinstance(tree, Value) or not any(v in self.uses.positions for v in leaves(tree)):
            return []
        if isinstance(tree, Node) and tree.kind == "rows":
            self._hold_rows(tree, parameter.name)
            return []
        if isinstance(tree, Node) and tree.kind == "dict":
            return self._take_items(tree, parameter.name, 0, [])
        target = self.target(tree, 0)
        extras = self._take_extras()
        return [ast.Assign(targets=[target], value=ast.Name(id=parameter.name)), *extras]

    def _sweeps(self, block: Block) -> list[ast.stmt]:
        """The statements of the whole body; the two sweeps under their headings."""
        if not self.has_reverse:
            return self.block(block)
        kept = [op for op in block if op in self.uses.starts]
        primal = [i for i, op in enumerate(kept) if op.sweep is Sweep.PRIMAL]
        split = max(primal, default=-1) + 1
        body: list[ast.stmt] = []
        if split:
            body += [Comment("Primal sweep."), *self.block(tuple(kept[:split]))]
        if kept[split:]:
            body += [Comment(), Comment("Reverse sweep.")] if split else [Comment("Reverse sweep.")]
            body += self.block(tuple(kept[split:]))
        return body

    def block(self, block: Block) -> list[ast.stmt]:
        body: list[ast.stmt] = []
        for operation in block:
            if operation in self.uses.starts:
                body += self._origin(operation)
                body += self.operation(operation)
                body += self._take_extras()
        return body

    def _origin(self, operation: Operation) -> list[ast.stmt]:
        """The primal statement that a statement of a reverse sweep is the pullback of."""
        if operation.sweep is not Sweep.REVERSE:
            self.line = None
            return []
        where = (operation.span.path, operation.span.start_line)
        if where == self.line:
            return []
        self.line = where
        module = self.context.modules.get(operation.span.path, self.context.module)
        text = _without_comment(module.text.lines[operation.span.start_line - 1].strip())
        foreign = module is not self.context.module
        place = f"{PurePosixPath(module.path).name}, line" if foreign else "Line"
        comment = f"{place} {operation.span.start_line}: {text}"
        return [Comment(comment if len(comment) <= 88 else comment[:87] + "…")]

    def operation(self, operation: Operation) -> list[ast.stmt]:
        position = self.uses.starts[operation]
        match operation:
            case Loop():
                return self._loop(operation, position)
            case Branch():
                return self._branch(operation, position)
            case Broadcast(results=found) | Aggregate(results=found):
                value = self.expression(operation, position)
                result: Tree = found[0] if len(found) == 1 else Node("tuple", found)
                return [ast.Assign(targets=[self.target(result, position)], value=value)]
            case Apply(function=Builtin(name="unpack"), args=(Value(),), result=Node() as parts):
                value = self.expression(operation, position)
                return [ast.Assign(targets=[self.target(parts, position)], value=value)]
        value = self.expression(operation, position)
        target = self.target(operation.result, position)
        return [ast.Assign(targets=[target], value=value)]


def _without_comment(line: str) -> str:
    """A line of code, less the comment behind it, which may be a directive about this very line."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(line).readline):
            if token.type == tokenize.COMMENT:
                return line[: token.start[1]].rstrip()
    except (tokenize.TokenError, SyntaxError):
        pass  # A line may be the beginning or the end of a statement.
    return line
