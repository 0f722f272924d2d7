import json

import numpy as np
import pytest

from affect_core.errors import ConfigError, InputError
from affect_core.synth.humans.ict import (
    cached_path,
    find_ict,
    ict_places,
    load_face_model,
    quantise,
    require_ict,
)


def test_quantised_values_come_back():
    values = np.array([[[0.0, 1.0, -2.0]], [[0.25, 0.0, 0.0]], [[0.0, 0.0, 0.0]]])
    steps, scale = quantise(values)
    assert steps.dtype == np.int16
    assert steps[0, 0, 2] == -32767
    assert steps[1, 0, 0] == 32767
    assert scale.tolist() == pytest.approx([2.0 / 32767, 0.25 / 32767, 0.0])
    assert np.allclose(steps * scale[:, None, None], values, atol=2.0 / 32767 / 2)


def test_the_model_is_what_the_file_says(tiny_ict, tiny_face):
    model = load_face_model(tiny_ict)
    assert np.allclose(model.mean_cm, tiny_face.places, atol=1e-5)
    assert model.identity_cm.shape == (2, len(tiny_face.places), 3)
    moved = model.blendshapes["browDown_L"]
    places = tiny_face.places[moved.vertices]
    assert (places[:, 0] > 0).all() and (places[:, 1] > 5).all()  # only what it moves is kept
    assert np.allclose(moved.moves_cm, [0.0, 0.5, 0.0], atol=1e-4)
    assert model.landmarks.tolist() == tiny_face.landmarks()


def test_fewer_modes_can_be_read(tiny_ict):
    assert len(load_face_model(tiny_ict, identity_modes=1).identity_cm) == 1


def test_the_landmarks_may_lie_beside_the_file(tiny_arrays, tmp_path):
    arrays = {name: array for name, array in tiny_arrays.items() if name != "landmarks"}
    np.savez(tmp_path / "model.npz", **arrays)
    with pytest.raises(InputError, match=r"vertex_indices\.json"):
        load_face_model(tmp_path / "model.npz")
    indices = {"idx_to_landmark_verts": tiny_arrays["landmarks"].tolist()}
    (tmp_path / "vertex_indices.json").write_text(json.dumps(indices))
    assert load_face_model(tmp_path / "model.npz").landmarks.tolist() == tiny_arrays["landmarks"].tolist()


def test_damaged_and_incomplete_files_are_named(tiny_ict, tiny_arrays, tmp_path):
    cut = tmp_path / "cut.npz"
    cut.write_bytes(tiny_ict.read_bytes()[:1000])
    with pytest.raises(InputError, match=r"could not read.*cut\.npz|cut\.npz, could not read"):
        load_face_model(cut)
    np.savez(tmp_path / "less.npz", **{name: tiny_arrays[name] for name in ("mean", "faces", "landmarks")})
    with pytest.raises(InputError, match="missing or of another shape: identity_q"):
        load_face_model(tmp_path / "less.npz")
    few = {**tiny_arrays, "landmarks": tiny_arrays["landmarks"][:5]}
    np.savez(tmp_path / "few.npz", **few)
    with pytest.raises(InputError, match="68 landmarks"):
        load_face_model(tmp_path / "few.npz")


def test_the_variable_comes_first_and_must_be_right(monkeypatch, tmp_path, tiny_ict):
    monkeypatch.setenv("AFFECT_HRI_ICT", str(tiny_ict))
    assert find_ict() == tiny_ict
    monkeypatch.setenv("AFFECT_HRI_ICT", str(tmp_path / "none.npz"))
    with pytest.raises(ConfigError, match=r"AFFECT_HRI_ICT=.*none\.npz"):
        find_ict()


def test_then_the_checkout_then_the_cache(monkeypatch, tmp_path):
    monkeypatch.delenv("AFFECT_HRI_ICT", raising=False)
    monkeypatch.setenv("AFFECT_HRI_CACHE", str(tmp_path))
    places = ict_places()
    assert places[-1] == cached_path() == tmp_path / "ict_facekit.npz"
    assert any(place.parts[-3:] == ("shared", "ict_facekit", "ict_facekit.npz") for place in places[:-1])


def test_without_a_model_all_ways_to_one_are_named(monkeypatch, tmp_path):
    monkeypatch.delenv("AFFECT_HRI_ICT", raising=False)
    monkeypatch.setenv("AFFECT_HRI_CACHE", str(tmp_path))
    monkeypatch.setattr("affect_core.synth.humans.ict.share_roots", list)
    with pytest.raises(ConfigError) as caught:
        require_ict()
    for part in (
        "AFFECT_HRI_ICT",
        "../shared/ict_facekit",
        str(tmp_path),
        "download-ict",
        "import-ict",
        "synth robots",
    ):
        assert part in str(caught.value)


def test_the_real_model(ict):
    model = load_face_model(ict)
    assert len(model.mean_cm) == 26719
    assert model.faces.shape == (52220, 3)
    assert len(model.identity_cm) == 50
    assert len(model.blendshapes) == 57
    right, left = (model.mean_cm[model.landmarks[corner]] for corner in (36, 45))
    assert right[0] < -4 < 4 < left[0]  # the outer corners of the eyes; x is the subject's left
