"""Random federated programs: source text, inputs and what to differentiate.

Programs are generated statement by statement in a typed scope: every name has a placement and a
kind (a scalar, a vector of three, or a dict with a vector and an integer), so each program is
within the language and runs. Values pass through sin or tanh often enough to stay tame. The
simplest alternative stands first everywhere and every statement can be left out, which makes
failures shrink to a few lines.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st

SIZE = 3
SERVER, CLIENTS = "Server", "Clients"
SCALAR, VECTOR, TREE = "scalar", "vector", "tree"

TYPES = {SCALAR: 'Float[Array, ""]', VECTOR: 'Float[Array, "d"]', TREE: "PyTree"}

LOCAL_FUNCTIONS = {
    "step": """
def step(w, x):
    return jnp.sin(w * x) + 0.5 * x
""",
    "loss": """
def loss(w, x):
    return jnp.mean(jnp.tanh(w * x))
""",
    "loss_and_step": """
def loss_and_step(w, x):
    value, pullback = jax.vjp(loss, w, x)
    return value, pullback(value)[0] + w
""",
    "scaled": """
def scaled(rate, x):
    return jnp.sin(rate) * x
""",
    "combined": """
def combined(a, b):
    return jnp.tanh(a) * b + jnp.cos(b)
""",
    "repeated": """
def repeated(v, *, times):
    for _ in range(times):
        v = jnp.sin(v) + 0.5
    return v
""",
    "observed": """
def observed(state, x):
    return {"v": jnp.sin(state["v"] * x), "k": state["k"] + 2}
""",
    "read": """
def read(state):
    return jnp.tanh(state["v"]) * state["k"]
""",
    "wrapped": """
def wrapped(v):
    return {"v": jnp.sin(v), "k": jnp.asarray(2)}
