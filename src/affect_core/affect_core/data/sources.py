"""Where training sets come from: each source takes ``(settings, crop, label_names, work)``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from affect_core.data.crop_set import CropSet, load_crop_set
from affect_core.errors import ConfigError
from affect_core.faces.crop import CropSpec
from affect_core.registry import Registry

SOURCES: Registry[CropSet] = Registry("data source")


@SOURCES.register("folder")
def _folder(
    settings: Mapping[str, Any], crop: CropSpec, label_names: tuple[str, ...], _work: Path
) -> CropSet:
    """A set that is already on disk: ``{path: ...}``. It must have been cut out with the same crop."""
    if set(settings) != {"path"}:
        raise ConfigError(f"data source folder: expected the key path, got {', '.join(settings) or 'none'}")
    crops = load_crop_set(Path(settings["path"]))
    if crops.crop != crop or crops.label_names != label_names:
        raise ConfigError(
            f"{settings['path']}: expected {crop} and labels {', '.join(label_names)}, "
            f"got {crops.crop} and {', '.join(crops.label_names)}; cut the set out anew"
        )
    return crops


@SOURCES.register("avatar")
def _avatar(settings: Mapping[str, Any], crop: CropSpec, label_names: tuple[str, ...], work: Path) -> CropSet:
    """Renders of the virtual head, generated into ``work``; what is already there is kept."""
    from affect_core.config import from_mapping
    from affect_core.data.avatar_set import AvatarSetConfig, generate

    config = from_mapping(AvatarSetConfig, settings, "data source avatar")
    return generate(config, crop, label_names, work)
