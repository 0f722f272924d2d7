import numpy as np

from affect_core.faces import detect_known
from affect_core.types import Detection

IMAGE = np.zeros((40, 40, 3), np.uint8)
KNOWN = np.array((0.0, 0.0, 10.0, 10.0))


class Detector:
    def __init__(self, *boxes):
        self.boxes = boxes

    def detect(self, image_rgb):
        return [Detection(np.array(box, float), np.zeros((5, 2)), 0.9) for box in self.boxes]


def test_the_first_that_lies_over_the_face():
    found = detect_known(Detector((20, 20, 30, 30), (0, 0, 10, 8), (0, 0, 10, 10)), IMAGE, KNOWN)
    assert found.box_xyxy.tolist() == [0, 0, 10, 8]


def test_a_face_elsewhere_does_not_count():
    assert detect_known(Detector((0, 0, 10, 2.9)), IMAGE, KNOWN) is None  # 0.29 of the union
    assert detect_known(Detector((0, 0, 10, 3.1)), IMAGE, KNOWN) is not None
    assert detect_known(Detector(), IMAGE, KNOWN) is None
