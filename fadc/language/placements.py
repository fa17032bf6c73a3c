"""Placements: where a value lives, said in annotations.

`fed.Server[T]` is one `T` at the server, `fed.Clients[T]` one `T` per client, each at its client.
To a static type checker both mean `T`, so that a computation's body is checked as what it is at
run time: array code.
"""

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union


@dataclass(frozen=True, slots=True)
class Placement:
    """A placement in an annotation: bare (`fed.Server`) or of a type (`fed.Server[T]`)."""

    name: str
    types: tuple[Any, ...] = field(default=(), hash=False)

    def __getitem__(self, types: Any) -> "Placement":
        """This placement of a value of type `types`, which is anything and is not looked at."""
        return Placement(self.name, types if isinstance(types, tuple) else (types,))

    def __or__(self, other: Any) -> Any:
        return Union[self, other]  # noqa: UP007  This is what `|` is.

    def __ror__(self, other: Any) -> Any:
        return Union[other, self]  # noqa: UP007

    def __repr__(self) -> str:
        types = ", ".join(inspect.formatannotation(type_) for type_ in self.types)
        return f"fadc.{self.name}[{types}]" if self.types else f"fadc.{self.name}"


def is_clients(annotation: Any) -> bool:
    """Whether this annotation is `fed.Clients`, bare or of a type."""
    return isinstance(annotation, Placement) and annotation.name == "Clients"


if TYPE_CHECKING:
    _T = TypeVar("_T")
    Server = Annotated[_T, "at the server"]
    Clients = Annotated[_T, "at each client"]
else:
    Server = Placement("Server")
    Clients = Placement("Clients")
