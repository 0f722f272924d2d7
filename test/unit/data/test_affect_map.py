from itertools import pairwise
from math import atanh, hypot, tanh

import pytest

from affect_core.config import load_yaml
from affect_core.data.affect_map import affect, load_affect_map, shared_affect_map
from affect_core.errors import ConfigError, InputError, UnknownName
from affect_core.heads.expressions import load_expressions
from affect_core.paths import find_shared

EXPRESSIONS = load_expressions()


def _units(name, intensity=1.0):
    rows = EXPRESSIONS.get(name).action_units
    return {unit: (intensity * sides["right"], intensity * sides["left"]) for unit, sides in rows.items()}


def test_neutral_is_the_origin():
    assert affect({}) == (0.0, 0.0)
    assert affect(_units("neutral")) == (0.0, 0.0)


def test_a_sum_worked_out_by_hand():
    # Valence 0.75 x 0.5 + 0.35 x 1 = 0.725, arousal 0.25 x 0.5 + 0.2 x 1 = 0.325.
    assert affect({"AU12": (0.5, 0.5), "AU6": (1.0, 1.0)}) == pytest.approx((tanh(0.725), tanh(0.325)))


def test_mean_of_both_sides():
    assert affect({"AU4": (1.0, 0.0)}) == pytest.approx((tanh(-0.2), tanh(0.1)))


def test_a_smile_on_one_side_is_none():
    assert affect({"AU12": (0.0, 1.0)}) == (0.0, 0.0)
    assert affect({"AU12": (0.25, 1.0)}) == affect({"AU12": (0.25, 0.25)})


def test_every_unit_that_a_face_can_show_is_known():
    table = load_yaml(find_shared("config/expressions.yaml"))
    assert {*table["action_units"], *table["blendshapes"]} <= set(shared_affect_map().units)


@pytest.mark.parametrize("unit", shared_affect_map().units)
def test_monotone_in_every_unit(unit):
    weights = shared_affect_map().units[unit]
    base = {"AU4": (0.3, 0.3), "AU12": (0.4, 0.2)}
    steps = [affect({**base, unit: (amount, amount)}) for amount in (0.0, 0.25, 0.5, 0.75, 1.0)]
    for axis, weight in enumerate((weights.valence, weights.arousal)):
        rises = [(after[axis] - before[axis]) * weight for before, after in pairwise(steps)]
        assert all(rise > 0 for rise in rises) if weight else all(rise == 0 for rise in rises)


@pytest.mark.parametrize("name", EXPRESSIONS.names())
def test_near_the_rated_word(name):
    anchor = shared_affect_map().anchors[name]
    valence, arousal = affect(_units(name))
    assert hypot(valence - anchor.valence, arousal - anchor.arousal) < 0.15


@pytest.mark.parametrize("name", [name for name in EXPRESSIONS.names() if name != "neutral"])
def test_grows_with_the_intensity(name):
    weak, strong = (affect(_units(name, intensity)) for intensity in (0.3, 1.0))
    assert hypot(*strong) > hypot(*weak) > 0.05
    assert all(a * b > 0 for a, b in zip(weak, strong, strict=True))
    # Before the tanh both are the same multiple of the intensity.
    assert atanh(weak[0]) == pytest.approx(0.3 * atanh(strong[0]))


def test_where_the_expressions_lie():
    found = {name: affect(_units(name)) for name in EXPRESSIONS.names()}
    assert found["happy"][0] > 0.5
    assert found["boredom"][1] < -0.4
    assert all(found[name][1] > 0.5 for name in ("surprise", "fear", "anger"))
    assert found["sad"][0] < -0.4
    assert found["sad"][1] < 0.0
    assert all(found[name][0] < 0.0 for name in found if name not in ("neutral", "happy", "surprise"))


def test_which_side_leads_changes_nothing():
    units = _units("skepticism")
    assert affect({unit: (left, right) for unit, (right, left) in units.items()}) == pytest.approx(
        affect(units)
    )


def test_bad_input():
    with pytest.raises(UnknownName, match="AU99"):
        affect({"AU99": (1.0, 1.0)})
    for amounts in ((-0.1, 0.0), (float("nan"), 0.0), (1.0,)):
        with pytest.raises(InputError, match="AU4"):
            affect({"AU4": amounts})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("units: {}", "expected units and anchors"),
        ("units: {AU1: {valence: 1}}\nanchors: {}", "AU1"),
        ("units: {AU1: {valence: 1, arousal: high}}\nanchors: {}", "expected numbers"),
        ("units: {AU1: {valence: 1, arousal: 0, sides: both}}\nanchors: {}", "mean or weaker"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path, text, expected):
    path = tmp_path / "map.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=expected):
        load_affect_map(path)
