"""``affect-hri bench``: how long the virtual head takes to draw."""

from __future__ import annotations

import click


@click.command()
@click.option("--frames", default=300, show_default=True, type=click.IntRange(20), help="Frames per look.")
def bench(frames: int) -> None:
    """Render time per 1280x720 frame with shadows and ground truth, and whether pictures repeat bit by bit.

    Times count on a quiet machine; on a busy one the processor time says what drawing itself takes.
    Exit code 1 when pictures differ from run to run.
    """
    from affect_core.bench.rendering import LIMIT_MS, digest_elsewhere, looks, time_look

    slowest, different = 0.0, []
    click.echo("look    median     min     p95  ms per 1280x720 frame   processor median")
    for look in looks():
        times = time_look(look, frames)
        clock = f"{times.median_ms:7.1f} {times.min_ms:7.1f} {times.p95_ms:7.1f}"
        click.echo(f"{look:6s} {clock}  {f'of {frames}':21s}   {times.median_cpu_ms:.1f} ms")
        slowest = max(slowest, times.median_ms)
        if digest_elsewhere(look, frames) != times.digest:
            different.append(look)
    click.echo(
        f"pictures from run to run: {'different: ' + ', '.join(different) if different else 'identical'}"
    )
    verdict = "within" if slowest <= LIMIT_MS else "above"
    click.echo(f"slowest median {slowest:.1f} ms, {verdict} the limit of {LIMIT_MS:g} ms")
    if different:
        raise SystemExit(1)
