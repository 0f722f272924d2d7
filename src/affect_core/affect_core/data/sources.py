"""Where training sets come from: each source takes ``(settings, request)``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from affect_core.config import Settings, from_mapping, setting
from affect_core.data.crop_set import CropSet, join, load_crop_set, stratified
from affect_core.errors import ConfigError
from affect_core.faces.crop import CropSpec
from affect_core.registry import Registry


@dataclass(frozen=True)
class Request:
    """What a training wants from a source.

    Attributes:
        crop: how faces are cut out.
        label_names: classes, in the order of the labels.
        work: folder for what is generated for this training; it may hold such things already.
        crops: folder for what is cut out of manifests, which several trainings may share; None = ``work``.
        roots: folders that relative paths are looked up in, best first.
    """

    crop: CropSpec
    label_names: tuple[str, ...]
    work: Path
    crops: Path | None = None
    roots: tuple[Path, ...] = (Path(),)

    def find(self, path: str) -> Path:
        """An existing file or folder; raises ConfigError, which lists the places."""
        for root in self.roots:
            if (root / path).exists():
                return root / path
        places = ", ".join(str(root / path) for root in self.roots)
        raise ConfigError(f"expected {path} in one of: {places}; make it, or name the folder with --root")


SOURCES: Registry[CropSet] = Registry("data source")


@SOURCES.register("folder")
def _folder(settings: Mapping[str, Any], request: Request) -> CropSet:
    """Crops that are already on disk: ``{path: ...}``. They must have been cut out with the same crop."""
    if set(settings) != {"path"}:
        raise ConfigError(f"data source folder: expected the key path, got {', '.join(settings) or 'none'}")
    crops = load_crop_set(request.find(settings["path"]))
    if crops.crop != request.crop or crops.label_names != request.label_names:
        raise ConfigError(
            f"{settings['path']}: expected {request.crop} and labels {', '.join(request.label_names)}, "
            f"got {crops.crop} and {', '.join(crops.label_names)}; cut the set out anew"
        )
    return crops


@SOURCES.register("avatar")
def _avatar(settings: Mapping[str, Any], request: Request) -> CropSet:
    """Renders of the virtual head, generated into ``work``; what is already there is kept."""
    from affect_core.data.avatar_set import AvatarSetConfig, generate

    config = from_mapping(AvatarSetConfig, settings, "data source avatar")
    return generate(config, request.crop, request.label_names, request.work)


@dataclass(frozen=True)
class ManifestsConfig(Settings):
    """Sets of pictures with manifests, joined."""

    paths: tuple[Any, ...] = setting((), "folders; each a path, or {path, limit, repeat}")
    limit: int = setting(0, "at most so many crops in all, every class keeping its share; 0 = all", low=0)
    landmark_jitter: float = setting(
        0.0, "noise on the landmarks, standard deviation as a share of their largest extent", low=0.0
    )
    seed: int = setting(0, "of that noise, and of what is drawn when there is a limit", low=0)


@dataclass(frozen=True)
class OneSet(Settings):
    """One of the joined sets."""

    path: str = setting("", "folder of the manifest")
    limit: int = setting(0, "at most so many of its crops; 0 = all", low=0)
    repeat: int = setting(1, "how often each of its crops comes in an epoch", low=1)


@SOURCES.register("manifests")
def _manifests(settings: Mapping[str, Any], request: Request) -> CropSet:
    """Sets of pictures, cut out with the crop function and joined: ``{paths: [...]}``."""
    where = "data source manifests"
    config = from_mapping(ManifestsConfig, settings, where)
    if not config.paths:
        raise ConfigError(f"{where}: expected paths, a list of folders with manifests, got none")
    entries = [path if isinstance(path, Mapping) else {"path": path} for path in config.paths]
    crops = join([_one_set(from_mapping(OneSet, e, f"{where}: paths"), config, request) for e in entries])
    return stratified(crops, config.limit, config.seed) if config.limit else crops


def _one_set(entry: OneSet, config: ManifestsConfig, request: Request) -> CropSet:
    from affect_core.data.cut import cut
    from affect_core.data.manifest import load_manifest

    manifest = load_manifest(request.find(entry.path))
    folder = _crops_folder(manifest.folder.resolve(), config, request)
    crops = cut(manifest, request.crop, request.label_names, folder, config.landmark_jitter, config.seed)
    if entry.limit:
        crops = stratified(crops, entry.limit, config.seed)
    kind = "synthetic" if manifest.synthetic else "pictures of people"
    note = f"{manifest.name} ({kind}): {manifest.description}"
    stand_in = f"{manifest.name} stands in: {manifest.stand_in}" if manifest.stand_in else ""
    info = {**crops.info, "repeat": np.full(len(crops), entry.repeat, np.int64)}
    return replace(crops, info=info, notes=tuple(text for text in (note, stand_in) if text))


def _crops_folder(source: Path, config: ManifestsConfig, request: Request) -> Path:
    """Where a set's crops are kept. In a shared folder the name tells apart what makes other crops of one set."""
    if request.crops is None:
        return request.work / source.name
    noise = (config.landmark_jitter, config.seed if config.landmark_jitter else 0)
    key = repr((source, request.crop, request.label_names, noise))
    return request.crops / f"{source.name}-{sha256(key.encode()).hexdigest()[:8]}"
