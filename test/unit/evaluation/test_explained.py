"""Which map of a session stands in its report, and what the report shows of it."""

from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from affect_core.evaluation import Collected, FrameCounts, TruthEvent, summarise
from affect_core.evaluation.explained import ExplainedBook
from affect_core.evaluation.report import write_report
from affect_core.evaluation.samples import SampleBook
from affect_core.explain.render import LOOKED_RGB, OPPOSES_RGB, SUPPORTS_RGB
from affect_core.trial import EventKind, Session
from affect_core.types import AttributionMap, Crop, Detection, Emotion, EmotionSet, Face, FaceSet, Frame

MS = 1_000_000
GREY = 120
# Neutral is settled at 0.4 s and counts from 0.7 s on; confusion is settled at 1.5 s and counts from 1.8 s on.
EVENTS = (
    TruthEvent(0, EventKind.SESSION_START, index=0),
    TruthEvent(0, EventKind.REST, "neutral", 0.4, 1),
    TruthEvent(1000 * MS, EventKind.COMMAND, "confusion", 0.5, 2),
    TruthEvent(3000 * MS, EventKind.SESSION_END, index=3),
)


def face(face_id="f00001", width=100.0):
    box = np.array([0.0, 0, width, 100])
    return Face(
        face_id,
        Detection(box, np.zeros((5, 2)), 0.9),
        Crop(np.full((64, 64, 3), GREY, np.uint8), np.eye(2, 3)),
    )


def a_map(method="grad_cam", label="confusion", face_id="f00001", **more):
    """Left half for, right half against; without a sign: nothing in the right half."""
    heatmap = np.ones((64, 64), np.float32)
    heatmap[:, 32:] = 0.0 if method == "amal_attention" else -1.0
    return AttributionMap(face_id, label, method, heatmap, np.eye(2, 3), **more)


@pytest.fixture
def book():
    made = ExplainedBook()
    for event in EVENTS:
        made.plan(event)
    return made


def hear(book, at_ms, *maps, faces=None):
    book.add_faces(FaceSet(at_ms * MS, "eye", faces or (face(),), (640, 480)))
    book.add_attributions(at_ms * MS, maps)


