import pytest
import torch

from affect_core.data.backdrops import Backdrops


@pytest.fixture(scope="module")
def bank():
    return Backdrops(4, 32, seed=0)


@pytest.fixture
def batch():
    torch.manual_seed(0)
    images = torch.full((8, 3, 32, 32), 0.5)
    behind = torch.zeros(8, 32, 32, dtype=torch.bool)
    behind[:, :, 20:] = True
    return images, behind


def test_only_the_background_is_replaced(bank, batch):
    made = bank.replace(*batch, probability=1.0)
    assert torch.equal(made[:, :, :, :17], batch[0][:, :, :, :17])
    changed = (made - 0.5).abs().amax(dim=1) > 0.01
    assert changed[:, :, 20:].float().mean() > 0.8
    assert 0.0 <= float(made.min()) <= float(made.max()) <= 1.0


def test_nothing_of_the_old_background_is_left_at_the_edge(bank, batch):
    images, behind = batch
    images[:, :, :, 20:] = 9.0  # a value that no backdrop has
    made = bank.replace(images, behind, probability=1.0)
    assert float(made[:, :, :, 20:].max()) <= 1.0


def test_pictures_get_different_backdrops_and_the_share_asked_for(bank, batch):
    made = bank.replace(*batch, probability=1.0)
    assert len({float(picture.sum()) for picture in made}) == 8
    images, behind = torch.full((400, 3, 32, 32), 0.5), torch.ones(400, 32, 32, dtype=torch.bool)
    made = bank.replace(images, behind, probability=0.7)
    changed = (made != images).flatten(1).any(dim=1)
    assert 0.6 < float(changed.float().mean()) < 0.8
    assert bank.replace(*batch, probability=0.0) is batch[0]


def test_the_same_random_state_gives_the_same_pictures(bank, batch):
    torch.manual_seed(1)
    first = bank.replace(*batch, probability=0.5)
    torch.manual_seed(1)
    assert torch.equal(bank.replace(*batch, probability=0.5), first)
