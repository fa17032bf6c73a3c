"""Federated EM: a mixture of Gaussians from sums over the clients; k-means is its limit.

Dempster, Laird and Rubin, Maximum Likelihood from Incomplete Data via the EM Algorithm, JRSS B 39(1),
1977. The clients compute how likely each of their points belongs to each cluster, and send what the new
means are made of: soft counts and sums of points.

As the width shrinks to zero, a point belongs to its nearest mean only, and the rounds are those of
k-means (Lloyd, Least Squares Quantization in PCM, 1982). Where a mean moves a little, no point changes
sides: the derivative of k-means for the means it starts from is zero almost everywhere. EM's is not.

    python samples/em_clustering.py
    fadc transform samples/em_clustering.py --mode reverse --wrt log_width
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def log_joint(centres, log_width, x):
    """The log density of each point and cluster, all clusters equally likely; shape (n, k)."""
    squared = jnp.sum((x[:, None, :] - centres) ** 2, axis=-1)
    k, d = centres.shape
    normalisation = d * (log_width + 0.5 * jnp.log(2.0 * jnp.pi)) + jnp.log(k)
    return -0.5 * squared * jnp.exp(-2.0 * log_width) - normalisation


def expectation(centres, log_width, x):
    """The soft counts of the client's points, shape (k,), and their sums, shape (k, d)."""
    belongs = jax.nn.softmax(log_joint(centres, log_width, x), axis=-1)
    return belongs.sum(axis=0), belongs.T @ x


def surprise(centres, log_width, x):
    """The mean negative log density of the client's points."""
    return -jnp.mean(jax.nn.logsumexp(log_joint(centres, log_width, x), axis=-1))


@fed.computation
def held_out_surprise(
    centres: fed.Server[Float[Array, "k d"]],
    log_width: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    x_held_out: fed.Clients[Float[Array, "m d"]],
    rounds: int = 4,
) -> fed.Server[Float[Array, ""]]:
    """Fits the centres by some rounds of EM; the clients' mean surprise at what they held out."""
    width_at_clients = fed.broadcast(log_width)
    for _ in range(rounds):
        counts, sums = fed.sum(fed.map(expectation, fed.broadcast(centres), width_at_clients, x))
        centres = sums / (counts[:, None] + 1e-6)
    return fed.mean(fed.map(surprise, fed.broadcast(centres), width_at_clients, x_held_out))


def main():
    """Tunes the width of three clusters, of which each client has seen two."""
    keys = jax.random.split(jax.random.key(0), 2)
    means = jnp.array([[0.0, 4.0], [4.0, 0.0], [-4.0, -2.0]])
    cluster = (jnp.arange(6)[:, None] + jnp.arange(20) % 2) % 3
    points = means[cluster] + 0.8 * jax.random.normal(keys[0], (6, 20, 2))
    centres = jax.random.normal(keys[1], (3, 2))

    hypergradient = jax.jit(fed.value_and_grad(held_out_surprise, wrt="log_width"))
    log_width = jnp.log(3.0)
    for step in range(13):
        loss, (width_bar,) = hypergradient(centres, log_width, points[:, :14], points[:, 14:])
        if step % 3 == 0:
            print(f"step {step:2}: width {jnp.exp(log_width):.3f}  held-out surprise {loss:.4f}")
        log_width = log_width - 0.2 * jnp.tanh(width_bar)


if __name__ == "__main__":
    main()
