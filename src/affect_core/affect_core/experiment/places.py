"""Where an experiment's files lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from affect_core.experiment.plan import RunSpec


@dataclass(frozen=True)
class Places:
    """Folders of one experiment.

    Attributes:
        output: pictures, crops, checkpoints, locks: large, made again by the experiment, not for git.
        models: results: ``<model>/runs/<stage>_<seed>.json`` and ``.npz``: small, for git.
    """

    output: Path
    models: Path

    @property
    def data(self) -> Path:
        """Sets of pictures."""
        return self.output / "data"

    @property
    def locks(self) -> Path:
        """Lock files of the steps."""
        return self.output / "locks"

    def set_folder(self, name: str) -> Path:
        """A set of pictures."""
        return self.data / name

    @property
    def crops(self) -> Path:
        """Faces that were cut out of the sets."""
        return self.output / "crops"

    def run_folder(self, run: RunSpec) -> Path:
        """The model folder that a run trains; its subfolder ``work`` has the checkpoints."""
        return self.named_run_folder(run.name)

    def named_run_folder(self, name: str) -> Path:
        """The same, of a run's name."""
        return self.output / "runs" / name

    def result(self, run: RunSpec) -> Path:
        """The committed rows of a run."""
        return self.models / run.model / "runs" / f"{run.stage}_{run.seed}.json"

    def predictions(self, run: RunSpec) -> Path:
        """The committed answers of a run on every test."""
        return self.result(run).with_suffix(".npz")
