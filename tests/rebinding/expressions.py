"""Random expressions of a given placement and kind over the names in scope."""

from __future__ import annotations

import re

from .body import Body
from .functions import FUNCTIONS, Function
from .server_expressions import (
    BUILTINS,
    CLIENT_DISPLAYS,
    CLIENT_ITEMS,
    CONSTANTS,
    FEATURE_OF,
    LETTERS,
    MADE_OF_BASES,
    SERVER_BASES,
    SERVER_TEMPLATES,
    STATIC_TEMPLATES,
)
from .types import (
    ANY,
    CLIENTS,
    FACTOR,
    FUNCTION,
    HALF,
    HALF_SCALAR,
    INTEGER,
    NAMED,
    NUMBER,
    OPTIMIZER,
    PAIR,
    PLACED_KINDS,
    SCALAR,
    SERVER,
    STATIC,
    TREE,
    TRUTH,
    VECTOR,
    Leaf,
    Parts,
    Tape,
    Type,
)

STATIC_LETTERS = (NUMBER, FACTOR, TRUTH)
MEANS = (VECTOR, SCALAR, HALF, HALF_SCALAR, PAIR, NAMED)
SUMS = (*MEANS, TREE, INTEGER)
WEIGHTS = (SCALAR, SCALAR, HALF_SCALAR, INTEGER)


def expression(body: Body, type_: Type, depth: int = 2, plain: bool = False) -> str:
    """An expression of this type; a plain one holds no message."""
    if isinstance(type_, Parts):
        whole = body.names(type_)
        if whole and body.chance(0.5):
            return body.pick(whole)
        return type_.display([expression(body, child, depth, plain) for child in type_.children])
    if isinstance(type_, Tape):
        return body.pick(body.names(type_))
    kind = body.pick(kinds(body)) if type_.kind == ANY else type_.kind
    if type_.placement == STATIC:
        return static(body, NUMBER if type_.kind == ANY else kind, depth)
    make = server if type_.placement == SERVER else clients
    return make(body, kind, depth, plain)


def kinds(body: Body) -> list[str]:
    """The kinds of values that the program may have."""
    rare = [k for k, feature in FEATURE_OF.items() if body.has(feature) and k in PLACED_KINDS]
    return [VECTOR] * 6 + [SCALAR] * 4 + rare


def random_parts(body: Body) -> Parts:
    """The type of a tuple or a dict of a few values."""
    places = [SERVER, CLIENTS] if body.has("mixed_tapes") else [body.pick([SERVER, CLIENTS])]
    leaves = [Leaf(body.pick(places), body.pick(kinds(body))) for _ in range(body.pick([1, 2, 2]))]
    keys = tuple("ab"[: len(leaves)]) if body.chance(0.3) else ()
    return Parts(tuple(leaves), keys)


def atom(body: Body, type_: Leaf, depth: int, plain: bool = False) -> str:
    """An expression that may stand as an operand."""
    text = expression(body, type_, depth, plain)
    simple = re.fullmatch(r"[\w.]+", text) or _is_one_call(text)
    return text if simple else f"({text})"


def _is_one_call(text: str) -> bool:
    """Whether the first bracket closes at the end, as in `f(a)`, `(a, b)` and `{"a": b}`.

    It does not in `f(a)(b)` and `f(a) + g(b)`.
    """
    depth = 0
    if not re.match(r"[\w.]*\(|\{", text):
        return False
    for index, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0 and character in ")]}":
            return index == len(text) - 1
    return False


def named(body: Body, leaf: Leaf) -> list[str]:
    """Names of this type, the latest ones more often, and parts of composites in scope."""
    names = body.names(leaf)
    found = [*names, *names[-2:], *names[-1:]]
    for name, type_ in body.scope.items():
        if isinstance(type_, Parts):
            for index, child in enumerate(type_.children):
                if child == leaf:
                    found.append(
                        f'{name}["{type_.keys[index]}"]' if type_.keys else f"{name}[{index}]"
                    )
    return found


