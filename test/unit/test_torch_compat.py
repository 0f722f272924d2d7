import numpy as np

from affect_core import torch_compat

# Areas 100 each. Boxes 0 and 1 overlap by 8 x 10: IoU 80 / 120 = 0.667. Box 2 overlaps box 1 by 3 x 10:
# 30 / 170 = 0.176.
BOXES = np.array([[0, 0, 10, 10], [2, 0, 12, 10], [9, 0, 19, 10]], np.float32)
SCORES = np.array([0.8, 0.9, 0.7], np.float32)


def test_nms_by_hand():
    assert torch_compat.greedy_nms(BOXES, SCORES, 0.5).tolist() == [1, 2]
    assert torch_compat.greedy_nms(BOXES, SCORES, 0.7).tolist() == [1, 0, 2]
    assert torch_compat.greedy_nms(BOXES, SCORES, 0.1).tolist() == [1]
    assert torch_compat.greedy_nms(np.zeros((0, 4)), np.zeros(0), 0.5).tolist() == []


def test_torchvision_imports_and_its_nms_agrees():
    import torch

    ops = torch_compat.torchvision().ops
    boxes, scores = torch.from_numpy(BOXES), torch.from_numpy(SCORES)
    assert ops.nms(boxes, scores, 0.5).tolist() == [1, 2]
    groups = torch.tensor([0, 1, 0])
    assert ops.batched_nms(boxes, scores, groups, 0.5).tolist() == [1, 0, 2]
