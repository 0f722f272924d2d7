import numpy as np

from affect_core.faces.glance import Glance


def test_shares_by_hand():
    # 64 px wide: every pixel is a sample.
    glance, grey = Glance(), np.full((32, 64, 3), 100, np.uint8)
    assert glance.look(grey) == 1.0
    assert glance.look(grey) == 0.0
    changed = grey.copy()
    changed[:16, :16] = 130  # a quarter of a half
    assert glance.look(changed) == 0.125
    face = np.array([[4.0, 4.0, 12.0, 12.0]])  # with a width round it and all below: columns up to 20
    assert glance.elsewhere(face) == 0.0
    assert glance.elsewhere(face + np.array([40, 0, 40, 0])) == 0.125
    assert glance.look(changed + 20) == 0.0  # below what counts


def test_another_size_has_changed_wholly():
    glance = Glance()
    glance.look(np.zeros((36, 64, 3), np.uint8))
    assert glance.look(np.zeros((72, 128, 3), np.uint8)) == 1.0  # as many samples
    assert glance.look(np.zeros((50, 50, 3), np.uint8)) == 1.0
    assert glance.look(np.zeros((50, 50, 3), np.uint8)) == 0.0