def filled(body: Body, template: str, depth: int, plain: bool = False) -> str:
    """A template with its operands."""

    def operand(match: re.Match[str]) -> str:
        kind = LETTERS[match[2]]
        if kind in STATIC_LETTERS:
            text = static(body, kind, depth - 1)
            return text if re.fullmatch(r"\w+", text) else f"({text})"
        return atom(body, Leaf(SERVER, kind), depth - 1, plain=plain or bool(match[1]))

    text = template.replace("<fed>", body.module.fed)
    text = re.sub(r"\$(\w+)", lambda match: body.module.called[match[1]], text)
    return re.sub(r"<(\.?)(\w)>", operand, text)


def possible(body: Body, template: str) -> bool:
    """Whether a template can be written here."""
    words = set(re.findall(r"(?<![\w.\"])\w+", re.sub(r"<[^>]*>", "", template)))
    if words & set(BUILTINS) & body.hidden or words & {"jax", "functools"} & set(body.pool):
        return False
    functions = set(re.findall(r"\$(\w+)", template))
    letters = {LETTERS[letter] for letter in re.findall(r"<\.?(\w)>", template)}
    return functions <= set(body.functions) and all(
        body.has(FEATURE_OF[kind]) for kind in letters if kind in FEATURE_OF
    )


def static(body: Body, kind: str, depth: int) -> str:
    """A static expression."""
    options = body.names(Leaf(STATIC, kind)) * 3
    if kind == FACTOR:
        options += body.module.constants * 2
    if kind == NUMBER:
        options += body.counters()
    if options and (depth <= 0 or body.chance(0.7)):
        return body.pick(options)
    if depth <= 0:
        return CONSTANTS[kind]
    templates = [t for t in STATIC_TEMPLATES[kind] if not re.search(r"<\.V>", t)]
    if body.names(Leaf(SERVER, VECTOR)):
        templates = list(STATIC_TEMPLATES[kind])
    return filled(body, body.pick(templates), depth)


def server(body: Body, kind: str, depth: int, plain: bool) -> str:
    """A server expression."""
    names = named(body, Leaf(SERVER, kind))
    if names and (depth <= 0 or body.chance(0.4)):
        return body.pick(names)
    if depth <= 0:
        return base(body, kind, plain)
    if not plain and kind in SUMS and body.chance(0.35):
        return uploaded(body, kind, depth)
    if not plain and body.chance(0.05, "choices"):
        return choice(body, Leaf(SERVER, kind), depth)
    if kind == VECTOR and body.chance(0.3, "objects"):
        used = used_objects(body)
        if used:
            return filled(body, body.pick(used), depth, plain)
    templates = [t for t in SERVER_TEMPLATES[kind] if possible(body, t)]
    return filled(body, body.pick(templates or [CONSTANTS[kind]]), depth, plain)


def used_objects(body: Body) -> list[str]:
    """Templates of vectors that functions and optimizers made of server values give."""
    calls = [f"{name}(<V>)" for name in body.names(Leaf(SERVER, FUNCTION))]
    for name in body.names(Leaf(SERVER, OPTIMIZER)):
        calls += [f"{name}.init(<V>)", f"{name}.update(<V>, <V>)[0]", f"{name}.update(<V>, <V>)[1]"]
    return calls


def base(body: Body, kind: str, plain: bool) -> str:
    """A short expression over some name in scope, or a constant where there is none."""
    if kind in MADE_OF_BASES:
        return filled(body, MADE_OF_BASES[kind], 0)
    found = [
        form.format(name)
        for other, form in SERVER_BASES[kind]
        for name in body.names(Leaf(SERVER, other))
    ]
    sent = body.names(Leaf(CLIENTS, kind))
    if sent and not plain and (not found or body.chance(0.5)):
        return f"{body.upload(body.pick(body.module.aggregators))}({body.pick(sent)})"
    return body.pick(found) if found else CONSTANTS[kind]


def choice(body: Body, leaf: Leaf, depth: int) -> str:
    """A conditional expression on a static condition."""
    first, second = (atom(body, leaf, depth - 1) for _ in range(2))
    return f"{first} if {static(body, TRUTH, 1)} else {second}"


