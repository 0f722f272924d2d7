import numpy as np
import pytest

from affect_core.avatar import Segment
from affect_core.data.crop_set import NO_SEGMENT
from affect_core.data.masks import MASK_KINDS, membership
from affect_core.errors import UnknownName


def members(kind):
    return {Segment(value) for value in np.flatnonzero(membership(kind))}


def test_which_segments_belong_to_which_mask():
    assert members("background") == {Segment.WALL}
    assert members("regions") == {Segment.EYE, Segment.LID, Segment.BROW, Segment.LIP, Segment.MOUTH}
    assert members("face") == members("regions") | {Segment.SKIN, Segment.NOSE}


@pytest.mark.parametrize("kind", MASK_KINDS)
def test_what_is_not_known_belongs_to_none(kind):
    assert not membership(kind)[NO_SEGMENT]


def test_unknown_mask():
    with pytest.raises(UnknownName, match="face, regions"):
        membership("ears")
