"""The face stage on rendered clips, against stock MTCNN on every frame: how fast, and whether it sees the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import median
from typing import Any, Final

import numpy as np

from affect_core import torch_compat
from affect_core.bench.clips import SCENES, Person, play
from affect_core.bench.targets import Line, single, versus
from affect_core.faces import CropSpec, FaceConfig, FaceStage, iou_matrix
from affect_core.threads import one_thread_per_caller
from affect_core.types import Floats, Frame

FRAMES: Final = 90
"""Of each scene."""

JUDGED_SEED: Final = 100
"""Settings were chosen on the scenes of small seeds; these others are judged."""

STEADY: Final = ("turns", "turns_robot", "walking", "photograph")
"""Scenes in which somebody is there all the time: the steady state, searches included."""

_OVERLAP: Final = 0.7
_REAL: Final = 0.3
"""Overlap with a person's face from which stock MTCNN is taken to have found that face, and no pattern on the wall."""

_STOCK, _OURS, _TORCH = "stock", "ours", "mtcnn"


@dataclass(frozen=True, eq=False)
class Seen:
    """What one program saw in one frame.

    Attributes:
        boxes_xyxy: (N, 4). landmarks_xy: (N, 5, 2).
        wall_ms, cpu_ms: time by the clock and on the processor (all threads).
        searched: whether the whole image was searched.
    """

    boxes_xyxy: Floats
    landmarks_xy: Floats
    wall_ms: float
    cpu_ms: float
    searched: bool = True


@dataclass(frozen=True, eq=False)
class Row:
    """One frame of a clip: who is there, and what each program saw."""

    scene: str
    number: int
    people: tuple[Person, ...]
    seen: dict[str, Seen]


Watcher = Callable[[Frame], Seen]


def lines(frames: int = FRAMES) -> list[Line]:
    """All lines of this part, for `make bench`; ``frames`` of each scene, one thread as in the programs."""
    one_thread_per_caller()
    rows = judged(frames=frames)
    return [ratio_line(rows), torch_line(rows), iou_line(rows)]


def judged(seed: int = JUDGED_SEED, frames: int = FRAMES) -> list[Row]:
    """All scenes, seen by stock MTCNN, by our stage, and by our stage with facenet-pytorch on every frame."""
    return list(chain.from_iterable(watch(name, seed, frames, programs()) for name in SCENES))


def programs() -> dict[str, Watcher]:
    """New ones, without memory of other clips."""
    return {
        _STOCK: stock(),
        _OURS: stage(FaceConfig()),
        _TORCH: stage(FaceConfig(detector="mtcnn", tracking=False)),
    }


def watch(scene: str, seed: int, frames: int, watchers: dict[str, Watcher]) -> Iterable[Row]:
    """Show a scene to several programs, one after the other: each in its own stride, as it would run by itself."""
    clip = list(play(scene, seed, frames))
    seen = {name: [watcher(shown.frame) for shown in clip] for name, watcher in watchers.items()}
    for number, shown in enumerate(clip):
        yield Row(scene, number, shown.people, {name: items[number] for name, items in seen.items()})


def stock() -> Watcher:
    """facenet-pytorch's MTCNN as it comes, one thread, on the whole frame."""
    torch_compat.use_threads(1)
    torch_compat.torchvision()
    from facenet_pytorch import MTCNN

    net: Any = MTCNN()

    def see(frame: Frame) -> Seen:
        (boxes, _, points), wall_ms, cpu_ms = _timed(lambda: net.detect(frame.image_rgb, landmarks=True))
        if boxes is None:
            return Seen(np.zeros((0, 4)), np.zeros((0, 5, 2)), wall_ms, cpu_ms)
        return Seen(np.asarray(boxes, np.float64), np.asarray(points, np.float64), wall_ms, cpu_ms)

    return see


def stage(config: FaceConfig) -> Watcher:
    """Our stage with ``config``, crops included."""
    faces = FaceStage(config, CropSpec(112, 0.05))

    def see(frame: Frame) -> Seen:
        found, wall_ms, cpu_ms = _timed(lambda: faces.process(frame))
        boxes = [face.detection.box_xyxy for face in found.faces]
        points = [face.detection.landmarks_xy for face in found.faces]
        return Seen(
            np.array(boxes).reshape(-1, 4),
            np.array(points).reshape(-1, 5, 2),
            wall_ms,
            cpu_ms,
            searched=not np.isnan(found.detect_ms),
        )

    return see


