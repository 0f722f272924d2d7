"""As many pictures of every expression from either group, and a table of what was left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from affect_core.data.manifest import Manifest
from affect_core.errors import InputError
from affect_core.files import file_sha256
from affect_core.subgroups.groups import UNDETERMINED, Groups

Indices = NDArray[np.int64]

_SEED: Final = 1


@dataclass(frozen=True)
class Counted:
    """One expression, like a row of P3's table I.

    Attributes:
        label: of the expression.
        total: pictures.
        duplicates: the same picture once more.
        of_groups: pictures of either group, without duplicates.
        undetermined: of neither.
        chosen: taken from either group.
    """

    label: str
    total: int
    duplicates: int
    of_groups: tuple[int, int]
    undetermined: int
    chosen: int


@dataclass(frozen=True, eq=False)
class Balanced:
    """What was chosen.

    Attributes:
        chosen: records, in the manifest's order.
        counts: one for each expression.
    """

    chosen: Indices
    counts: tuple[Counted, ...]


def balance(
    manifest: Manifest, labels: Sequence[str], groups: Groups, most: int = 0, seed: int = 0
) -> Balanced:
    """Choose pictures, the same number of every expression and group; P3, section II.A.

    The mixed set is the union of the two groups. What has the same bytes and the same box is a duplicate.

    Args:
        manifest: the set.
        labels: the expressions.
        groups: of its records.
        most: pictures of an expression and group, at most; 0 = as many as the rarest has.
        seed: of the draw.

    Raises:
        InputError: there is an expression and group without pictures; says which.
    """
    names = np.array([record.label for record in manifest.records])
    first = _first_of_its_kind(manifest, np.flatnonzero(np.isin(names, labels)))
    cells = {
        (label, group): np.flatnonzero((names == label) & (groups.of == group) & first)
        for label in labels
        for group in (0, 1)
    }
    empty = [f"{label} ({groups.names[group]})" for (label, group), found in cells.items() if not len(found)]
    if empty:
        raise InputError(
            f"expected pictures of every expression from both groups of {groups.attribute!r}, found none of "
            f"{', '.join(empty)}; leave the expression out, or compare other groups"
        )
    each = min(map(len, cells.values()))
    each = min(each, most) if most else each
    rng = np.random.default_rng([_SEED, seed])
    chosen = np.sort(np.concatenate([rng.permutation(found)[:each] for found in cells.values()]))
    return Balanced(chosen, tuple(_count(label, names, first, groups, each) for label in labels))


def _first_of_its_kind(manifest: Manifest, wanted: Indices) -> NDArray[np.bool_]:
    """(N,): wanted, and not the same picture as an earlier one. A picture that is missing is dropped later on."""
    first = np.zeros(len(manifest), np.bool_)
    seen = set()
    for index in tqdm(wanted, "duplicates", unit="picture", disable=None):
        record = manifest.records[index]
        path = manifest.image_path(record)
        key = (file_sha256(path) if path.is_file() else record.image, record.box_xyxy)
        first[index] = key not in seen
        seen.add(key)
    return first


def _count(
    label: str, names: NDArray[np.str_], first: NDArray[np.bool_], groups: Groups, each: int
) -> Counted:
    here = names == label
    kept = here & first
    return Counted(
        label=label,
        total=int(here.sum()),
        duplicates=int((here & ~first).sum()),
        of_groups=(int((kept & (groups.of == 0)).sum()), int((kept & (groups.of == 1)).sum())),
        undetermined=int((kept & (groups.of == UNDETERMINED)).sum()),
        chosen=each,
    )
