"""Names that nothing else in a function has."""

from collections.abc import Iterable

from fadc.syntax.source.names import fresh


def fresh_names(names: Iterable[str], taken: set[str]) -> list[str]:
    """The names, each with the first free number where it is taken; they are taken from then on."""
    found = []
    for name in names:
        found.append(fresh(name, taken))
        taken.add(found[-1])
    return found
