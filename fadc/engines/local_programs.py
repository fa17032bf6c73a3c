"""A mapped function as a program for one device: traced once, outside of any mesh.

No axis names exist there, so a client function cannot send anything: `jax.lax.psum` is an error in
it, as in the embedded engine. One program serves all devices.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax

from fadc.engines.client_arrays import is_client_array
from fadc.engines.embedded import Embedded, merge
from fadc.engines.leaves import float0_zeros, is_array, is_float0
from fadc.engines.on_devices import outside_of_meshes


@dataclass(frozen=True)
class LocalProgram:
    """The program that a device runs on the rows of its clients.

    `results` are the leaves of the result in the structure of `tree`: float0 leaves, and None for
    the others, which `jaxpr` computes. `constants` are the arrays that the function captures.
    """

    jaxpr: Any
    constants: list[Any]
    results: list[Any]
    tree: Any

    def __call__(self, constants: list[Any], rows: list[Any]) -> list[Any]:
        """The results of one device."""
        found: list[Any] = jax.core.eval_jaxpr(self.jaxpr, constants, *rows)
        return found


def traced(
    function: Callable[..., Any],
    leaves: list[Any],
    tree: Any,
    static: Mapping[str, Any],
    clients: int,
) -> LocalProgram:
    """`function` for some clients side by side; `leaves` and `tree` are all clients' arguments."""
    shrunk = [_at(leaf, clients) for leaf in leaves]
    results: list[Any] = []  # A trace's note, as is the next.
    out_tree = tree

    def side_by_side(*rows: Any) -> list[Any]:
        nonlocal results, out_tree
        args = tree.unflatten(merge(shrunk, list(rows)))
        found, out_tree = jax.tree.flatten(Embedded().map(function, args, static, clients))
        results = [leaf if is_float0(leaf) else None for leaf in found]
        return [leaf for leaf in found if not is_float0(leaf)]

    types = [_type_of(leaf, clients) for leaf in leaves if is_array(leaf) and not is_float0(leaf)]
    with outside_of_meshes():
        program: Any = jax.make_jaxpr(side_by_side)(*types)
    return LocalProgram(program.jaxpr, program.consts, results, out_tree)


def _at(leaf: Any, clients: int) -> Any:
    """An argument's leaf for these clients; None for an array that is passed in."""
    if is_float0(leaf):
        return float0_zeros((clients, *leaf.shape[1:]))
    return None if is_array(leaf) else leaf


def _type_of(leaf: Any, clients: int) -> Any:
    aval: Any = jax.typeof(leaf.padded if is_client_array(leaf) else leaf)
    struct: Any = jax.ShapeDtypeStruct
    return struct((clients, *aval.shape[1:]), aval.dtype, weak_type=aval.weak_type)
