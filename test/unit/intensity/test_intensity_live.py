"""Ranks beside the labels: what is attached to which estimate, and that nobody waits."""

import threading

import numpy as np
import pytest

from affect_core.errors import ConfigError, ExplainError, Unavailable, UnknownName
from affect_core.faces import CropSpec
from affect_core.faces.crop import align, template_px
from affect_core.intensity.live import FaceRanker, Held, LiveRankConfig, LiveRanks, recut
from affect_core.types import Crop, Detection, Emotion, EmotionSet, Face, FaceSet
from affect_core.types import IntensityRank as Rank

SECOND_NS = 1_000_000_000


def _face(face_id="f1", seed=0, spec=CropSpec(64)):  # noqa: B008 - frozen
    random = np.random.default_rng(seed)
    crop = Crop(random.integers(0, 256, (64, 64, 3), np.uint8), np.eye(2, 3))
    return Face(face_id, Detection(np.array([0.0, 0, 64, 64]), template_px(spec), 0.9), crop)


def _emotions(stamp_ns, *names):
    shares = np.array([0.25, 0.75], np.float32)
    made = (Emotion(name, ("neutral", "boredom"), np.log(shares), shares) for name in names)
    return EmotionSet(stamp_ns, "eye", tuple(made))


def _faces(stamp_ns, *names):
    return FaceSet(stamp_ns, "eye", tuple(_face(name) for name in names), (64, 64))


def _ranks(emotions):
    return [emotion.intensity_rank for emotion in emotions.emotions]


def test_a_held_rank_goes_to_later_estimates_of_the_same_face_for_a_while():
    held = Held(hold_s=2.0)
    held.put("f1", Rank.STRONG, 10 * SECOND_NS)
    assert _ranks(held.attach(_emotions(10 * SECOND_NS, "f1", "f2"))) == [Rank.STRONG, Rank.UNKNOWN]
    assert _ranks(held.attach(_emotions(12 * SECOND_NS, "f1"))) == [Rank.STRONG]
    assert _ranks(held.attach(_emotions(12 * SECOND_NS + 1, "f1"))) == [Rank.UNKNOWN]


def test_a_face_that_was_gone_has_no_rank_when_it_comes_back():
    held = Held(hold_s=9.0)
    held.put("f1", Rank.AVERAGE, SECOND_NS)
    held.attach(_emotions(2 * SECOND_NS, "f2"))
    assert _ranks(held.attach(_emotions(3 * SECOND_NS, "f1"))) == [Rank.UNKNOWN]


def test_a_recording_that_begins_anew_has_no_ranks_of_the_end():
    held = Held(hold_s=9.0)
    held.put("f1", Rank.AVERAGE, 50 * SECOND_NS)
    assert _ranks(held.attach(_emotions(SECOND_NS, "f1"))) == [Rank.UNKNOWN]


def test_no_label_waits_for_a_rank():
    begun, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def slow(face):
        begun.set()
        assert go_on.wait(20)
        done.set()
        return Rank.STRONG

    ranks = LiveRanks(LiveRankConfig(rank_rate_hz=1.0), ranker=slow)
    try:
        assert _ranks(ranks.attach(_faces(1, "f1"), _emotions(1, "f1"))) == [Rank.UNKNOWN]
        assert begun.wait(20)
        # The rank is under way and will not end before we say so; labels come all the same.
        assert _ranks(ranks.attach(_faces(2, "f1"), _emotions(2, "f1"))) == [Rank.UNKNOWN]
        go_on.set()
        assert done.wait(20)
    finally:
        ranks.stop()  # waits for the thread, so that the rank is held now
    assert _ranks(ranks._held.attach(_emotions(3, "f1"))) == [Rank.STRONG]


