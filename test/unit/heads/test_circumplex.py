"""Valence and arousal choose the expression of a head: by direction, with the distance as intensity."""

import math

import pytest

from affect_core.data.affect_map import shared_affect_map
from affect_core.errors import InputError
from affect_core.heads.circumplex import nearest_expression
from affect_core.heads.expressions import load_expressions

NAMES = load_expressions().names()
ANCHORS = {name: one for name, one in shared_affect_map().anchors.items() if name in NAMES}


@pytest.mark.parametrize("name", [name for name in ANCHORS if name != "neutral"])
def test_an_anchor_is_its_own_expression_and_half_way_is_half_of_it(name):
    anchor = ANCHORS[name]
    found, intensity = nearest_expression(anchor.valence, anchor.arousal, NAMES)
    same_way = {
        other
        for other, one in ANCHORS.items()
        if other != "neutral"
        and math.isclose(
            math.atan2(one.arousal, one.valence), math.atan2(anchor.arousal, anchor.valence), abs_tol=1e-9
        )
    }
    assert found in same_way and intensity == pytest.approx(1.0)
    assert nearest_expression(0.5 * anchor.valence, 0.5 * anchor.arousal, NAMES) == (
        found,
        pytest.approx(0.5),
    )


@pytest.mark.parametrize(
    ("valence", "arousal", "expected", "intensity"),
    [
        (0.0, 0.0, "neutral", 1.0),
        (0.09, 0.0, "neutral", 1.0),
        (1.0, 0.63, "happy", 1.0),  # beyond the anchor (0.81, 0.51)
        (0.2, 0.335, "surprise", 0.5),  # half of (0.40, 0.67)
    ],
)
def test_by_hand(valence, arousal, expected, intensity):
    assert nearest_expression(valence, arousal, NAMES) == (expected, pytest.approx(intensity))


def test_only_what_the_head_can_show():
    assert nearest_expression(0.81, 0.51, ["surprise", "sad"])[0] == "surprise"


@pytest.mark.parametrize("values", [(math.nan, 0.0), (0.0, 1.01), (-math.inf, 0.0)])
def test_what_is_no_place_on_the_circumplex(values):
    with pytest.raises(InputError, match="from -1 to 1"):
        nearest_expression(*values, NAMES)
