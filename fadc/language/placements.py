"""Placements: where a value is, as annotations state it.

`fed.Server[T]` is one `T` at the server, `fed.Clients[T]` one `T` per client, each at its client.

To a static type checker both mean `T`, so that a computation's body is checked as the array code
that it is at run time. To a run-time checker, such as beartype, typeguard or the import hook of
jaxtyping, they are `Annotated` types of the values passed: `fed.Server[T]` is a `T`,
`fed.Clients[T]` a `T` whose arrays have an axis of clients in front. Without a `T`, they admit
anything.
"""

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from fadc.language.checked_types import checked_type


@dataclass(frozen=True, slots=True)
class PlacementAnnotation:
    """A value's placement and its type as written (Any if there is none)."""

    name: str
    type: Any = field(default=Any, hash=False)

    def __repr__(self) -> str:
        inner = "" if self.type is Any else f"[{inspect.formatannotation(self.type)}]"
        return f"fadc.{self.name}{inner}"


class _Placed(type):
    """The type of `fed.Server` and `fed.Clients`: classes, so that all checkers take them.

    Anything is an instance of them: a value does not show where it is.
    """

    def __instancecheck__(cls, value: object) -> bool:
        return True

    def __getitem__(cls, type_: Any) -> Any:
        """The annotation of a value of this type that is placed here."""
        tag = PlacementAnnotation(cls.__name__, type_)
        try:
            checked: Any = checked_type(type_, cls.__name__ == "Clients")
            hash(checked)
            return Annotated[checked, tag]
        except (AttributeError, SyntaxError, TypeError):
            return Annotated[Any, tag]  # It is no type: nothing can be checked.

    def __repr__(cls) -> str:
        return f"fadc.{cls.__name__}"


def placement_of(annotation: Any) -> PlacementAnnotation | None:
    """The placement that an annotation denotes; None for other annotations and for composites."""
    if isinstance(annotation, _Placed):
        return PlacementAnnotation(annotation.__name__)
    tags = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    return next((tag for tag in reversed(tags) if isinstance(tag, PlacementAnnotation)), None)


if TYPE_CHECKING:
    from typing_extensions import TypeVar

    _T = TypeVar("_T", default=Any)
    Server = Annotated[_T, "at the server"]
    Clients = Annotated[_T, "at each client"]
else:

    class Server(metaclass=_Placed):
        """One value at the server: `fed.Server` or `fed.Server[T]`."""

        __module__ = "fadc"

    class Clients(metaclass=_Placed):
        """One value for each client, at its client: `fed.Clients` or `fed.Clients[T]`."""

        __module__ = "fadc"


PLACEMENTS: dict[str, Any] = {"Server": Server, "Clients": Clients}
