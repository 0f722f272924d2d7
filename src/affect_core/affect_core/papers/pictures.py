"""The faces that a study looks at: a set that somebody has, or synthetic ones."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from affect_core.data.manifest import SET_FILE, Manifest, load_manifest
from affect_core.data.real import REAL_SETS, import_set
from affect_core.errors import InputError
from affect_core.files import claim
from affect_core.papers.request import Request
from affect_core.synth.faces import has_humans, make_faces
from affect_core.synth.humans.base import HumanSetConfig

_CLAIM_FILE: Final = "asked.yaml"


@dataclass(frozen=True)
class Pictures:
    """A set with what a report must say about it.

    Attributes:
        manifest: the set.
        about: sentence on where the pictures come from.
        warnings: sentences that stand at the top of the report.
    """

    manifest: Manifest
    about: str
    warnings: tuple[str, ...] = ()


def pictures(request: Request, faces: HumanSetConfig, name: str = "faces") -> Pictures:
    """The faces of a study.

    Args:
        request: its ``source`` is a folder with a manifest, or one that a real set was unpacked into, in any layout
            of `REAL_SETS`; None = ``faces`` are generated.
        faces: what to generate; ``request.seed`` is added to its seed.
        name: of the folder below ``request.work``.

    Raises:
        InputError: the source has neither a manifest nor a known layout; says what every reader looked for.
        ConfigError: the work folder holds something else.
    """
    if request.source is not None:
        return _given(request.source, request.work / name)
    stand_in = request.stand_in or not has_humans()
    config = replace(faces, seed=faces.seed + request.seed)
    folder = request.work / name
    claim(folder / _CLAIM_FILE, {**asdict(config), "stand_in": stand_in})
    made = make_faces(config, folder, request.workers, stand_in)
    warnings = ["Synthetic pictures: their labels are the recipes that they were rendered from."]
    if stand_in:
        warnings.append("Procedural robot heads stand in for humans: the human face model was not used.")
    return Pictures(made, f"{len(made)} synthetic faces ({made.description})", tuple(warnings))


def _given(source: Path, folder: Path) -> Pictures:
    if (source / SET_FILE).is_file():
        manifest = load_manifest(source)
        return Pictures(manifest, f"{manifest.name}: {manifest.description}", _warnings(manifest))
    refused = []
    for kind in REAL_SETS.names():
        try:
            REAL_SETS.build(kind, source)
        except InputError as error:
            refused.append(f"{kind}: {error}")
            continue
        made = import_set(kind, source, folder)
        about = f"{kind} from {source.name}: {len(made.manifest)} faces, {len(made.left_out)} left out"
        return Pictures(made.manifest, about, _warnings(made.manifest))
    raise InputError(
        f"{source}: expected {SET_FILE}, or a set in a layout that is known; " + "; ".join(refused)
    )


def _warnings(manifest: Manifest) -> tuple[str, ...]:
    said = "Synthetic pictures: their labels are the recipes that they were rendered from."
    return tuple(w for w in (said if manifest.synthetic else "", manifest.stand_in) if w)
