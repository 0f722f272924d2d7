from dataclasses import replace

import numpy as np
import pytest

from affect_core.errors import UnknownName
from affect_core.synth.humans.appearance import BALD, HAIRCUTS, draw_appearance
from affect_core.synth.humans.hair import CUTS, lengths_cm, paint_hair
from affect_core.synth.humans.layout import ScalpLayout

FOREHEAD, CROWN, TEMPLE, BACK, FACE, EARLOBE = range(6)
SCALP = ScalpLayout(
    places_cm=np.array(
        [[0, 9.5, 9], [0, 14, 0], [3.6, 9, 8], [0, 6, -8], [0, 4, 9], [7, -3, -1]], np.float32
    ),
    above_hairline_cm=np.array([-0.8, 9.0, 0.8, 9.0, -3.0, 1.0], np.float32),
)


@pytest.fixture
def person():
    drawn = draw_appearance(np.random.default_rng(0))
    return replace(drawn, haircut="cap", hairline_cm=0.0, hair_cm=1.0, parting=-0.5)


def test_every_haircut_that_people_have_is_known():
    assert set(CUTS) | {BALD} == set(HAIRCUTS)


def test_bald_heads_have_no_hair(person):
    assert lengths_cm(SCALP, replace(person, haircut=BALD)) is None


def test_an_unknown_haircut_is_an_error(person):
    with pytest.raises(UnknownName, match="haircut 'mohawk'"):
        lengths_cm(SCALP, replace(person, haircut="mohawk"))


@pytest.mark.parametrize("cut", CUTS.names())
def test_hair_grows_on_the_back_of_the_head_and_not_on_the_face(cut, person):
    lengths = lengths_cm(SCALP, replace(person, haircut=cut))
    assert lengths.shape == (6,) and lengths.dtype == np.float32 and np.isfinite(lengths).all()
    assert lengths[BACK] > 0.1
    assert lengths[FACE] == lengths[EARLOBE] == np.float32(-0.6)
    assert lengths.max() < 4


def test_a_cap_is_as_long_as_the_hair_and_ten_percent_uneven(person):
    lengths = lengths_cm(SCALP, person)
    # crown: x = 0, y = 14, so 1 + 0.1 sin 28, and 0.05 under it
    assert lengths[CROWN] == pytest.approx(1 + 0.1 * np.sin(28.0) + 0.05, abs=1e-5)
    assert lengths[FOREHEAD] == np.float32(-0.6)
    # temple: smooth step of 0.8 / 1.2 = 2/3 is 4/9 (3 - 4/3) = 20/27
    assert lengths[TEMPLE] == pytest.approx(20 / 27 * (1 + 0.1 * np.sin(3 * 3.6 + 18)) + 0.05, abs=1e-5)


def test_a_higher_hairline_takes_hair_away(person):
    assert lengths_cm(SCALP, replace(person, hairline_cm=0.9))[TEMPLE] < 0


def test_a_fringe_falls_over_the_forehead(person):
    assert lengths_cm(SCALP, replace(person, haircut="fringe"))[FOREHEAD] > 0


def test_receding_hair_leaves_the_temples_and_a_wreath_the_crown(person):
    receding, wreath = (lengths_cm(SCALP, replace(person, haircut=cut)) for cut in ("receding", "wreath"))
    assert receding[TEMPLE] < 0 < receding[CROWN]
    assert wreath[CROWN] < 0 < wreath[BACK]


def test_cropped_is_short_and_curly_is_long(person):
    short, long = (lengths_cm(SCALP, replace(person, haircut=cut))[CROWN] for cut in ("cropped", "curly"))
    assert short < 0.5 < 1.5 < long


@pytest.mark.parametrize("cut", CUTS.names())
def test_the_texture_has_the_colour_of_the_hair(cut, person):
    person = replace(person, haircut=cut, hair=(0.4, 0.2, 0.1))
    texture = paint_hair(person, np.random.default_rng(1), 96)
    assert texture.shape == (96, 96, 3) and texture.dtype == np.float32
    assert texture.min() >= 0 and texture.max() <= 1
    # the mean level lies near 0.85 and the sheen; locks move it
    assert np.allclose(texture.mean((0, 1)) / (0.4, 0.2, 0.1), 0.9, atol=0.2)
    assert texture.std() > 0.01
    assert np.array_equal(texture, paint_hair(person, np.random.default_rng(1), 96))