def ratio_line(rows: Sequence[Row]) -> Line:
    """Mean time of stock MTCNN / of ours in the steady scenes; ours with the searches in it."""
    steady = _steady(rows)
    ours, other = ([row.seen[name] for row in steady] for name in (_OURS, _STOCK))
    return versus(
        "face_stage_ratio",
        _mean([seen.wall_ms for seen in ours]),
        _mean([seen.wall_ms for seen in other]),
        "ms",
        len(steady),
        ratio_cpu=round(_mean([s.cpu_ms for s in other]) / _mean([s.cpu_ms for s in ours]), 1),
        searched_share=round(_mean([seen.searched for seen in ours]), 3),
        times_ours=_summary(ours),
        times_ours_searching=_summary([seen for seen in ours if seen.searched]),
        times_other=_summary(other),
    )


def torch_line(rows: Sequence[Row]) -> Line:
    """The same against our own stage with facenet-pytorch on every frame, 640 px wide, faces from 80 px."""
    steady = _steady(rows)
    ours, other = ([row.seen[name] for row in steady] for name in (_OURS, _TORCH))
    ours_ms, other_ms = (_mean([seen.wall_ms for seen in item]) for item in (ours, other))
    return Line(
        "face_stage_vs_mtcnn_640",
        ours_ms,
        other_ms,
        "ms",
        other_ms / ours_ms,
        len(steady),
        "none",
        True,
        {"times_ours": _summary(ours), "times_other": _summary(other)},
    )


def iou_line(rows: Sequence[Row]) -> Line:
    """Share of the frames in which ours overlaps every face that stock MTCNN finds by 0.7 or more."""
    good, count = agreement(rows)
    scenes = dict.fromkeys(row.scene for row in rows)
    per_scene = {name: agreement([row for row in rows if row.scene == name]) for name in scenes}
    unfiltered_good, unfiltered = agreement(rows, all_of_stock=True)
    return single(
        "face_stage_iou",
        good / count if count else float("nan"),
        count,
        scenes={name: f"{right} of {total}" for name, (right, total) in per_scene.items()},
        with_what_is_no_face=f"{unfiltered_good} of {unfiltered}",
        stray_boxes=sum(_strays(row, _OURS) for row in rows),
        stray_boxes_stock=sum(_strays(row, _STOCK) for row in rows),
    )


def agreement(rows: Sequence[Row], ours: str = _OURS, all_of_stock: bool = False) -> tuple[int, int]:
    """Frames in which ``ours`` overlaps all that stock MTCNN finds, and frames in which it finds anything.

    What overlaps no person is left out (stock MTCNN also finds patterns on walls), as are faces below our smallest;
    unless ``all_of_stock``.
    """
    good = count = 0
    for row in rows:
        wanted = row.seen[_STOCK].boxes_xyxy
        if not all_of_stock:
            wanted = wanted[_is_person(wanted, row.people) & _is_large(wanted)]
        if len(wanted):
            count += 1
            overlap = iou_matrix(wanted, row.seen[ours].boxes_xyxy)
            good += bool(overlap.size and (overlap.max(axis=1) >= _OVERLAP).all())
    return good, count


def _steady(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.scene in STEADY and row.number > 0]


def _strays(row: Row, name: str) -> int:
    boxes = row.seen[name].boxes_xyxy
    return int(np.count_nonzero(~_is_person(boxes, row.people) & _is_large(boxes)))


def _is_person(boxes: Floats, people: Sequence[Person]) -> Any:
    if not people:
        return np.zeros(len(boxes), bool)
    truth = np.nan_to_num(np.stack([person.box_xyxy for person in people]))
    return (iou_matrix(boxes, truth) >= _REAL).any(axis=1)


def _is_large(boxes: Floats) -> Any:
    return (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0.0) >= FaceConfig().min_face_px


def _timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    started_s, cpu_started_s = time.perf_counter(), time.process_time()
    result = work()
    cpu_ms = 1e3 * (time.process_time() - cpu_started_s)
    return result, 1e3 * (time.perf_counter() - started_s), cpu_ms


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def _summary(seen: Sequence[Seen]) -> dict[str, float]:
    """Mean, median, minimum, processor time; milliseconds."""
    if not seen:
        return {}
    wall_ms, cpu_ms = [item.wall_ms for item in seen], [item.cpu_ms for item in seen]
    return {
        "mean_ms": round(_mean(wall_ms), 3),
        "median_ms": round(median(wall_ms), 3),
        "min_ms": round(min(wall_ms), 3),
        "cpu_mean_ms": round(_mean(cpu_ms), 3),
        "cpu_median_ms": round(median(cpu_ms), 3),
    }
