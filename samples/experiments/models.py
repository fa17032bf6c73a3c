"""The models of the experiments, as plain JAX functions: parameters are dicts of arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

Params = dict[str, jax.Array]


@dataclass(frozen=True)
class Model:
    """`init(key)` makes parameters; `logits(params, x)` maps inputs (n, …) to scores (n, classes)."""

    init: Callable[[jax.Array], Params]
    logits: Callable[[Params, jax.Array], jax.Array]


def logistic_regression(inputs: int, classes: int) -> Model:
    """Multinomial logistic regression, from zero."""

    def init(key: jax.Array) -> Params:
        return {"w": jnp.zeros((inputs, classes)), "b": jnp.zeros(classes)}

    return Model(init, lambda params, x: x @ params["w"] + params["b"])


def mlp(inputs: int, hidden: int, classes: int) -> Model:
    """A network with one hidden layer of rectifiers, initialised as by He et al. 2015."""

    def init(key: jax.Array) -> Params:
        first, second = jax.random.split(key)
        return {
            "w1": jax.random.normal(first, (inputs, hidden)) * (2 / inputs) ** 0.5,
            "b1": jnp.zeros(hidden),
            "w2": jax.random.normal(second, (hidden, classes)) * (1 / hidden) ** 0.5,
            "b2": jnp.zeros(classes),
        }

    return Model(init, _mlp_logits)


def character_mlp(symbols: int, context: int, width: int = 16, hidden: int = 64) -> Model:
    """A neural language model: the embeddings of `context` characters go into an `mlp`.

    Bengio, Ducharme, Vincent and Jauvin, A Neural Probabilistic Language Model, JMLR 2003.
    """
    network = mlp(context * width, hidden, symbols)

    def init(key: jax.Array) -> Params:
        first, second = jax.random.split(key)
        table = jax.random.normal(first, (symbols, width)) * 0.3
        return {"embedding": table, **network.init(second)}

    def logits(params: Params, x: jax.Array) -> jax.Array:
        embedded = params["embedding"][x]
        return _mlp_logits(params, embedded.reshape(*x.shape[:-1], -1))

    return Model(init, logits)


def _mlp_logits(params: Params, x: jax.Array) -> jax.Array:
    hidden = jax.nn.relu(x @ params["w1"] + params["b1"])
    return hidden @ params["w2"] + params["b2"]


def cross_entropy(logits: jax.Array, y: jax.Array, mask: jax.Array) -> jax.Array:
    """The mean cross entropy in nats of the examples that the mask has; zero if it has none.

    `logits` (n, classes), `y` and `mask` (n,).
    """
    chosen = jnp.take_along_axis(logits, y[:, None], axis=1)[:, 0]
    losses = jax.nn.logsumexp(logits, axis=1) - chosen
    return jnp.sum(losses * mask) / jnp.maximum(jnp.sum(mask), 1.0)


def accuracy(logits: jax.Array, y: jax.Array, mask: jax.Array) -> jax.Array:
    """The share of the examples that the mask has whose highest score is the label's."""
    right = jnp.argmax(logits, axis=1) == y
    return jnp.sum(right * mask) / jnp.maximum(jnp.sum(mask), 1.0)


def size(params: Any) -> int:
    """The number of parameters."""
    return sum(leaf.size for leaf in jax.tree.leaves(params))
