"""FAD138: fadc allows unequal-zip."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD138",
    name="unequal-zip",
    severity=Severity.ERROR,
    message="`{zip}` may be of lists of different lengths",
    help="write `strict=True`, which makes that an error, or loop over equal ranges",
    why=(
        "Python's `zip` stops at the end of the shortest list. A reverse sweep begins at the ends of "
        "all of them, which are the same iteration only where the lists are equally long."
    ),
    bad=Example(
        source="""\
import fadc as fed


@fed.computation
def weighted(
    w: fed.Server, x: fed.Clients, rounds: int = 3, others: int = 2
) -> tuple[fed.Server, list[fed.Server]]:
    models = []
    for _ in range(rounds):
        models.append(w)
        w = w - fed.mean(x)
    for k, model in zip(range(others), models):
        w = w + k * model
    return w, models
""",
        marked="zip(range(others), models)",
        message="`zip(range(others), models)` may be of lists of different lengths",
        help="write `strict=True`, which makes that an error, or loop over equal ranges",
    ),
    near_misses=(
        """\
import fadc as fed


@fed.computation
def weighted(
    w: fed.Server, x: fed.Clients, rounds: int = 3, others: int = 2
) -> tuple[fed.Server, list[fed.Server]]:
    models = []
    for _ in range(rounds):
        models.append(w)
        w = w - fed.mean(x)
    for k, model in zip(range(rounds), models):
        w = w + k * model
    return w, models
""",
        """\
import fadc as fed


@fed.computation
def weighted(
    w: fed.Server, x: fed.Clients, rounds: int = 3, others: int = 2
) -> tuple[fed.Server, list[fed.Server]]:
    models = []
    for _ in range(rounds):
        models.append(w)
        w = w - fed.mean(x)
    for k, model in zip(range(others), models, strict=True):
        w = w + k * model
    return w, models
""",
    ),
)
