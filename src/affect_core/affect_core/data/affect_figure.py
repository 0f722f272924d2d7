"""Where the expressions of the table lie in valence and arousal, drawn."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from affect_core.data.affect_map import AffectMap, Anchor, shared_affect_map
from affect_core.evaluation.figures import FAINT, INK, colours
from affect_core.heads.expressions import ExpressionTable

INTENSITIES: Final = (0.3, 0.6, 1.0)

_DPI: Final = 120
_SIZE_INCHES: Final = 7.2
_LIMIT: Final = 1.2
_LINE_HEIGHT: Final = 0.075

Place = tuple[float, float]


def affect_map_png(
    table: ExpressionTable,
    intensities: Sequence[float] = INTENSITIES,
    affect_map: AffectMap | None = None,
) -> bytes:
    """All expressions at some intensities, each path ending at intensity 1; a ring is where people put its word.

    Args:
        table: whose recipes are mapped.
        intensities: 0..1, rising.
        affect_map: default is the shared one.
    """
    chosen = affect_map or shared_affect_map()
    figure = Figure(figsize=(_SIZE_INCHES, _SIZE_INCHES), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _frame(axes)
    ends: dict[str, Place] = {}
    for name, colour in colours(table.names()).items():
        places = [_place(table, name, value, chosen) for value in intensities]
        ends[name] = places[-1]
        _draw(axes, places, chosen.anchors.get(name), colour)
    _name(axes, {name: end for name, end in ends.items() if end[0] < 0.0}, -_LIMIT + 0.02)
    _name(axes, {name: end for name, end in ends.items() if end[0] >= 0.0}, _LIMIT - 0.02)
    axes.set_title(
        f"Action units at intensity {', '.join(f'{value:g}' for value in intensities)}; rings: rated words"
    )
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    return stream.getvalue()


def _place(table: ExpressionTable, name: str, intensity: float, affect_map: AffectMap) -> Place:
    units = table.get(name).action_units
    return affect_map.affect(
        {unit: (intensity * sides["right"], intensity * sides["left"]) for unit, sides in units.items()}
    )


def _draw(axes: Axes, places: Sequence[Place], anchor: Anchor | None, colour: str) -> None:
    xs, ys = zip((0.0, 0.0), *places, strict=True)
    axes.plot(xs, ys, "-", color=colour, lw=1.2)
    axes.plot(xs[1:], ys[1:], "o", color=colour, ms=4.5)
    if anchor is not None:
        axes.plot(anchor.valence, anchor.arousal, "o", color=colour, mfc="none", ms=10, mew=1.2)


def _name(axes: Axes, ends: Mapping[str, Place], edge: float) -> None:
    """Names in a column at one edge, each joined to its end, none over another."""
    line = {"arrowstyle": "-", "color": FAINT, "lw": 0.6, "shrinkA": 2, "shrinkB": 4}
    behind = {"fc": "white", "ec": "none", "pad": 1.0}
    below = _LIMIT
    for name, end in sorted(ends.items(), key=lambda item: -item[1][1]):
        below = min(end[1], below - _LINE_HEIGHT)
        side = "left" if edge < 0.0 else "right"
        axes.annotate(
            name,
            end,
            (edge, below),
            arrowprops=line,
            ha=side,
            va="center",
            color=INK,
            fontsize=9,
            bbox=behind,
        )


def _frame(axes: Axes) -> None:
    axes.axhline(0.0, color=FAINT, lw=0.8, zorder=0)
    axes.axvline(0.0, color=FAINT, lw=0.8, zorder=0)
    axes.set(
        xlim=(-_LIMIT, _LIMIT), ylim=(-_LIMIT, _LIMIT), xlabel="valence", ylabel="arousal", aspect="equal"
    )
    axes.spines[:].set_color(FAINT)
    axes.tick_params(colors=FAINT, labelcolor=INK)
