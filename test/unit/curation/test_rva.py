"""The residual variational autoencoder and its training."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from affect_core.curation import rva_training
from affect_core.curation.config import RvaConfig
from affect_core.curation.rva import Encoder, ResidualBlock, Rva, kl_divergence
from affect_core.curation.rva_training import STATE_FILE, FaceSplit, choose, encode, fit, rebuild
from affect_core.errors import ConfigError


@pytest.fixture(scope="module")
def faces() -> FaceSplit:
    """Squares of two greys, with noise."""
    random = np.random.default_rng(0)
    labels = np.arange(60) % 2
    images = (60 + 120 * labels)[:, None, None, None] + random.integers(0, 20, (60, 16, 16, 3))
    images = images.astype(np.uint8)
    return FaceSplit(images[:48], images[48:], labels[:48], labels[48:])


def test_item_1_shapes_and_divergence(curation_rva: RvaConfig) -> None:
    for config in (curation_rva, RvaConfig(channels=(4, 4, 8), stem=4, size_px=32)):
        rva, images = Rva(config, 5), torch.rand(4, 3, config.size_px, config.size_px)
        assert rva(images).shape == images.shape
        assert rva(images).min() > 0.0 and rva(images).max() < 1.0
        mu, log_variance = rva.encoder(images)
        assert mu.shape == log_variance.shape == (4, 5)
        terms = rva.terms(images)
        assert terms.divergence > 0.0
        terms.loss.backward()
        assert all(parameter.grad is not None for parameter in rva.parameters())


def test_item_1_divergence_by_hand() -> None:
    zero = torch.zeros(1, 3)
    assert kl_divergence(zero, zero).item() == 0.0
    # mu = 1, s^2 = 1: 1/2; mu = 0, s^2 = e: -(1 + 1 - e) / 2 = 0.35914
    mu, log_variance = torch.tensor([[1.0], [0.0]]), torch.tensor([[0.0], [1.0]])
    assert kl_divergence(mu, log_variance).tolist() == pytest.approx([0.5, 0.35914], abs=1e-5)
    random = torch.randn(50, 4), torch.randn(50, 4)
    assert (kl_divergence(*random) >= 0.0).all()


def test_item_1_a_block_of_zeros_is_the_identity() -> None:
    block = ResidualBlock(3, 3).eval()
    for layer in block.modules():
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.zeros_(layer.weight)
    seen = torch.rand(2, 3, 8, 8)
    assert torch.equal(block(seen), seen)
    assert ResidualBlock(3, 5, 2)(seen).shape == (2, 5, 4, 4)


def test_item_1_the_loss_falls(curation_rva: RvaConfig) -> None:
    torch.manual_seed(0)
    rva, images = Rva(curation_rva, 3), torch.rand(1, 3, 1, 1).expand(8, 3, 16, 16) * torch.rand(8, 3, 1, 1)
    optimiser, losses = torch.optim.Adam(rva.parameters(), 1e-2), []
    for _ in range(50):
        loss = rva.terms(images).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert np.mean(losses[-5:]) < 0.3 * np.mean(losses[:5])


def test_the_objective_is_that_of_the_paper(curation_rva: RvaConfig) -> None:
    """With a pixel's standard deviation s: -log p = |x - x'|^2 / (2 s^2) without its constant; KL added, weighed."""
    rva, images = Rva(curation_rva, 3).eval(), torch.rand(2, 3, 16, 16)
    terms = rva.terms(images, 0.25, torch.Generator().manual_seed(1))
    mu, log_variance = rva.encoder(images)
    noise = torch.randn((1, 2, 3), generator=torch.Generator().manual_seed(1))[0]
    rebuilt = rva.decoder(mu + (0.5 * log_variance).exp() * noise)
    surprise = ((rebuilt - images) ** 2).sum() / (2.0 * 0.1**2) / 2
    assert terms.reconstruction.item() == pytest.approx(surprise.item(), rel=1e-4)
    assert terms.loss.item() == pytest.approx((terms.reconstruction + 0.25 * terms.divergence).item())


def test_several_draws_and_bernoulli_pixels(curation_rva: RvaConfig) -> None:
    images = torch.rand(2, 3, 16, 16)
    rva = Rva(replace(curation_rva, samples=4, likelihood="bernoulli"), 3)
    with torch.no_grad():
        rva.decoder.trunk[-2].weight.zero_()
        rva.decoder.trunk[-2].bias.zero_()  # 0.5 everywhere: ln 2 a pixel and channel
    assert rva.terms(images).reconstruction.item() == pytest.approx(3 * 16 * 16 * np.log(2.0), rel=1e-4)


def test_item_2_the_encoder_is_enough_and_deterministic(
    faces: FaceSplit, curation_rva: RvaConfig, tmp_path: Path
) -> None:
    fitted = fit(faces, 3, curation_rva, 0, tmp_path)
    latents = encode(fitted.rva.encoder, faces.train_rgb)
    assert latents.shape == (48, 3) and latents.dtype == np.float64
    alone = Encoder(curation_rva, 3)
    alone.load_state_dict(fitted.rva.encoder.state_dict())
    assert np.array_equal(encode(alone, faces.train_rgb), latents)
    assert np.array_equal(encode(fitted.rva.encoder, faces.train_rgb), latents)
    assert encode(alone, faces.train_rgb[5:6]) == pytest.approx(latents[5:6], abs=1e-4)
    pictures = rebuild(fitted.rva, faces.train_rgb)
    assert pictures.shape == faces.train_rgb.shape and pictures.dtype == np.uint8


def test_training_learns_and_says_how(faces: FaceSplit, curation_rva: RvaConfig, tmp_path: Path) -> None:
    fitted = fit(faces, 3, replace(curation_rva, epochs=8, learning_rate=1e-2), 0, tmp_path)
    assert [row["epoch"] for row in fitted.log] == list(range(1, 9))
    assert [row["weight"] for row in fitted.log[:3]] == [0.5, 1.0, 1.0]
    assert fitted.log[-1]["loss"] < 0.5 * fitted.log[0]["loss"]
    assert fitted.best["validation_elbo"] == max(row["validation_elbo"] for row in fitted.log)
    assert fitted.knn_accuracy == 1.0  # the two greys
    assert 1 <= fitted.active <= 3


def test_an_interrupted_training_goes_on_as_if_nothing_had_happened(
    faces: FaceSplit, curation_rva: RvaConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fit(faces, 3, curation_rva, 0, tmp_path / "whole")
    epoch = rva_training._Training.epoch

    def stop_after_one(self: rva_training._Training, seen: FaceSplit) -> None:
        if self.log:
            raise KeyboardInterrupt
        epoch(self, seen)

    monkeypatch.setattr(rva_training._Training, "epoch", stop_after_one)
    with pytest.raises(KeyboardInterrupt):
        fit(faces, 3, curation_rva, 0, tmp_path / "cut")
    assert (tmp_path / "cut" / STATE_FILE).is_file()
    monkeypatch.undo()
    resumed = fit(faces, 3, curation_rva, 0, tmp_path / "cut")
    assert resumed.log == whole.log
    for ours, theirs in zip(resumed.rva.parameters(), whole.rva.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_it_stops_when_it_has_converged(faces: FaceSplit, curation_rva: RvaConfig, tmp_path: Path) -> None:
    """A step of 0 changes no weight: the first epochs differ by the batch norms alone, then patience runs out."""
    still = replace(curation_rva, epochs=200, patience=2, learning_rate=0.0)
    fitted = fit(faces, 3, still, 0, tmp_path)
    assert len(fitted.log) < 200 and len(fitted.log) - fitted.best["epoch"] == 2


def test_the_size_is_chosen_on_validation_faces(
    faces: FaceSplit, curation_rva: RvaConfig, tmp_path: Path
) -> None:
    config = replace(curation_rva, latents=(1, 3))
    best, tried = choose(faces, config, 0, tmp_path)
    assert [each.rva.latent for each in tried] == [1, 3]
    assert best.best["validation_elbo"] == max(each.best["validation_elbo"] for each in tried)
    by_knn, tried = choose(faces, replace(config, choose_by="knn"), 0, tmp_path / "knn")
    assert by_knn.knn_accuracy == max(each.knn_accuracy for each in tried)


def test_other_settings_need_another_folder(
    faces: FaceSplit, curation_rva: RvaConfig, tmp_path: Path
) -> None:
    fit(faces, 3, replace(curation_rva, epochs=1), 0, tmp_path)
    assert json.loads((tmp_path / "training.json").read_text())["latent"] == 3
    with pytest.raises(ConfigError, match="other settings"):
        fit(faces, 3, replace(curation_rva, epochs=1, pixel_sd=0.5), 0, tmp_path)


def test_sizes_that_do_not_fit() -> None:
    with pytest.raises(ConfigError, match="multiple of 16"):
        RvaConfig(size_px=50)