""",
}
NEEDED_BY = {"loss_and_step": ("loss",)}

# The arguments' kinds, then the result's, of each function that a client may run.
MAPPED = (
    ("step", (VECTOR, VECTOR), VECTOR),
    ("loss", (VECTOR, VECTOR), SCALAR),
    ("jnp.sin", (VECTOR,), VECTOR),
    ("jnp.tanh", (SCALAR,), SCALAR),
    ("scaled", (SCALAR, VECTOR), VECTOR),
    ("combined", (SCALAR, SCALAR), SCALAR),
    ("combined", (VECTOR, VECTOR), VECTOR),
    ("jnp.vdot", (VECTOR, VECTOR), SCALAR),
    ("functools.partial(repeated, times={static})", (VECTOR,), VECTOR),
    ("lambda v: jnp.sin(v * {static})", (SCALAR,), SCALAR),
    ("lambda u, v: u * jnp.cos(v) + {static}", (VECTOR, VECTOR), VECTOR),
    ("observed", (TREE, VECTOR), TREE),
    ("read", (TREE,), VECTOR),
    ("wrapped", (VECTOR,), TREE),
)

# Server expressions by the kind of their result; {S0}, {V0}, {T0} … are values of that kind.
EXPRESSIONS = {
    SCALAR: (
        "jnp.sin({S0})",
        "jnp.sum(jnp.sin({V0}))",
        "{S0} * jnp.tanh({S1})",
        "jnp.vdot({V0}, jnp.cos({V1}))",
        "{S0} / fed.num_clients()",
        "jnp.tanh({S0} - {static} * {S1})",
        "jnp.sum({T0}['v']) * {T0}['k']",
        "sum(jnp.sin(v) * {S0} for v in {V0})",
        "{S0} if flag else jnp.sin({S1})",
    ),
    VECTOR: (
        "jnp.sin({V0})",
        "{V0} - {S0} * jnp.tanh({V1})",
        "jnp.cos({V0}) * {V1}",
        "jnp.where({V0} > 0.1, {V1}, jnp.sin({V0}))",
        "{T0}['v'] * {S0}",
        "{V0} * {static} + {V0}",
        "jnp.stack([{S0}, {S1}, {S0} * {S1}])",
        "{V0} if flag else {V1} * 2.0",
        "jax.grad(lambda u: jnp.sum(jnp.sin(u * {S0})))({V0})",
        "jnp.ones(3)",
    ),
    TREE: (
        "{{'v': jnp.sin({V0}), 'k': {T0}['k'] + 1}}",
        "jax.tree.map(lambda a: a * 2, {T0})",
        "jax.tree.map(lambda a, b: a + b, {T0}, {T1})",
        "dict({T0}, v={T0}['v'] * {S0})",
    ),
}

NAMES = {
    (SERVER, SCALAR): ("total", "rate", "norm"),
    (SERVER, VECTOR): ("gradient", "model", "direction"),
    (SERVER, TREE): ("memory",),
    (CLIENTS, SCALAR): ("local_loss", "local_size"),
    (CLIENTS, VECTOR): ("local_model", "local_step"),
    (CLIENTS, TREE): ("local_memory",),
}


CONSTANTS = {
    SCALAR: "0.5",
    VECTOR: "jnp.ones(3)",
    TREE: '{"v": jnp.ones(3), "k": jnp.asarray(1)}',
}


@dataclasses.dataclass(frozen=True)
class Value:
    """A name in scope."""

    name: str
    placement: str
    kind: str

    @property
    def annotation(self) -> str:
        """Its annotation as a parameter or result."""
        return f"fed.{self.placement}[{TYPES[self.kind]}]"


PARAMETERS = (
    Value("w", SERVER, VECTOR),
    Value("x", CLIENTS, VECTOR),
    Value("lr", SERVER, SCALAR),
    Value("c", CLIENTS, SCALAR),
    Value("state", SERVER, TREE),
    Value("batch", CLIENTS, TREE),
)


@dataclasses.dataclass(frozen=True)
class RandomProgram:
    """A program with what is needed to differentiate it. Its repr is its text."""

    source: str
    of: str
    wrt: tuple[str, ...]
    static: Mapping[str, Any]
    parameters: tuple[Value, ...]

    def __repr__(self) -> str:
        """The text, so that a failing example reads as a program."""
        return f"\n{self.source}\n# of={self.of!r} wrt={self.wrt!r} static={dict(self.static)!r}\n"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))  # What Hypothesis asks for; it would print the fields.

    def inputs(self, clients: int, rng: np.random.Generator) -> dict[str, Any]:
        """Random placed arguments."""
        return {value.name: _random(value, clients, rng) for value in self.parameters}


def _random(value: Value, clients: int, rng: np.random.Generator) -> Any:
    leading = (clients,) if value.placement == CLIENTS else ()

    def floats(*shape: int) -> Any:
        return jnp.asarray(rng.uniform(0.2, 1.2, leading + shape))

    if value.kind == TREE:
        return {"v": floats(SIZE), "k": jnp.asarray(rng.integers(1, 3, leading))}
    return floats() if value.kind == SCALAR else floats(SIZE)


@dataclasses.dataclass(frozen=True)
class Mechanisms:
    """How a program uploads."""

    declarations: str
    aggregators: tuple[str, ...]
    transpose_broadcast: str | None

    @property
    def decorator(self) -> str:
        """The decorator of the outermost computation."""
        named = self.transpose_broadcast
        return f"@fed.computation(transpose_broadcast={named})" if named else "@fed.computation"


SECURE_SUM = 'secure_sum = fed.aggregator("secure_sum", like=fed.sum)'
SECURE_MEAN = 'secure_mean = fed.aggregator("secure_mean", like=fed.mean)'
MECHANISMS = (
    Mechanisms("", ("fed.mean", "fed.sum"), None),
    Mechanisms(SECURE_SUM, ("secure_sum",), None),
    Mechanisms(SECURE_MEAN, ("secure_mean",), None),
    Mechanisms(SECURE_SUM, ("fed.mean", "secure_sum"), "secure_sum"),
    Mechanisms(f"{SECURE_SUM}\n{SECURE_MEAN}", ("secure_sum", "secure_mean"), "secure_mean"),
)


@dataclasses.dataclass(frozen=True)
class Helper:
    """A computation that others call."""

    name: str
    text: str
    parameters: tuple[Value, ...]
    results: tuple[Value, ...]


class Body:
    """The statements of one computation under construction.

    Scopes nest: a loop's body sees the names around it and may rebind them to values of the same
    placement and kind, and what it binds first is gone after it.
    """

    def __init__(
        self,
        draw: Callable[[st.SearchStrategy], Any],
        mechanisms: Mechanisms,
        helpers: tuple[Helper, ...],
    ) -> None:
        self.draw = draw
        self.mechanisms = mechanisms
        self.helpers = helpers
        self.lines: list[str] = []
        self.indent = 1
        self.scope: dict[str, Value] = {value.name: value for value in PARAMETERS}
        self.taken: set[str] = set(self.scope) | {"flag", "fed", "jax", "jnp"}
        self.keeps_types = False  # As loops and branches have to with the names around them.
        self.depth = 0  # How many loops and branches may still nest here.
        self.loop_variables: list[str] = []
        self.aggregates = 0

    # Small choices

    def pick(self, options: Any) -> Any:
        """One of the options; failures shrink towards the first."""
        return self.draw(st.sampled_from(list(options)))

    def maybe(self) -> bool:
        """A coin; failures shrink towards False."""
        return self.draw(st.booleans())

    def value(self, placement: str, kind: str) -> Value | None:
        """A value in scope, the latest first."""
        found = [v for v in self.scope.values() if (v.placement, v.kind) == (placement, kind)]
        return self.pick(reversed(found)) if found else None

    def static(self) -> str:
        """A static number: a literal or, in a loop, its variable."""
        return self.pick(["2", *self.loop_variables])

    def write(self, line: str) -> None:
        """Appends one line."""
        self.lines.append("    " * self.indent + line)

    def fresh(self, base: str) -> str:
        """A name that is not taken yet."""
        candidates = itertools.chain([base], (f"{base}_{k}" for k in itertools.count(2)))
        name = next(name for name in candidates if name not in self.taken)
        self.taken.add(name)
        return name

    def target(self, placement: str, kind: str) -> str:
        """A name to bind: a new one, or one in scope whose type may change to this one."""
        # In a loop or branch a new name is soon forgotten, so most statements rebind one.
        if self.draw(st.integers(0, 3)) if self.keeps_types else self.maybe():
            old = [v for v in self.scope.values() if (v.placement, v.kind) == (placement, kind)]
            if not self.keeps_types:
                old += [v for v in self.scope.values() if v not in old]
            if old:
                return self.pick(reversed(old)).name
        return self.fresh(self.pick(NAMES[placement, kind]))

    def bind(self, name: str, placement: str, kind: str) -> None:
        """Puts a name into scope as the latest."""
        self.scope.pop(name, None)
        self.scope[name] = Value(name, placement, kind)

    def assign(self, expression: str, placement: str, kind: str) -> None:
        """Writes `name = expression`."""
        name = self.target(placement, kind)
        self.write(f"{name} = {expression}")
        self.bind(name, placement, kind)

    # Expressions

    def expression(self, kind: str) -> str:
        """A server expression of this kind over values in scope."""
        fields = {
            f"{letter}{k}": self.operand(operand)
            for letter, operand in (("S", SCALAR), ("V", VECTOR), ("T", TREE))
            for k in range(2)
        }
        return self.pick(EXPRESSIONS[kind]).format(**fields, static=self.static()).replace("'", '"')

    def operand(self, kind: str) -> str:
        """A server value of this kind, or a constant."""
        found = self.value(SERVER, kind)
        return found.name if found else CONSTANTS[kind]

    def client_operand(self, kind: str) -> str:
        """A client value of this kind, or a broadcast as a nested primitive."""
        found = self.value(CLIENTS, kind)
        if found is None or self.maybe():
            return f"fed.broadcast({self.operand(kind)})"
        return found.name

    def aggregated(self, operand: str) -> str:
        """A client value, aggregated through one of the program's mechanisms."""
        self.aggregates += 1
        return f"{self.pick(self.mechanisms.aggregators)}({operand})"

    def mapped(self) -> tuple[str, str]:
        """A call of fed.map, and the kind of its result."""
        function, operands, kind = self.pick(MAPPED)
        arguments = [self.client_operand(operand) for operand in operands]
        function = function.format(static=self.static())
        return f"fed.map({', '.join([function, *arguments])})", kind

    # Statements

    def statements(self, most: int) -> None:
        """Some statements, in one of which others may nest."""
        for _ in range(most):
            if self.draw(st.integers(0, 5)) == 0:
                return
            simple = [
                self.round,
                self.server_statement,
                self.map_statement,
                self.broadcast_statement,
                self.aggregate_statement,
                self.tuple_statement,
                self.keyword_statement,
                self.weighted_mean_statement,
                self.augmented_statement,
                self.swap_statement,
                self.display_statement,
            ]
            nested = [self.loop, self.tape_loop, self.branch] if self.depth else []
            calls = [self.call] if self.helpers else []
            self.pick([*simple, *nested, *nested, *calls, *calls])()

    def round(self) -> None:
        """Down, local work, up: in one statement."""
        model, data = self.operand(VECTOR), self.value(CLIENTS, VECTOR)
        function, kind = self.pick([("step", VECTOR), ("loss", SCALAR)])
        name = data.name if data else f"fed.broadcast({model})"
        mapped = f"fed.map({function}, fed.broadcast({model}), {name})"
        self.assign(self.aggregated(mapped), SERVER, kind)

    def server_statement(self) -> None:
        """A server expression, sometimes annotated."""
        kind = self.pick([VECTOR, SCALAR, TREE])
        self.assign(self.expression(kind), SERVER, kind)

    def map_statement(self) -> None:
        """Local computation."""
        expression, kind = self.mapped()
        self.assign(expression, CLIENTS, kind)

    def broadcast_statement(self) -> None:
        """A downlink."""
        kind = self.pick([VECTOR, SCALAR, TREE])
        self.assign(f"fed.broadcast({self.operand(kind)})", CLIENTS, kind)

    def aggregate_statement(self) -> None:
        """An uplink, of a name or of a nested map."""
        if self.maybe():
            expression, kind = self.mapped()
        else:
            kind = self.pick([VECTOR, SCALAR, TREE])
            expression = self.client_operand(kind)
        if kind == TREE:
            # A mean of integers is no integer: sums only, and the counter stays one.
            expression, kind = f"fed.map(read, {expression})", VECTOR
        self.assign(self.aggregated(expression), SERVER, kind)

    def tuple_statement(self) -> None:
        """A mapped function with two results, taken apart; or a broadcast of two values."""
        if self.maybe():
            first, second = SCALAR, VECTOR
            right = f"fed.broadcast(({self.operand(first)}, {self.operand(second)}))"
        else:
            first, second = SCALAR, VECTOR
            model, data = self.client_operand(VECTOR), self.client_operand(VECTOR)
            right = f"fed.map(loss_and_step, {model}, {data})"
        names = [self.fresh(self.pick(NAMES[CLIENTS, kind])) for kind in (first, second)]
        if self.maybe():
            self.write(f"{', '.join(names)} = {self.aggregated(right)}")
            placement = SERVER
        else:
            self.write(f"{', '.join(names)} = {right}")
            placement = CLIENTS
        self.bind(names[0], placement, first)
        self.bind(names[1], placement, second)

    def keyword_statement(self) -> None:
        """A static keyword argument."""
        times = f"{self.static()}" if self.loop_variables else "2"
        operand = self.client_operand(VECTOR)
        self.assign(f"fed.map(repeated, {operand}, times={times})", CLIENTS, VECTOR)

    def weighted_mean_statement(self) -> None:
        """A weighted mean with positive weights through the program's mechanism."""
        weights = f"fed.map(jnp.exp, {self.client_operand(SCALAR)})"
        kind = self.pick([VECTOR, SCALAR])
        operand = self.client_operand(kind)
        self.aggregates += 1
        aggregator = self.mechanisms.aggregators[-1]
        keyword = "" if aggregator == "fed.sum" else f", aggregator={aggregator}"
        self.assign(f"fed.weighted_mean({operand}, {weights}{keyword})", SERVER, kind)

    def augmented_statement(self) -> None:
        """Augmented assignment to a server value in scope."""
        kind = self.pick([VECTOR, SCALAR])
        found = self.value(SERVER, kind)
        if found is not None:
            operator = self.pick(["+=", "-=", "*="])
            self.write(f"{found.name} {operator} jnp.tanh({self.operand(kind)})")
            self.bind(found.name, SERVER, kind)

    def swap_statement(self) -> None:
        """Two names of one type change places."""
        placement = self.pick([SERVER, CLIENTS])
        first, second = self.value(placement, VECTOR), self.value(placement, VECTOR)
        if first and second and first != second:
            names = first.name, second.name
            self.write(f"{names[0]}, {names[1]} = {names[1]}, {names[0]}")

    def display_statement(self) -> None:
        """A display that is taken apart again, by unpacking or by key."""
        scalar, vector = self.operand(SCALAR), self.operand(VECTOR)
        if self.maybe():
            both = self.fresh("both")
            self.write(f'{both} = {{"a": {scalar}, "b": [{vector}, {scalar}]}}')
            self.assign(f'jnp.sin({both}["a"]) * {both}["b"][0]', SERVER, VECTOR)
        else:
            pair = self.fresh("pair")
            names = self.fresh("first"), self.fresh("second")
            self.write(f"{pair} = ({scalar}, {vector})")
            self.write(f"{names[0]}, {names[1]} = {pair}")
            self.bind(names[0], SERVER, SCALAR)
            self.bind(names[1], SERVER, VECTOR)

    def call(self) -> None:
        """A call of another computation, by position or by keyword."""
        helper = self.pick(self.helpers)
        arguments = [
            (p.name, self.operand(p.kind) if p.placement == SERVER else self._client_name(p.kind))
            for p in helper.parameters
        ]
        if self.maybe():
            listed = ", ".join(f"{name}={argument}" for name, argument in arguments)
        else:
            listed = ", ".join(argument for _, argument in arguments)
        names = [self.fresh(self.pick(NAMES[r.placement, r.kind])) for r in helper.results]
        self.write(f"{', '.join(names)} = {helper.name}({listed})")
        for name, result in zip(names, helper.results, strict=True):
            self.bind(name, result.placement, result.kind)

    def _client_name(self, kind: str) -> str:
        found = self.value(CLIENTS, kind)
        return found.name if found else f"fed.broadcast({self.operand(kind)})"

    # Nested statements

    def nested(self, most: int, also: Mapping[str, Value] | None = None) -> dict[str, Value]:
        """The body of a loop or branch, which sees the names in `also`, too.

        What it binds first is forgotten after it and returned; the rest keeps its type.
        """
        scope, keeps_types, depth = dict(self.scope), self.keeps_types, self.depth
        self.scope |= also or {}
        self.keeps_types = True
        self.depth = max(0, depth - 1)
        self.indent += 1
        start = len(self.lines)
        self.statements(most)
        if len(self.lines) == start:
            self.server_rebinding()
        self.indent -= 1
        inside = self.scope
        self.scope, self.keeps_types, self.depth = scope, keeps_types, depth
        return inside

    def server_rebinding(self) -> None:
        """Rebinds a server vector, so that a body is not empty."""
        found = self.value(SERVER, VECTOR)
        if found:
            self.write(f"{found.name} = {found.name} * jnp.cos({found.name})")
        else:
            self.write(f"{self.fresh('unused')} = jnp.ones(3)")

    def loop(self) -> None:
        """A loop over a range with carried values, perhaps with a condition on its variable."""
        bounds = self.pick(["2", "3", "1, 3", "0", "3, 0, -2"])
        variable = self.fresh("t")
        over = self.pick([f"range({bounds})", f"reversed(range({bounds}))"])
        self.write(f"for {variable} in {over}:")
        self.loop_variables.append(variable)
        self.nested(3)
        if self.maybe():
            self.indent += 1
            self.write(f"if {variable} {self.pick(['== 1', '% 2 == 0'])}:")
            self.nested(1)
            self.indent -= 1
        self.loop_variables.pop()

    def tape_loop(self) -> None:
        """A loop that fills a tape, and one that consumes it."""
        tape, variable = self.fresh("tape"), self.fresh("t")
        trips = self.pick(["2", "3", "1", "0"])
        self.write(f"{tape} = []")
        self.write(f"for {variable} in range({trips}):")
        self.loop_variables.append(variable)
        inside = list(self.nested(2).values())
        taped = self.pick(reversed(inside[-4:]))
        self.write(f"    {tape}.append({taped.name})")
        self.loop_variables.pop()
        self.consume(tape, taped, trips)

    def consume(self, tape: str, taped: Value, trips: str) -> None:
        """A server expression over the tape, or a loop forwards, backwards or zipped."""
        if taped.placement == SERVER and taped.kind == VECTOR and trips != "0" and self.maybe():
            self.assign(f"jnp.sum(jnp.sin(jnp.stack({tape})), axis=0)", SERVER, VECTOR)
            return
        name, total = self.fresh("v"), self.fresh("total")
        count = self.fresh("k")
        header, factor = self.pick(
            [
                (f"for {name} in {tape}:", "0.5"),
                (f"for {name} in reversed({tape}):", "0.5"),
                (f"for {count}, {name} in enumerate({tape}):", f"({count} + 1)"),
                (f"for {count}, {name} in zip(range({trips}), reversed({tape})):", f"{count}"),
            ]
        )
        # Without a trip an integer would stay one, which is not what its users are annotated as.
        integer = [] if trips == "0" else ["0"]
        self.write(f"{total} = {self.pick(['0.0', *integer, self.operand(SCALAR)])}")
        self.write(header)
        self.write(f"    {total} = jnp.sin({total}) * {factor} + {self.scalar_of(taped, name)}")
        self.bind(total, SERVER, SCALAR)

    def scalar_of(self, taped: Value, name: str) -> str:
        """A server scalar that depends on a taped value."""
        if taped.placement == CLIENTS:
            vector = f"fed.map(read, {name})" if taped.kind == TREE else name
            if taped.kind == SCALAR:
                return self.aggregated(f"fed.map(jnp.sin, {name})")
            return self.aggregated(
                f"fed.map(loss, fed.broadcast({self.operand(VECTOR)}), {vector})"
            )
        forms = {
            SCALAR: "jnp.sin({0})",
            VECTOR: "jnp.sum({0})",
            TREE: 'jnp.sum({0}["v"]) * {0}["k"]',
        }
        return forms[taped.kind].format(name)

    def branch(self) -> None:
        """A static choice, with or without an else, perhaps taken up again later."""
        self.write("if flag:")
        inside = self.nested(2)
        if self.maybe():
            self.write("else:")
            self.nested(2)
        if self.maybe():
            self.server_statement()
            self.write("if flag:")
            self.nested(1, also={n: v for n, v in inside.items() if n not in self.scope})


