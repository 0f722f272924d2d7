"""Tables about what the models read and where they look: backgrounds, alignment, evidence on the face."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from affect_core.experiment.collect import CHECKPOINT, OVERLAP
from affect_core.experiment.markdown import interval, spread, table
from affect_core.experiment.plan import Experiment
from affect_core.experiment.results import Result
from affect_core.experiment.rows import Row

Results = Mapping[str, Result]
"""Model -> results.json."""

P0_BOX_SHARE: Final = {"amal_resnet34": 0.85, "resnet50": 0.70}
"""P0, section 4.3: "on average, ~85 % of the top-10 % important pixels fell within the face bounding box"."""
_WHERE: Final = ("area", "attention", "gradient")


def shortcut(_plan: Experiment, results: Results) -> str:
    """What becomes of the models of the main table when backgrounds change."""
    names = ("correlated", "shuffled", "plain", "gap", "followed")
    lines = []
    for model, result in results.items():
        for stage, found in _by_stage(result["shortcut"]).items():
            lines.append([stage, model, *(interval(found[name]) for name in names)])
    return table(["protocol", "model", *names], lines)


def ablation(_plan: Experiment, results: Results) -> str:
    """The same of the trainings that ask what alignment does."""
    names = ("correlated", "shuffled", "plain", "gap", "followed")
    lines = []
    for result in results.values():
        for found in _by_stage(result["ablation"]).values():
            one = next(iter(found.values()))
            cells = [interval(found[name]) for name in names]
            lines.append([one["note"], one["crop"], *cells, str(one["seeds"])])
    return table(["training", "crop", *names, "seeds"], lines)


def looks(_plan: Experiment, results: Results) -> str:
    """Attention and gradients beside the area they lie on."""
    lines = []
    for result in results.values():
        for found in _by_stage(result["ablation"]).values():
            one = next(iter(found.values()))
            cells = [spread(found.get(f"{kind}_{what}")) for kind in ("face", "regions") for what in _WHERE]
            ratio = (
                found["face_attention"]["mean"] / found["face_area"]["mean"]
                if "face_attention" in found
                else None
            )
            lines.append([one["note"], one["crop"], *cells, "-" if ratio is None else f"{ratio:.2f}"])
    heads = [f"{kind}: {what}" for kind in ("face", "eyes, brows, mouth") for what in _WHERE]
    return table(["training", "crop", *heads, "attention / area, face"], lines)


def overlap(_plan: Experiment, results: Results) -> str:
    """Of the checkpoints that are committed."""
    found = [
        {"model": model, **row}
        for model, result in results.items()
        if OVERLAP in result
        and result[OVERLAP]["weights_sha256"] == result.get(CHECKPOINT, {}).get("weights_sha256")
        for row in result[OVERLAP]["rows"]
    ]
    keys = dict.fromkeys((row["crop"], row["method"], row["model"]) for row in found)
    lines = []
    for key in keys:
        one = {r["measure"]: r for r in found if (r["crop"], r["method"], r["model"]) == key}
        cells = [interval(one[name]) if name in one else "-" for name in ("box_share", "face_share")]
        areas = [f"{one[name]['mean']:.3f}" if name in one else "-" for name in ("box_area", "face_area")]
        paper = f"{P0_BOX_SHARE[key[2]]:.2f}" if key[2] in P0_BOX_SHARE else "-"
        lines.append([*key, cells[0], areas[0], paper, cells[1], areas[1], f"{one['box_area']['n']}"])
    heads = [
        "crop",
        "method",
        "model",
        "box: share",
        "box: area",
        "box: P0",
        "face: share",
        "face: area",
        "faces",
    ]
    return table(heads, lines)


def _by_stage(rows: Iterable[Row]) -> dict[str, dict[str, Row]]:
    """Stage -> measure -> row."""
    found: dict[str, dict[str, Row]] = {}
    for row in rows:
        found.setdefault(row["stage"], {})[row["measure"]] = row
    return found