def test_a_face_that_left_meanwhile_gets_no_rank():
    begun, go_on = threading.Event(), threading.Event()

    def slow(face):
        begun.set()
        assert go_on.wait(20)
        return Rank.STRONG

    ranks = LiveRanks(LiveRankConfig(), ranker=slow)
    try:
        ranks.attach(_faces(1, "f1"), _emotions(1, "f1"))
        assert begun.wait(20)
        ranks.attach(_faces(2, "f2"), _emotions(2, "f2"))
        go_on.set()
    finally:
        ranks.stop()
    assert _ranks(ranks._held.attach(_emotions(3, "f1"))) == [Rank.UNKNOWN]


def test_what_fails_is_told_and_the_next_face_is_ranked():
    told, failed = [], threading.Event()
    outcomes = iter([ExplainError("lost"), Rank.MINIMAL])
    ranked = threading.Event()

    def ranker(face):
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        ranked.set()
        return outcome

    def tell(error):
        told.append(str(error))
        failed.set()

    ranks = LiveRanks(LiveRankConfig(rank_rate_hz=10.0), ranker=ranker, tell=tell)
    try:
        ranks.attach(_faces(1, "f1"), _emotions(1, "f1"))
        assert failed.wait(20)
        ranks.attach(_faces(SECOND_NS, "f1"), _emotions(SECOND_NS, "f1"))
        assert ranked.wait(20)
    finally:
        ranks.stop()
    assert told == ["lost"]


def test_blocking_ranks_every_face_of_every_frame():
    ranks = LiveRanks(LiveRankConfig(), blocking=True, ranker=lambda face: Rank(1 + (face.face_id == "f2")))
    for stamp_ns in (1, 2):
        made = ranks.attach(_faces(stamp_ns, "f1", "f2"), _emotions(stamp_ns, "f1", "f2"))
        assert _ranks(made) == [Rank.MINIMAL, Rank.AVERAGE]
    ranks.stop()


def test_a_face_is_ranked_as_the_study_ranks_its_crop(rank_model):
    import torch

    from affect_core.emotion.preprocess import to_batch
    from affect_core.explain.network import explain_model
    from affect_core.explain.relevance import relevances
    from affect_core.intensity import rank
    from affect_core.intensity.measure import pixel_box

    ranker = FaceRanker(LiveRankConfig(rank_model=str(rank_model)))
    explained = explain_model(ranker.card)
    for seed in range(3):
        face = _face(seed=seed)
        batch = torch.from_numpy(to_batch([recut(face, ranker.card.crop)], ranker.card))
        target = explained.logits(batch).argmax(1)
        found = relevances(explained, batch, target, "composite", box=pixel_box(ranker.card))
        assert ranker.rank(face) is rank(found[0].numpy()).rank
        assert ranker.rank(face) is not Rank.UNKNOWN


def test_recut_is_the_crop_of_the_same_landmarks():
    image = np.zeros((200, 300, 3), np.uint8)
    image[60:140, 90:210] = (
        np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8).repeat(20, 0).repeat(20, 1)
    )
    landmarks = template_px(CropSpec(80, 0.0)) + np.array([110.0, 60.0])
    first = align(image, landmarks, CropSpec(160, 0.5))
    face = Face("f1", Detection(np.array([110.0, 60, 190, 140]), landmarks, 0.9), first)
    wanted = align(image, landmarks, CropSpec(40, 0.1)).image_rgb.astype(int)
    found = recut(face, CropSpec(40, 0.1)).astype(int)
    assert np.abs(found - wanted).mean() < 4  # resampled twice


def test_models_and_rules_that_cannot_rank_are_refused(rank_model, tiny_model):
    with pytest.raises(Unavailable, match="plain chains"):
        FaceRanker(LiveRankConfig(rank_model=str(tiny_model)))
    with pytest.raises(UnknownName, match="composite"):
        FaceRanker(LiveRankConfig(rank_model=str(rank_model), rank_rule="delta"))
    with pytest.raises(ConfigError, match="nonesuch"):
        FaceRanker(LiveRankConfig(rank_model="nonesuch"))