@st.composite
def helpers(draw: Any, name: str, mechanisms: Mechanisms, earlier: tuple[Helper, ...]) -> Helper:
    """A computation to be called; it may call earlier ones."""
    body = Body(draw, mechanisms, earlier)
    body.depth = 1
    body.statements(3)
    results = _results(body, most=2)
    parameters = _used_parameters(body, results)
    text = _computation(name, "@fed.computation", body, parameters, results)
    return Helper(name, text, parameters, results)


@st.composite
def programs(draw: Any, most_statements: int = 6) -> RandomProgram:
    """A random program with its static arguments and what to differentiate."""
    mechanisms = draw(st.sampled_from(MECHANISMS))
    called: tuple[Helper, ...] = ()
    for name in draw(st.sampled_from([(), ("inner",), ("inner", "middle")])):
        called += (draw(helpers(name, mechanisms, called)),)
    body = Body(draw, mechanisms, called)
    body.depth = 2
    body.statements(most_statements)
    results = _results(body, most=3)
    parameters = _used_parameters(body, results)
    texts = [helper.text for helper in _called_from("\n".join(body.lines), called)]
    decorator = _decorator("\n".join([*body.lines, *texts]), mechanisms)
    main = _computation("program", decorator, body, parameters, results)
    wrt = draw(_subsets([parameter.name for parameter in parameters]))
    flag = {"flag": draw(st.booleans())}
    return RandomProgram(_module([*texts, main]), "program", wrt, flag, parameters)


