"""What is drawn over a frame, pixel by pixel."""

import numpy as np
import pytest

from affect_core.annotate import BOX_RGB, annotate, area_around
from affect_core.explain.render import LOOKED_RGB, OPPOSES_RGB, SUPPORTS_RGB
from affect_core.labels import COMPLEX_6
from affect_core.types import AttributionMap, Detection, Emotion

GREY = 120
LANDMARKS = np.array([[220.0, 130], [260, 130], [240, 150], [225, 175], [255, 175]])
PLACE = np.array([[1.0, 0, 200], [0, 1.0, 100]])


def emotion(shares=(0.1, 0.6, 0.1, 0.1, 0.05, 0.05), face_id="f00001"):
    shares = np.array(shares, np.float32)
    return Emotion(face_id, COMPLEX_6, np.log(shares), shares)


def face(x0=200.0, width=80.0):
    return "f00001", Detection(np.array([x0, 100, x0 + width, 200]), LANDMARKS, 0.9)


def split_map(method="grad_cam", label="confusion"):
    """Left half for, right half against, 80 x 100 pixels; without a sign: left much, right nothing."""
    heatmap = np.ones((100, 80), np.float32)
    heatmap[:, 40:] = 0.0 if method == "amal_attention" else -1.0
    return AttributionMap("f00001", label, method, heatmap, PLACE)


@pytest.fixture
def frame():
    return np.full((360, 640, 3), GREY, np.uint8)


def count(picture, rgb):
    return int((picture == np.array(rgb)).all(axis=2).sum())


def test_supports_are_red_and_opposes_blue(frame):
    drawn = annotate(frame, [], [], [split_map()])
    mixed = [np.array(rgb) * 0.8 + GREY * 0.2 for rgb in (SUPPORTS_RGB, OPPOSES_RGB)]
    np.testing.assert_allclose(drawn[150, 210], mixed[0], atol=1)
    np.testing.assert_allclose(drawn[150, 270], mixed[1], atol=1)
    assert tuple(drawn[150, 190]) == (GREY, GREY, GREY)  # beside the map


def test_the_legend_names_method_label_and_colours(frame):
    drawn = annotate(frame, [], [], [split_map()])
    legend = drawn[320:, :300]
    assert count(legend, SUPPORTS_RGB) > 20
    assert count(legend, OPPOSES_RGB) > 20
    assert count(legend, LOOKED_RGB) == 0
    assert (legend > 200).any()  # letters
    red, blue = (np.argwhere((legend == rgb).all(axis=2))[:, 1].min() for rgb in (SUPPORTS_RGB, OPPOSES_RGB))
    assert red < blue
    longer = annotate(frame, [], [], [split_map(label="disapproval")])
    assert (longer[320:] != drawn[320:]).any()  # the label stands in it


def test_attention_has_a_colour_of_its_own(frame):
    drawn = annotate(frame, [], [], [split_map("amal_attention")])
    np.testing.assert_allclose(drawn[150, 210], np.array(LOOKED_RGB) * 0.6 + GREY * 0.4, atol=1)
    assert tuple(drawn[150, 270]) == (GREY, GREY, GREY)
    legend = drawn[320:, :300]
    assert count(legend, LOOKED_RGB) > 20
    assert count(legend, SUPPORTS_RGB) == count(legend, OPPOSES_RGB) == 0


def test_no_map_no_legend(frame):
    drawn = annotate(frame, [face()], [emotion()])
    np.testing.assert_array_equal(drawn[320:], frame[320:])


def test_bars_are_as_long_as_the_probabilities(frame):
    drawn = annotate(frame, [face()], [emotion()])
    panel = drawn[100:200, 285:]
    rows = [row for row in panel if count(row[None], BOX_RGB)]
    green = max(count(row[None], BOX_RGB) for row in rows)
    assert green == round(0.6 * round(110 * 0.36))  # confusion, the top label
    np.testing.assert_array_equal(
        drawn[100:200, 130:195], frame[100:200, 130:195]
    )  # left of the face: nothing
    without = annotate(frame, [face()], [emotion()], bars=False)
    np.testing.assert_array_equal(without[110:200, 285:], frame[110:200, 285:])


def test_bars_stay_in_the_picture(frame):
    left = annotate(frame, [face(x0=540.0)], [emotion()])
    assert (left[120:160, 400:530] != GREY).any()
    np.testing.assert_array_equal(left[120:160, 624:], frame[120:160, 624:])
    filling = annotate(frame, [face(x0=20.0, width=600.0)], [emotion()])
    assert (filling[100:200, 500:610] != GREY).any()


def test_larger_pictures_have_larger_letters():
    heights = []
    for height, width in ((360, 640), (720, 1280)):
        drawn = annotate(np.full((height, width, 3), GREY, np.uint8), [], [], [split_map()])
        rows = np.flatnonzero((drawn[:, 0] != GREY).any(axis=1))
        heights.append(len(rows))
    assert heights[1] > 1.3 * heights[0]


def test_a_narrow_area_gets_a_legend_of_more_lines(frame):
    one_line = annotate(frame, [], [], [split_map()])
    narrow = annotate(frame, [], [], [split_map()], area=(0, 0, 150, 360))
    rows = [int((picture[:, 2] != GREY).any(axis=1).sum()) for picture in (one_line, narrow)]
    assert rows[1] > 2 * rows[0]
    np.testing.assert_array_equal(narrow[:, 290:], frame[:, 290:])


def test_area_around_a_box_ends_with_the_image(frame):
    assert area_around(frame, np.array([100.0, 100, 200, 180])) == (40, 40, 260, 240)
    assert area_around(frame, np.array([10.0, 300, 110, 350])) == (0, 240, 170, 360)
