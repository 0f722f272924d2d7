"""One registry per choice: camera, detector, architecture, runtime, explainer, head."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from affect_core.errors import UnknownName

T = TypeVar("T")


class Registry(Generic[T]):
    """Names to builders. Builders import what is heavy, so that listing names costs nothing.

    >>> heads: Registry[object] = Registry("head")
    >>> @heads.register("none")
    ... def build() -> object:
    ...     return object()
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._builders: dict[str, Callable[..., T]] = {}

    def register(self, name: str) -> Callable[[Callable[..., T]], Callable[..., T]]:
        """Decorator: make ``name`` known. A second registration of a name is a programming error."""

        def add(builder: Callable[..., T]) -> Callable[..., T]:
            if name in self._builders:
                raise ValueError(f"{self.kind} {name!r} is registered twice")
            self._builders[name] = builder
            return builder

        return add

    def get(self, name: str) -> Callable[..., T]:
        """The builder of ``name``; raises UnknownName, which lists the known names."""
        try:
            return self._builders[name]
        except KeyError:
            raise UnknownName(self.kind, name, self._builders) from None

    def build(self, name: str, *args: object, **kwargs: object) -> T:
        """Call the builder of ``name``."""
        return self.get(name)(*args, **kwargs)

    def names(self) -> tuple[str, ...]:
        """All registered names, sorted."""
        return tuple(sorted(self._builders))

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __contains__(self, name: object) -> bool:
        return name in self._builders