def _subsets(names: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True).map(tuple)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def _decorator(text: str, mechanisms: Mechanisms) -> str:
    """Names the mechanism where there is nothing, or too much, to find it from."""
    plain = {"fed.sum": "sum", "fed.mean": "mean"}
    names = {plain.get(name, name) for name in mechanisms.aggregators} | {"weighted_mean"}
    if mechanisms.transpose_broadcast is None and not names & _words(text):
        return f"@fed.computation(transpose_broadcast={mechanisms.aggregators[-1]})"
    return mechanisms.decorator


def _called_from(text: str, candidates: tuple[Helper, ...]) -> list[Helper]:
    """The helpers that are called, directly or by each other, in their order."""
    called: list[Helper] = []
    for helper in reversed(candidates):
        if f"= {helper.name}(" in "\n".join([text, *(other.text for other in called)]):
            called.insert(0, helper)
    return called


def _results(body: Body, most: int) -> tuple[Value, ...]:
    """The latest values first: they are what the statements were for."""
    values = list(reversed(body.scope.values()))[:4]
    return tuple(body.draw(st.lists(st.sampled_from(values), min_size=1, max_size=most)))


def _used_parameters(body: Body, results: tuple[Value, ...]) -> tuple[Value, ...]:
    """The parameters that occur, and at least one at the clients and one at the server."""
    words = _words("\n".join([*body.lines, *(result.name for result in results)]))
    return tuple(p for p in PARAMETERS if p.name in words or p.name in ("w", "x"))


