import numpy as np
import pytest

from affect_core.errors import ConfigError, UnknownName
from affect_core.heads.expressions import load_expressions
from affect_core.labels import BASIC_8, COMPLEX_6
from affect_core.synth.humans.ict import load_face_model
from affect_core.synth.humans.recipes import (
    VARIANTS,
    Recipes,
    base_amounts,
    draw_shown,
    draw_variant,
    load_recipes,
    mixed,
)

SHAPES = ("browDown_R", "browDown_L", "jawOpen", "mouthLeft", "mouthRight")
GAINS = {"AU4": {"browDown": 1.5}, "AU26": {"jawOpen": 0.5, "browDown": 0.1}, "AD30": {"mouth": 1.0}}


def sides(right, left):
    return np.array([right, left])


@pytest.fixture(scope="module")
def table():
    return load_expressions()


@pytest.fixture(scope="module")
def recipes(tiny_ict):
    return load_recipes(load_face_model(tiny_ict).blendshapes)


def test_weights_worked_out_by_hand():
    weights = Recipes(GAINS, SHAPES).weights(
        {"AU4": sides(0.2, 1.0), "AU26": sides(0.4, 0.8), "AD30": sides(0.0, 0.5)}
    )
    assert weights == pytest.approx(
        {
            "browDown_R": 0.3 + 0.04,
            "browDown_L": 1.5 + 0.08,
            "jawOpen": 0.3,
            "mouthRight": 0.0,
            "mouthLeft": 0.5,
        }
    )


def test_unknown_names_are_refused():
    with pytest.raises(ConfigError, match=r"blendshapes.AU1: unknown blendshape 'smile'"):
        Recipes({"AU1": {"smile": 1.0}}, SHAPES)
    with pytest.raises(UnknownName, match="action unit 'AU99'"):
        Recipes(GAINS, SHAPES).weights({"AU99": sides(1, 1)})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("motors: {}", "expected a mapping blendshapes"),
        ("blendshapes: {AU4: 3}", "expected a mapping blendshapes"),
        ("blendshapes: {AU4: {browDown: much}}", "AU4.browDown: expected a number"),
        ("blendshapes: {AU4: {ear: 1}}", "unknown blendshape 'ear'"),
    ],
)
def test_a_wrong_table_is_named(tmp_path, text, message):
    path = tmp_path / "expressions.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=f"expressions.yaml.*{message}"):
        load_recipes(SHAPES, path)


def test_every_unit_of_the_expressions_moves_something(table, recipes):
    used = {unit for name in table.names() for unit in table.get(name).action_units}
    used |= {
        unit for row in VARIANTS.values() for variant in row for option in variant.options for unit in option
    }
    assert used <= set(recipes.units)
    for name in (*COMPLEX_6[1:], *BASIC_8[1:]):
        assert recipes.weights(base_amounts(table.get(name)))
    assert recipes.weights(base_amounts(table.get("neutral"))) == {}


def test_the_classes_are_told_apart_by_their_units(table):
    confusion, skepticism, frustration = (
        base_amounts(table.get(n)) for n in ("confusion", "skepticism", "frustration")
    )
    assert confusion["AU1"][1] > confusion["AU1"][0]  # one brow is raised
    assert "AU12" in skepticism
    assert "AU12" not in confusion
    assert frustration["AU24"].min() == 1.0  # the lips are pressed


def test_the_leading_side_is_led(table):
    right, left = (base_amounts(table.get("skepticism").led_by(side)) for side in ("right", "left"))
    assert right["AU2"].tolist() == [1.0, 0.0]
    assert left["AU2"].tolist() == [0.0, 1.0]


def test_variants_put_their_units_on_the_leading_side(table):
    row = table.get("skepticism").led_by("right")
    drawn = [draw_variant(np.random.default_rng(seed), row) for seed in range(40)]
    aside = [amounts["AD30"] for amounts in drawn if "AD30" in amounts]
    assert 5 < len(aside) < 30
    assert all(pair.tolist() == [0.3, 0.0] for pair in aside)


def test_what_is_shown_stays_within_its_range_and_near_the_recipe(table):
    for name in table.names():
        base = base_amounts(table.get(name))
        for seed in range(20):
            shown = draw_shown(np.random.default_rng(seed), base, name)
            values = np.array(list(shown.values()))
            assert (values >= 0).all()
            assert (values <= 1).all()
            for unit, amount in base.items():
                strong = amount.max() > 0.9
                assert not strong or shown[unit].max() > 0.5


def test_a_neutral_face_shows_little(table):
    shown = [draw_shown(np.random.default_rng(seed), {}, "neutral") for seed in range(50)]
    assert max(float(sides.max()) for amounts in shown for sides in amounts.values()) < 0.6
    assert any(shown)


def test_a_blend_lies_between():
    blend = mixed(
        {"AU1": sides(1.0, 0.0), "AU4": sides(1.0, 1.0)},
        {"AU4": sides(0.0, 1.0), "AU9": sides(0.5, 0.5)},
        0.6,
    )
    assert {unit: value.tolist() for unit, value in blend.items()} == {
        "AU1": pytest.approx([0.6, 0.0]),
        "AU4": pytest.approx([0.6, 1.0]),
        "AU9": pytest.approx([0.2, 0.2]),
    }
