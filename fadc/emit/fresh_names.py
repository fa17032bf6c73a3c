"""Names that are unused in a function."""

from collections.abc import Iterable

from fadc.syntax.source.names import fresh


def fresh_names(names: Iterable[str], taken: set[str]) -> list[str]:
    """The names, with the first free number where one is taken; all are marked as taken."""
    found = []
    for name in names:
        found.append(fresh(name, taken))
        taken.add(found[-1])
    return found