def _computation(
    name: str, decorator: str, body: Body, parameters: tuple[Value, ...], results: tuple[Value, ...]
) -> str:
    uses_flag = "flag" in _words("\n".join(body.lines))
    annotated = [f"{parameter.name}: {parameter.annotation}" for parameter in parameters]
    if uses_flag or name == "program":
        annotated.append("flag: bool = True")
    listed = "".join(f"    {parameter},\n" for parameter in annotated)
    types = [result.annotation for result in results]
    several = "tuple[\n" + "".join(f"    {type_},\n" for type_ in types) + "]"
    result_type = types[0] if len(types) == 1 else several
    returned = f"    return {', '.join(result.name for result in results)}"
    lines = "\n".join([*body.lines, returned])
    return f"{decorator}\ndef {name}(\n{listed}) -> {result_type}:\n{lines}\n"


def _module(computations: list[str]) -> str:
    words = _words("\n".join(computations))
    functions = {name for name in LOCAL_FUNCTIONS if name in words}
    functions |= {needed for name in functions for needed in NEEDED_BY.get(name, ())}
    local = [text.strip() for name, text in LOCAL_FUNCTIONS.items() if name in functions]
    code = "\n".join([*local, *computations])
    types = [name for name in ("Array", "Float", "PyTree") if name in words]
    header = [
        *(f"import {module}\n" for module in ("functools",) if f"{module}." in code),
        *(f"import {module}" for module in ("jax",) if f"{module}." in code),
        "import jax.numpy as jnp",
        f"from jaxtyping import {', '.join(types)}",
        "\nimport fadc as fed",
    ]
    declared = [line for line in (SECURE_SUM, SECURE_MEAN) if line.partition(" ")[0] in words]
    blocks = ["\n".join(header), "\n".join(declared), *local, *map(str.strip, computations)]
    return "\n\n\n".join(block for block in blocks if block) + "\n"
