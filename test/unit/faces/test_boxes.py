import numpy as np

from affect_core.faces.boxes import areas, corrected, cover_matrix, squares, suppress, widths

TALL = np.array([[10.0, 20.0, 30.0, 60.0]])


def test_measures_by_hand():
    assert areas(TALL).tolist() == [800.0]
    assert widths(TALL).tolist() == [40.0]
    assert squares(TALL).tolist() == [[0.0, 20.0, 40.0, 60.0]]


def test_cover_is_the_share_of_the_smaller():
    inner, apart = [0.0, 0, 5, 10], [20.0, 0, 30, 10]
    np.testing.assert_allclose(
        cover_matrix(np.array([[0.0, 0, 10, 10]]), np.array([inner, apart])), [[1.0, 0.0]]
    )


def test_edges_move_by_shares_of_the_sides():
    shares = np.array([[0.1, 0.1, -0.1, 0.0]])
    assert corrected(TALL, shares, pixel=0.0).tolist() == [[12.0, 24.0, 28.0, 60.0]]
    np.testing.assert_allclose(corrected(TALL, shares), [[12.1, 24.1, 27.9, 60.0]])  # sides 21 and 41


def test_suppression_keeps_the_best_of_each_heap():
    boxes = np.array([[0.0, 0, 10, 10], [1, 0, 11, 10], [50, 0, 60, 10], [0, 0, 4, 4]])
    scores = np.array([0.8, 0.9, 0.7, 0.95])
    assert suppress(boxes, scores, 0.5) == [3, 1, 2]
    # The small one lies wholly in the first two: of the smaller, all of it is covered.
    assert suppress(boxes, scores, 0.7, of_smaller=True) == [3, 2]


def test_suppression_is_what_torchvision_defines():
    from affect_core.torch_compat import greedy_nms

    random = np.random.default_rng(0)
    corner = random.uniform(0, 50, (80, 2))
    boxes = np.concatenate([corner, corner + random.uniform(5, 40, (80, 2))], axis=1)
    scores = random.uniform(size=80)
    assert suppress(boxes, scores, 0.4) == greedy_nms(boxes, scores, 0.4).tolist()
    assert suppress(np.zeros((0, 4)), np.zeros(0), 0.4) == []
