import numpy as np
import pytest

from affect_core.bench import faces
from affect_core.bench.clips import SCENES, Person, Placed, Shot, compose, play
from affect_core.bench.faces import Row, Seen, agreement, iou_line, ratio_line, watch

FACE = np.array([100.0, 100.0, 200.0, 220.0])


class Block:
    """An actor who is a white square with a face in it."""

    name = "block"

    def look(self, k, yaw_deg, pitch_deg):
        from affect_core.bench.actors import Look

        image = np.full((200, 200, 3), 255, np.uint8)
        return Look(image, image[..., 0], np.array([50.0, 50, 150, 150]), np.full((5, 2), 100.0))


def seen(*boxes, ms=1.0, searched=True):
    return Seen(np.array(boxes, float).reshape(-1, 4), np.zeros((len(boxes), 5, 2)), ms, ms / 2, searched)


def row(stock, ours, scene="turns", number=1, people=(FACE,)):
    there = tuple(Person(str(i), box, np.zeros((5, 2)), 0.0) for i, box in enumerate(people))
    return Row(scene, number, there, {"stock": stock, "ours": ours, "mtcnn": stock})


def test_a_scene_is_the_same_every_time_and_truth_goes_with_the_picture():
    one, other = (list(play("photograph", 3, 2)) for _ in range(2))
    assert [shown.frame.stamp_ns for shown in one] == [0, 33_333_333]
    for first, second in zip(one, other, strict=True):
        np.testing.assert_array_equal(first.frame.image_rgb, second.frame.image_rgb)
        assert first.frame.image_rgb.shape == (720, 1280, 3)
        (person,) = first.people
        assert (person.landmarks_xy > person.box_xyxy[:2]).all()
        assert (person.landmarks_xy < person.box_xyxy[2:]).all()


def test_people_are_placed_and_covered_by_hand():
    wall = np.zeros((720, 1280, 3), np.uint8)
    behind, before = Placed(Block(), 1.0, 640, 360), Placed(Block(), 1.0, 690, 360)
    image, people = compose(Shot((behind, before)), wall, 0)
    assert people[0].box_xyxy.tolist() == [590, 310, 690, 410]
    assert people[1].landmarks_xy[0].tolist() == [690, 360]
    assert image[360, 640].tolist() == [255, 255, 255]
    assert image[100, 100].tolist() == [0, 0, 0]
    # The second one's picture begins at 590: it hides the whole of the first face.
    assert people[0].covered == pytest.approx(1.0)
    assert people[1].covered == 0.0
    _, (cut_off,) = compose(Shot((Placed(Block(), 1.0, 0, 360),)), wall, 0)
    assert cut_off.covered == pytest.approx(0.5)


def test_every_scene_says_what_it_shows():
    for name in SCENES:
        assert SCENES.get(name).__doc__


def test_agreement_by_hand():
    shifted = FACE + np.array([15.0, 0, 15, 0])  # 85 / 115 = 0.74
    far = FACE + np.array([20.0, 0, 20, 0])  # 80 / 120 = 0.67
    pattern = np.array([900.0, 100, 1000, 200])
    rows = [
        row(seen(FACE), seen(shifted)),
        row(seen(FACE), seen(far)),
        row(seen(FACE), seen()),
        row(seen(), seen(FACE)),  # stock sees nobody: does not count
        row(seen(pattern), seen()),  # nor does what is no face
        row(seen(FACE, pattern), seen(FACE)),
        row(seen(FACE), seen(FACE), people=()),
        row(seen([100, 100, 150, 150]), seen(), people=([100, 100, 150, 150],)),  # nor do small ones
    ]
    assert agreement(rows) == (2, 4)
    assert agreement(rows, all_of_stock=True) == (2, 7)
    line = iou_line(rows)
    assert (line.ours, line.n, line.met) == (0.5, 4, False)
    assert (line.more["stray_boxes"], line.more["stray_boxes_stock"]) == (1, 3)


def test_times_are_of_the_steady_scenes_with_searches_and_without_the_first_frame():
    rows = [
        row(seen(ms=500), seen(ms=99), number=0),
        row(seen(ms=200), seen(ms=1, searched=False)),
        row(seen(ms=100), seen(ms=4)),
        row(seen(ms=900), seen(ms=9), scene="hands"),
    ]
    line = ratio_line(rows)
    assert (line.ours, line.other, line.ratio, line.n, line.met) == (2.5, 150.0, 60.0, 2, True)
    assert line.more["ratio_cpu"] == 60.0
    assert line.more["searched_share"] == 0.5
    assert line.more["times_ours_searching"]["mean_ms"] == 4.0


def test_watchers_see_every_frame_of_the_scene():
    rows = list(watch("photograph", 0, 3, {"ours": faces.stage(faces.FaceConfig())}))
    assert [r.number for r in rows] == [0, 1, 2]
    assert [len(r.seen["ours"].boxes_xyxy) for r in rows] == [1, 1, 1]
    assert [r.seen["ours"].searched for r in rows] == [True, False, False]
