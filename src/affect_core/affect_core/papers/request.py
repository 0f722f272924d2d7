"""What every study is asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Request:
    """How a study is to be made.

    Attributes:
        output: folder of the report; what an interrupted call needs to go on lies in `work`.
        source: folder of the pictures, see `affect_core.papers.pictures`; None = synthetic faces are made.
        quick: minutes instead of hours; the report says which sizes that means.
        seed: of everything drawn.
        workers: processes, or threads of torch in a training.
        stand_in: robot heads instead of synthetic humans even where there is a human face model.
    """

    output: Path
    source: Path | None = None
    quick: bool = False
    seed: int = 0
    workers: int = 1
    stand_in: bool = False

    @property
    def work(self) -> Path:
        """Folder of everything that a later call can use again."""
        return self.output / "work"
