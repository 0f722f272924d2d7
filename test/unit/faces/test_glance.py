import numpy as np

from affect_core.faces.glance import Glance


def test_shares_by_hand():
    # 48 px wide: every pixel is a sample.
    glance, grey = Glance(), np.full((32, 48, 3), 100, np.uint8)
    assert glance.look(grey) == 1.0
    assert glance.look(grey) == 0.0
    changed = grey.copy()
    changed[:16, :12] = 130  # a quarter of a half
    assert glance.look(changed) == 0.125
    face = np.array([[4.0, 4.0, 12.0, 12.0]])  # with a width round it and all below: columns up to 20
    assert glance.elsewhere(face) == 0.0
    assert glance.elsewhere(face + np.array([30, 0, 30, 0])) == 0.125
    assert glance.look(changed + 20) == 0.0  # below what counts


def test_another_size_has_changed_wholly():
    glance = Glance()
    glance.look(np.zeros((27, 48, 3), np.uint8))
    assert glance.look(np.zeros((54, 96, 3), np.uint8)) == 1.0  # as many samples
    assert glance.look(np.zeros((50, 50, 3), np.uint8)) == 1.0
    assert glance.look(np.zeros((50, 50, 3), np.uint8)) == 0.0
