import numpy as np
import pytest

from affect_core.faces.pooling import Integral, pool_windows


def torch_area(image, size):
    import torch

    batch = torch.from_numpy(image.astype(np.float32)).permute(2, 0, 1)[None]
    return torch.nn.functional.interpolate(batch, size=size, mode="area")[0].permute(1, 2, 0).numpy()


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(0).integers(0, 256, (97, 131, 3), np.uint8)


def test_by_hand():
    row = np.repeat(np.array([[[0], [10], [20]]], np.uint8), 3, axis=2)  # (1, 3, 3)
    # two means of three pixels share the middle one: 0..1 and 1..2
    assert Integral(row).resized((2, 1))[0, 0, :, 0].tolist() == [5.0, 15.0]


@pytest.mark.parametrize("size_wh", [(131, 97), (60, 41), (12, 12), (200, 150), (1, 1)])
def test_whole_image_as_torch_does_it(image, size_wh):
    np.testing.assert_allclose(
        Integral(image).resized(size_wh)[0], torch_area(image, size_wh[::-1]), atol=1e-3
    )


@pytest.mark.parametrize("size", [24, 48])
def test_windows_as_torch_does_them(image, size):
    windows = np.array([[0, 0, 131, 97], [3, 5, 40, 70], [100, 90, 131, 97], [7, 7, 8, 8]])
    expected = [torch_area(image[y0:y1, x0:x1], (size, size)) for x0, y0, x1, y1 in windows]
    np.testing.assert_allclose(Integral(image).windows(windows, size), expected, atol=1e-3)
    np.testing.assert_allclose(pool_windows(image, windows, size), expected, atol=1e-3)
