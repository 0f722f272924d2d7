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

    def crops(self, name: str, crop: str, labels: str) -> Path:
        """The faces of a set, cut out one way, with the classes of one label set."""
        return self.output / "crops" / f"{crop}-{labels}" / name

    def run_folder(self, run: RunSpec) -> Path:
        """The model folder that a run trains; its subfolder ``work`` has the checkpoints."""
        return self.output / "runs" / run.model / f"{run.stage}_{run.seed}"

    def result(self, run: RunSpec) -> Path:
        """The committed rows of a run."""
        return self.models / run.model / "runs" / f"{run.stage}_{run.seed}.json"

    def predictions(self, run: RunSpec) -> Path:
        """The committed answers of a run on every test."""
        return self.result(run).with_suffix(".npz")
