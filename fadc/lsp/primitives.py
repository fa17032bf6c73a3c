"""Short descriptions of the primitives and their derivatives, for editors."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """A primitive's placements, what it does, and its derivatives."""

    placement: str
    does: str
    pushforward: str
    transpose: str


CARDS = {
    "broadcast": Card(
        "Server → Clients",
        "Sends a server value to every client.",
        "`broadcast(v_dot)`",
        "an upload of `v_bar` through the mechanism of the computation that is differentiated",
    ),
    "map": Card(
        "Clients… → Clients",
        "Calls a function at every client. It sees its arguments and static values only.",
        "`map` of `jax.jvp(f)`",
        "`map` of the pullback of `jax.vjp(f)`",
    ),
    "sum": Card(
        "Clients → Server",
        "Adds a client value up over the clients, leaf by leaf.",
        "`sum(v_dot)`",
        "`broadcast(v_bar)`",
    ),
    "mean": Card(
        "Clients → Server",
        "Averages a client value over the clients, leaf by leaf.",
        "`mean(v_dot)`",
        "`broadcast(v_bar / num_clients)`",
    ),
    "weighted_mean": Card(
        "Clients → Server",
        "`aggregator(weights * v) / aggregator(weights)`, leaf by leaf, in one upload.",
        "that of its definition",
        "that of its definition",
    ),
}