def uploaded(body: Body, kind: str, depth: int) -> str:
    """A message to the server."""
    mechanisms = body.module.aggregators
    if kind not in (INTEGER, TREE) and body.chance(0.2, "weighted_means"):
        return weighted_mean(body, kind, depth)
    sums = [each for each in mechanisms if each.endswith("sum")]
    if kind in (TREE, INTEGER) and not sums:
        return filled(
            body, body.pick([t for t in SERVER_TEMPLATES[kind] if possible(body, t)]), depth
        )
    if kind == SCALAR and body.chance(0.1, "integers") and "mean" in mechanisms:
        return f"{body.upload('mean')}({clients(body, INTEGER, depth - 1, False)})"
    mechanism = body.pick(sums if kind in (TREE, INTEGER) else mechanisms)
    return f"{body.upload(mechanism)}({clients(body, kind, depth - 1, False)})"


def weighted_mean(body: Body, kind: str, depth: int) -> str:
    """A weighted mean through a mechanism of the program; the weights are positive."""
    weights, valued = body.pick(WEIGHTS), kind
    if not body.has("integers") or not body.has("halves"):
        weights = SCALAR
    if kind == SCALAR and body.chance(0.3, "integers"):
        valued = INTEGER
    if kind == VECTOR and body.chance(0.2, "halves"):
        weights, valued = SCALAR, HALF
    if kind in (HALF, HALF_SCALAR):
        weights = HALF_SCALAR
    if kind in (PAIR, NAMED):
        weights = SCALAR
    value = clients(body, valued, depth - 1, False)
    how = {SCALAR: "lambda v: jnp.exp(jnp.sin(v))", INTEGER: "lambda k: jnp.abs(k) % 3 + 1"}
    how[HALF_SCALAR] = "lambda h: jnp.exp(jnp.sin(h))"
    weight = clients(body, weights, depth - 1, False)
    mechanism = body.pick(body.module.aggregators)
    keyword = "" if mechanism == "sum" else f", aggregator={body.upload(mechanism)}"
    body.upload(mechanism)
    mapped = f"{body.primitive('map')}({how[weights]}, {weight})"
    return f"{body.primitive('weighted_mean')}({value}, {mapped}{keyword})"


def clients(body: Body, kind: str, depth: int, plain: bool) -> str:
    """A client expression."""
    names = named(body, Leaf(CLIENTS, kind))
    if names and (depth <= 0 or body.chance(0.4)):
        return body.pick(names)
    if depth > 0 and body.chance(0.05, "choices"):
        return choice(body, Leaf(CLIENTS, kind), depth)
    if depth > 0 and kind in CLIENT_DISPLAYS and body.chance(0.3):
        return _client_display(body, kind, depth)
    items = [t for t in CLIENT_ITEMS.get(kind, ()) if _client_item(body, t)]
    if items and body.chance(0.3):
        return _client_item(body, body.pick(items)) or ""
    maps = [f for f in mapped_functions(body) if f.gives == kind]
    if depth > 0 and maps and body.chance(0.75):
        return mapped(body, body.pick(maps), depth)
    return f"{body.primitive('broadcast')}({server(body, kind, depth - 1, plain)})"


def _client_display(body: Body, kind: str, depth: int) -> str:
    def operand(match: re.Match[str]) -> str:
        return clients(body, LETTERS[match[1]], depth - 1, False)

    return re.sub(r"<(\w)>", operand, CLIENT_DISPLAYS[kind])


def _client_item(body: Body, template: str) -> str | None:
    """A part of a client value that has a name; None where no name stands for one."""
    letter = template[2]
    names = body.names(Leaf(CLIENTS, LETTERS[letter]))
    return body.pick(names) + template[4:] if names else None


def mapped_functions(body: Body) -> list[Function]:
    """What this computation may map."""
    return [FUNCTIONS[name] for name in body.functions]


def mapped(body: Body, function: Function, depth: int) -> str:
    """A call of map."""
    call = re.sub(r"\$(\w+)", lambda match: body.module.called[match[1]], function.call)
    call = re.sub(r"<n>", lambda _: _one_word(static(body, NUMBER, 0)), call)
    arguments = [clients(body, kind, depth - 1, False) for kind in function.takes]
    listed = call.replace("<V>", arguments[0]) if "<V>" in call else ", ".join([call, *arguments])
    return f"{body.primitive('map')}({listed})"


def _one_word(text: str) -> str:
    return text if re.fullmatch(r"\w+", text) else f"({text})"
