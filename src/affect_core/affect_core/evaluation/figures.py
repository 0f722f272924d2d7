"""The plots of a report as PNG bytes; None where there is nothing to draw. No pyplot: its state is global."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from affect_core.evaluation.calibration import Calibration, calibrate
from affect_core.evaluation.records import FrameRecord, TruthEvent
from affect_core.evaluation.scoring import judge, score
from affect_core.evaluation.summary import LATENCIES, Summary
from affect_core.types import Floats

INK, FAINT = "#1f2933", "#9aa5b1"
COLOURS = {
    "neutral": "#b8c1cc",
    "confusion": "#4c78a8",
    "frustration": "#e45756",
    "skepticism": "#f2a93b",
    "disapproval": "#8c6bb1",
    "boredom": "#54a27a",
}
SPARE = ("#72b7b2", "#ff9da6", "#9d755d", "#eeca3b", "#439894", "#d67195", "#79706e", "#b279a2")
DPI = 130
LAG_BAR_MS = 100.0
ROW_S = 60.0
"""A timeline longer than this is broken into rows."""


def colours(labels: Sequence[str]) -> dict[str, str]:
    """One colour per label, the same one in every report for the complex emotions."""
    others = [label for label in labels if label not in COLOURS]
    spare = {label: SPARE[index % len(SPARE)] for index, label in enumerate(others)}
    return {label: COLOURS.get(label) or spare[label] for label in labels}


def confusion_png(summary: Summary) -> bytes | None:
    """Counts, coloured by their share of the row; rows are the truth."""
    labels, counts = summary["confusion"]["labels"], np.array(summary["confusion"]["matrix"], dtype=float)
    if not counts.size:
        return None
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
    figure, axes = new_figure(1.6 + 0.78 * len(labels), 1.3 + 0.66 * len(labels))
    axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
    for row, column in np.ndindex(*counts.shape):
        _cell(axes, row, column, int(counts[row, column]), shares[row, column])
    axes.set_xticks(range(len(labels)), labels, rotation=30, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xlabel("read")
    axes.set_ylabel("commanded")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return to_png(figure)


def per_class_png(summary: Summary) -> bytes | None:
    """Precision, recall and F1 of every class that occurs."""
    scores = {label: value for label, value in summary["per_class"].items() if value["n"]}
    if not scores:
        return None
    figure, axes = new_figure(7.2, 1.2 + 0.52 * len(scores))
    places = np.arange(len(scores))
    for offset, (key, colour) in enumerate(
        (("precision", "#9ecae1"), ("recall", "#4292c6"), ("f1", "#084594"))
    ):
        values = [value[key] or 0.0 for value in scores.values()]
        axes.barh(places + 0.26 * (offset - 1), values, 0.24, color=colour, label=key.replace("f1", "F1"))
    axes.set_yticks(places, [f"{label}  (n = {value['n']})" for label, value in scores.items()])
    axes.invert_yaxis()
    axes.set_xlim(0.0, 1.0)
    axes.grid(axis="x", color="#e4e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(length=0)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncol=3, frameon=False)
    return to_png(figure)


def latency_png(summary: Summary, records: Sequence[FrameRecord]) -> bytes | None:
    """Histogram of the latency with its percentiles."""
    values = [record.latency_ms for record in records if not math.isnan(record.latency_ms)]
    if not values:
        return None
    figure, axes = new_figure(7.2, 3.2)
    axes.hist(
        values, bins=min(60, max(10, len(values) // 8)), color="#9ecae1", edgecolor="white", linewidth=0.4
    )
    for share, style in zip(LATENCIES, ("-", "--", ":"), strict=True):
        value = summary["latency_ms"][f"p{share}"]
        axes.axvline(value, color=INK, linestyle=style, linewidth=1.2, label=f"p{share}  {value:.1f} ms")
    axes.set_xlabel("latency, ms")
    axes.set_ylabel("frames")
    axes.legend(frameon=False)
    return to_png(figure)


def lag_png(lags_ms: Sequence[float], missed: int | None) -> bytes | None:
    """Histogram of the lags, 100 ms wide bars; what was never read stands in the legend."""
    if not lags_ms:
        return None
    figure, axes = new_figure(7.2, 3.2)
    low, high = (
        LAG_BAR_MS * bound(f(lags_ms) / LAG_BAR_MS) for bound, f in ((math.floor, min), (math.ceil, max))
    )
    edges = np.arange(low, max(high, low + LAG_BAR_MS) + 1.0, LAG_BAR_MS)
    axes.hist(lags_ms, bins=edges.tolist(), color="#9ecae1", edgecolor="white", linewidth=0.4)
    middle = float(np.median(lags_ms))
    axes.axvline(middle, color=INK, linewidth=1.2, label=f"median  {middle:.0f} ms")
    axes.plot([], [], " ", label=f"never read: {missed or 0} of {len(lags_ms) + (missed or 0)}")
    axes.set_xlabel("from settled to the first stable correct label, ms")
    axes.set_ylabel("expressions")
    axes.legend(frameon=False)
    return to_png(figure)


def reliability_png(calibration: Calibration | None) -> bytes | None:
    """Accuracy over confidence, before and after temperature scaling; the area of a point is its share of the frames."""
    if calibration is None:
        return None
    figure, axes = new_figure(5.2, 4.6)
    axes.plot([0.0, 1.0], [0.0, 1.0], color=FAINT, linewidth=1.0, linestyle="--")
    for name, found, colour in (
        ("as read", calibration.before, "#e45756"),
        ("scaled", calibration.after, "#4c78a8"),
    ):
        label = f"{name}: calibration error {found.ece:.3f}"
        axes.plot(found.confidence, found.accuracy, color=colour, linewidth=1.0, alpha=0.6, label=label)
        axes.scatter(
            found.confidence, found.accuracy, 600.0 * found.count / calibration.n, color=colour, alpha=0.6
        )
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, 1.05)
    axes.set_xlabel("confidence")
    axes.set_ylabel("accuracy")
    axes.legend(frameon=False, loc="upper left")
    return to_png(figure)


def timeline_png(events: Sequence[TruthEvent], records: Sequence[FrameRecord]) -> bytes | None:
    """Probabilities over time under the commanded label; small triangles mark the settle instants."""
    if not records:
        return None
    labels = list(dict.fromkeys(label for record in records for label in record.labels))
    paint = colours(list(dict.fromkeys([*labels, *(event.label for event in events if event.label)])))
    start_ns = min([event.stamp_ns for event in events] + [record.stamp_ns for record in records])
    end_s = (
        max([event.stamp_ns for event in events] + [record.stamp_ns for record in records]) - start_ns
    ) / 1e9
    rows = max(1, math.ceil(round(end_s / ROW_S, 6)))
    figure = Figure(figsize=(12.0, 0.9 + 1.9 * rows), dpi=DPI, layout="constrained")
    grid = figure.subplots(rows, 1, squeeze=False)[:, 0]
    times, shares = _stack(labels, start_ns, records)
    for row, axes in enumerate(grid):
        low_s, high_s = row * ROW_S, (row + 1) * ROW_S if rows > 1 else max(end_s, 1e-3)
        _probabilities(axes, labels, paint, *_within(times, shares, low_s, high_s))
        for event, following in pairwise(events):
            until_s = (following.stamp_ns - start_ns) / 1e9
            if event.label and until_s >= low_s and (event.stamp_ns - start_ns) / 1e9 <= high_s:
                _band(axes, event, until_s, start_ns, paint)
        axes.set_xlim(low_s, high_s)
        axes.set_ylim(0.0, 1.24 if any(event.label for event in events) else 1.02)
    grid[-1].set_xlabel("time, s")
    handles = [axes for axes in grid[0].collections if not axes.get_label().startswith("_")]
    figure.legend(handles=handles, loc="outside lower center", ncol=max(1, len(handles)), frameon=False)
    return to_png(figure)


def _within(times: Floats, shares: Floats, low_s: float, high_s: float) -> tuple[Floats, Floats]:
    """What a row shows, and one frame on either side; all in every row takes minutes for half an hour."""
    first, last = np.searchsorted(times, low_s, "right") - 1, np.searchsorted(times, high_s)
    part = slice(max(0, int(first)), int(last) + 1)
    return times[part], shares[:, part]


def _probabilities(
    axes: Axes, labels: Sequence[str], paint: dict[str, str], times: Floats, shares: Floats
) -> None:
    if labels:
        paints = [paint[label] for label in labels]
        axes.stackplot(times, shares, labels=labels, colors=paints, linewidth=0, step="post")
    axes.set_yticks([0.0, 0.5, 1.0])
    axes.set_ylabel("probability")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(colors=INK, labelsize=9)


def _band(axes: Axes, event: TruthEvent, end_s: float, start_ns: int, paint: dict[str, str]) -> None:
    """The commanded label above the probabilities."""
    at_s, settled_s = (event.stamp_ns - start_ns) / 1e9, (event.settled_ns - start_ns) / 1e9
    axes.fill_between([at_s, end_s], 1.05, 1.22, color=paint[event.label], linewidth=0)
    axes.axvline(at_s, color="white", linewidth=1.2)
    axes.text(
        (at_s + end_s) / 2.0, 1.135, event.label, ha="center", va="center", size=8, color=INK, clip_on=True
    ).set_visible(end_s - at_s > 1.5)
    if settled_s < end_s:
        axes.plot([settled_s], [1.03], marker="v", markersize=4, color=INK, linewidth=0)
        axes.plot([settled_s, settled_s], [0.0, 1.0], color=INK, linewidth=0.6, linestyle=(0, (2, 2)))


def _stack(labels: Sequence[str], start_ns: int, records: Sequence[FrameRecord]) -> tuple[Floats, Floats]:
    """Times (N,) and probabilities (C, N); a frame without an estimate is a gap: all zero.

    Every frame lasts until the next one; the last frame stands twice, so that it has a width, too.
    """
    times = [(record.stamp_ns - start_ns) / 1e9 for record in records]
    step_s = (times[-1] - times[0]) / max(1, len(times) - 1)
    shares = [
        dict(zip(record.labels, record.probabilities or (), strict=True))
        for record in [*records, records[-1]]
    ]
    columns = [[share.get(label, 0.0) for label in labels] for share in shares]
    return np.array([*times, times[-1] + step_s]), np.array(columns).reshape(len(columns), len(labels)).T


def _cell(axes: Axes, row: int, column: int, count: int, share: float) -> None:
    colour = "white" if share > 0.55 else INK if count else FAINT
    axes.text(column, row, str(count), ha="center", va="center", color=colour, size=10)


def new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    """An empty plot of this size, inches, in the style of all reports."""
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK, labelsize=9)
    return figure, axes


def to_png(figure: Figure) -> bytes:
    """The same bytes for the same plot."""
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return buffer.getvalue()


def figures(
    summary: Summary, events: Iterable[TruthEvent], records: Iterable[FrameRecord]
) -> dict[str, bytes | None]:
    """All plots: file name -> PNG, or None where there is nothing to draw."""
    events, records = list(events), list(records)
    result, judged = score(events, records), judge(events, records)
    return {
        "timeline.png": timeline_png(events, records),
        "confusion.png": confusion_png(summary),
        "per_class.png": per_class_png(summary),
        "lag.png": lag_png(result.lag_ms, result.missed),
        "reliability.png": reliability_png(calibrate(judged)),
        "latency.png": latency_png(summary, records),
    }
