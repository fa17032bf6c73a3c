"""Annotations that are text, some of it naming what exists for type checkers only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax.numpy as jnp
import pytest

import fadc as fed

if TYPE_CHECKING:
    from jaxtyping import Array, Float


@fed.computation
def total(w: fed.Server[Float[Array, ""]], batch: dict[str, Later]) -> fed.Server:
    return w + fed.sum(batch["x"])


@fed.computation
def unresolved(w: fed.Server[Float], x: fed.Clients[Float[Array, "d"]]) -> fed.Server[Float]:
    return w * fed.num_clients()


Later = fed.Clients


def test_names_are_resolved_at_the_first_call():
    assert total(1.0, {"x": jnp.ones(3)}) == 4.0
    with pytest.raises(ValueError, match=r"batch\['x'\]"):
        total(1.0, {"x": jnp.array(1.0)})


def test_names_for_type_checkers_do_not_matter():
    assert unresolved(2.0, jnp.ones(3)) == 6.0
