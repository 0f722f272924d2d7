"""Where configuration and models lie: in a checkout, or installed in the share folder of `affect_hri`."""

from __future__ import annotations

import os
from pathlib import Path

from affect_core.errors import ConfigError


def share_roots() -> list[Path]:
    """Folders that may hold `config/` and `models/`, best first.

    $AFFECT_HRI_SHARE, then every ament prefix's share/affect_hri, then the checkout this file lies in.
    """
    roots = [Path(p) for p in [os.environ.get("AFFECT_HRI_SHARE", "")] if p]
    prefixes = os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    roots += [Path(p) / "share" / "affect_hri" for p in prefixes if p]
    roots += [p for p in Path(__file__).resolve().parents if (p / "config" / "expressions.yaml").is_file()]
    return roots


def find_shared(relative: str | Path) -> Path:
    """The first existing ``relative`` below `share_roots`, e.g. ``config/expressions.yaml``.

    Raises:
        ConfigError: it is nowhere; the message lists the folders that were searched.
    """
    roots = share_roots()
    for root in roots:
        if (root / relative).exists():
            return root / relative
    searched = ", ".join(str(r) for r in roots) or "(no folder known)"
    raise ConfigError(
        f"expected {relative} in one of: {searched}; source the workspace, or set AFFECT_HRI_SHARE to the folder"
    )


def find_named(folder: str, name: str, suffix: str = "") -> Path:
    """A path given as it is, or a name looked up in a shared folder (``config/trials``, ``models``).

    Raises:
        ConfigError: neither a path nor a known name; the message lists the known names.
    """
    if name and Path(name).exists():
        return Path(name)
    base = find_shared(folder)
    candidate = base / f"{name}{suffix}"
    if name and candidate.exists():
        return candidate
    known = sorted(p.name.removesuffix(suffix) for p in base.iterdir() if _is_entry(p, suffix))
    raise ConfigError(
        f"unknown {Path(folder).name} entry {name!r}; known: {', '.join(known) or '(none)'}, or a path"
    )


def set_aside(folder: Path) -> Path | None:
    """Rename a folder that exists to the first free ``<name>~<n>``, so that its name can be used again.

    Returns:
        Where it is now; None if there was nothing.
    """
    if not folder.exists():
        return None
    number = 1
    while (target := folder.with_name(f"{folder.name}~{number}")).exists():
        number += 1
    return folder.rename(target)


def _is_entry(path: Path, suffix: str) -> bool:
    return path.name.endswith(suffix) if suffix else path.is_dir()