def found(book):
    return [(one.title, one.stamp_ns // MS, one.map.method) for one in book.explained()]


class TestChoice:
    def test_one_for_each_settled_expression_signed_before_unsigned(self, book):
        for at_ms in range(0, 3300, 100):
            hear(book, at_ms, a_map("amal_attention"))
        for at_ms in (1300, 2100, 2600):
            hear(book, at_ms, a_map("lime"))
        assert found(book) == [("neutral", 700, "amal_attention"), ("confusion", 2100, "lime")]

    def test_the_largest_face(self, book):
        both = (face("f00001", 50.0), face("f00002", 90.0))
        hear(book, 2000, a_map(face_id="f00001"), a_map("lime", face_id="f00002"), faces=both)
        (one,) = book.explained()
        assert (one.face.face_id, one.map.method) == ("f00002", "lime")

    def test_maps_before_their_faces_and_events_after_both(self):
        book = ExplainedBook()
        book.add_attributions(2000 * MS, [a_map("lime")])
        book.add_faces(FaceSet(2000 * MS, "eye", (face(),), (640, 480)))
        for event in EVENTS:
            book.plan(event)
        assert found(book) == [("confusion", 2000, "lime")]

    def test_a_map_whose_crop_is_not_held_is_left_out(self, book):
        book.add_faces(FaceSet(2000 * MS, "eye", (), (640, 480)))
        book.add_attributions(2000 * MS, [a_map()])
        book.add_attributions(2100 * MS, [a_map()])
        assert book.explained() == []

    def test_without_commands_one_for_each_label_that_is_read(self):
        book = ExplainedBook()
        book.plan(EVENTS[0])
        for at_ms, label in ((0, "neutral"), (100, "boredom"), (200, "neutral")):
            hear(book, at_ms, a_map(label=label))
        rows = [(one.title, one.map.label, one.stamp_ns // MS) for one in book.explained()]
        assert rows == [("", "neutral", 0), ("", "boredom", 100)]


def test_a_crop_and_the_map_over_it(book):
    hear(book, 2000, a_map())
    (one,) = book.explained()
    picture = one.picture()
    assert picture.shape == (224, 2 * 224 + 4, 3)
    assert tuple(picture[100, 100]) == (GREY, GREY, GREY)
    for column, rgb in ((240, SUPPORTS_RGB), (440, OPPOSES_RGB)):
        np.testing.assert_allclose(picture[100, column], np.array(rgb) * 0.8 + GREY * 0.2, atol=2)
    hear(book, 700, a_map("amal_attention"))
    neutral, _ = book.explained()
    assert not neutral.signed
    np.testing.assert_allclose(neutral.picture()[100, 240], np.array(LOOKED_RGB) * 0.6 + GREY * 0.4, atol=2)


class Section(HTMLParser):
    """Texts of the section `explained`, its pictures, and the widths of its bars."""

    def __init__(self, text):
        super().__init__()
        self.texts, self.pictures, self.bars, self._inside = [], [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag == "section":
            self._inside = values.get("id") == "explained"
        elif self._inside and tag == "img":
            self.pictures.append(values["src"])
        elif self._inside and tag == "i":
            self.bars.append(values["style"])

    def handle_data(self, data):
        if self._inside and data.strip():
            self.texts.append(" ".join(data.split()))


def write(folder, explained):
    session = Session(id="s1", participant="", protocol="short", seed=1, lighting="even")
    collected = Collected(EVENTS, (), FrameCounts(None, 0, 0, 0, 0))
    page = write_report(folder, summarise(session, collected), (), EVENTS, (), explained)
    return page, Section(page.read_text())


def test_the_section_of_the_report(book, tmp_path):
    shares = {"right_eye": 0.25, "brows": 0.125, "background": 0.625}
    hear(book, 2000, a_map(region_shares=shares, face_share=0.9, face_area_share=0.6, compute_ms=34.4))
    hear(book, 800, a_map("amal_attention", label="<b>"))
    page, section = write(tmp_path, book.explained())
    assert section.texts[0] == "Why these labels"
    captions = [text for text in section.texts if "read:" in text]
    assert captions == [
        "neutral, read: <b> · amal_attention · on the face - (by chance -)",
        "confusion, read: confusion · grad_cam, 34 ms · on the face 90.0 % (by chance 60.0 %)",
    ]
    assert "<b>," not in page.read_text()
    assert section.texts[-6:] == ["right eye", "25.0 %", "brows", "12.5 %", "background", "62.5 %"]
    assert section.bars == ["width: 25.0%", "width: 12.5%", "width: 62.5%"]
    assert section.pictures == ["explained_00.jpg", "explained_01.jpg"]
    blue, _green, red = cv2.imread(str(tmp_path / "explained_01.jpg"))[100, 240]
    assert int(red) - int(blue) > 100


def test_without_maps_the_report_says_so(tmp_path):
    page, section = write(tmp_path, ())
    assert section.texts == []
    assert "“Why these labels” is left out" in page.read_text()


def test_samples_whose_faces_come_before_the_frame():
    book = SampleBook()
    book.plan(TruthEvent(0, EventKind.COMMAND, "confusion", 0.1))
    stamp_ns = 500 * MS
    shares = np.array([0.2, 0.8], np.float32)
    read = Emotion("f00001", ("neutral", "confusion"), np.log(shares), shares)
    book.add_faces(stamp_ns, (("f00001", face().detection),))
    book.add_emotions(EmotionSet(stamp_ns, "eye", (read,)))
    book.add_attributions(stamp_ns, [a_map("amal_attention")])
    book.add_frame(Frame(np.full((240, 320, 3), GREY, np.uint8), stamp_ns))
    book.add_attributions(stamp_ns, [a_map("grad_cam")])  # attention is there on every frame, so it is shown
    ((caption, picture),) = book.pictures()
    assert caption == "confusion, read: confusion 0.80"
    assert picture.shape[:2] == (160, 160)  # around the box
    np.testing.assert_allclose(picture[30, 10], np.array(LOOKED_RGB) * 0.6 + GREY * 0.4, atol=1)
