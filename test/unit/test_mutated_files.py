"""Files of every kind that is read, damaged or written by somebody who means harm: a value, or an error of ours."""

import json
import math
import random
import resource
import shutil
import signal
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import yaml

from affect_core.array_files import ArrayFile, read_array
from affect_core.bags.metadata import read_metadata
from affect_core.data.affect_map import load_affect_map
from affect_core.data.label_maps import load_label_maps
from affect_core.data.manifest import load_manifest
from affect_core.emotion import load_card
from affect_core.emotion.weights import read_weights
from affect_core.errors import AffectError
from affect_core.experiment.plan import load_experiment
from affect_core.heads.expressions import load_expressions
from affect_core.heads.motor_definitions import load_motor_definitions
from affect_core.images import rgb_from_compressed
from affect_core.responder import load_responder
from affect_core.smoothing import TemporalConfig
from affect_core.smoothing.durations import with_durations
from affect_core.training.config import load_training
from affect_core.trial import Session
from affect_core.trial.library import load_protocol, parts_of
from affect_core.trial.questionnaire import load_questionnaire

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "config"
FEW, MANY = 25, 1000
HANG_S = 60
"""For one file; never reached, unless it hangs."""
MORE_MIB = 400
"""The process may grow by this while all files of a kind are read."""

QUESTIONS = """
title: After the session
questions:
- {id: ease, text: 'How easy was it?', kind: scale, low: 1, high: 7}
- {id: free, text: 'Anything else?', kind: text}
"""
RECORD = {
    "image": "a.png", "label": "boredom", "soft_label": {"boredom": 0.5, "neutral": 0.5}, "valence": 0.1,
    "action_units": {"AU4": [0.1, 0.2]}, "landmarks_xy": [[1, 2]] * 5, "box_xyxy": [1, 2, 3, 4],
    "head_deg": [0, 1, 2], "attributes": {"tone": 3},
}  # fmt: skip
NASTY = (
    *(None, True, "", "x", "none", "../../etc/passwd", "a" * 5000, -1, 0, 3, 10**30, 10**400),
    *(
        1e308,
        math.inf,
        -math.inf,
        math.nan,
        [],
        [[]],
        [None],
        {},
        {"x": None},
        {3: 4},
        [1, "a", {}],
        "2001-01-01",
    ),
)


# --- what is read, and how ---------------------------------------------------------------------------------------


def protocol(path):
    parts_of(path) or load_protocol(path)


def scenario(path):
    from affect_hri.graph import GraphError, load_scenario

    try:
        for name in ("trial", "live", "replay", "head"):
            load_scenario(name, path).resolve({})
    except GraphError as error:
        raise AffectError(str(error)) from error


def metadata(path):
    """As the bag's reader and the session's reader use it."""
    found = read_metadata(path.parent)
    custom = found.get("custom_data")
    if isinstance(custom, dict) and isinstance(custom.get("session"), str):
        Session.from_json(custom["session"])


KINDS = {
    # name: (samples, how they are read)
    "omd": (sorted((ROOT / "test/unit/heads/calibrations").glob("*.omd")), load_motor_definitions),
    "expressions": ([CONFIG / "expressions.yaml"], load_expressions),
    "responder": ([CONFIG / "responder.yaml"], lambda path: load_responder("empathic", path)),
    "label maps": ([CONFIG / "label_maps.yaml"], load_label_maps),
    "affect map": ([CONFIG / "affect_map.yaml"], load_affect_map),
    "trials": (sorted((CONFIG / "trials").glob("*.yaml")), protocol),
    "training": ([CONFIG / "training" / "amal_small.yaml"], load_training),
    "experiment": ([CONFIG / "experiments" / "p0.yaml"], load_experiment),
    "durations": (
        [CONFIG / "durations" / "p0.yaml"],
        lambda path: with_durations(TemporalConfig(smoothing="hmm", durations=str(path))),
    ),
    "questionnaire": (["questions.yaml"], load_questionnaire),
    "graph": ([CONFIG / "graph.yaml"], scenario),
    "card": ([ROOT / "models" / "amal_small" / "card.yaml"], lambda path: load_card(path.parent)),
    "set": (["set.yaml"], lambda path: load_manifest(path.parent)),
    "records": (["records.jsonl"], lambda path: load_manifest(path.parent)),
    "metadata": ([ROOT / "bags" / "short_even" / "metadata.yaml"], metadata),
    "session": (["session.json"], lambda path: Session.from_json(path.read_bytes().decode(errors="replace"))),
    "safetensors": (["weights.safetensors"], read_weights),
    "npz": (["arrays.npz"], lambda path: [ArrayFile(path)[name] for name in ArrayFile(path)]),
    "npy": (["array.npy"], read_array),
    "pictures": (["a.png", "a.jpg"], lambda path: rgb_from_compressed(path.read_bytes())),
}


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """Small files of those kinds that are not in the repository."""
    import cv2
    import torch
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("samples")
    (folder / "questions.yaml").write_text(QUESTIONS)
    head = {
        "format": 1,
        "name": "s",
        "labels": ["neutral", "boredom"],
        "synthetic": True,
        "settings": {"n": 3},
    }
    (folder / "set.yaml").write_text(yaml.safe_dump(head))
    (folder / "records.jsonl").write_text((json.dumps(RECORD) + "\n") * 3)
    (folder / "session.json").write_text(Session(id="s", protocol="demo", camera="avatar").to_json())
    save_file({"a": torch.zeros(3, 4), "b": torch.arange(5)}, folder / "weights.safetensors", {"log": "{}"})
    np.savez_compressed(folder / "arrays.npz", a=np.zeros((20, 30), np.float32), b=np.array(["x", "yz"]))
    np.save(folder / "array.npy", np.arange(60.0).reshape(3, 20))
    picture = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
    cv2.imwrite(str(folder / "a.png"), picture)
    cv2.imwrite(str(folder / "a.jpg"), picture)
    return folder


# --- how they are damaged ----------------------------------------------------------------------------------------


def damaged(rng, data):
    """Cut off, bits flipped, a part cut out, doubled, bytes written over, or a digit made many."""
    size = len(data)
    first, second = sorted(rng.randrange(size + 1) for _ in range(2))
    kind = rng.choice(["truncate", "flip", "cut", "double", "scribble", "digits", "length"])
    if kind == "truncate":
        return data[:first]
    if kind == "flip":
        changed = bytearray(data)
        for _ in range(rng.choice([1, 1, 4, 32])):
            changed[rng.randrange(size)] ^= 1 << rng.randrange(8)
        return bytes(changed)
    if kind == "cut":
        return data[:first] + data[second:]
    if kind == "double":
        return data[:second] + data[first:]
    if kind == "digits":
        places = [n for n, byte in enumerate(data) if 48 <= byte <= 57] or [0]
        place = rng.choice(places)
        return data[:place] + rng.choice([b"9" * 30, b"-", b"1e999", b"0x"]) + data[place + 1 :]
    count = min(8 if kind == "length" else 60, size - first)
    new = rng.choice([b"\xff", b"\x00"]) * count if kind == "length" else rng.randbytes(count)
    return data[:first] + new + data[first + count :]


def twisted(rng, value):
    """The same with one value, somewhere in it, become something else, gone, or somewhere else."""
    places = list(walk(value))
    if not places:
        return rng.choice(NASTY)
    holder, key = rng.choice(places)
    action = rng.choice(["replace", "replace", "replace", "remove", "rename", "double"])
    if action == "remove":
        del holder[key]
    elif action == "rename" and isinstance(holder, dict):
        holder[rng.choice([3, "x", None, True, 1.5])] = holder.pop(key)
    elif action == "double" and isinstance(holder, list):
        holder.append(holder[key])
    else:
        holder[key] = rng.choice(NASTY)
    return value


def walk(value):
    """(holder, key) of everything below."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in list(pairs):
        yield value, key
        yield from walk(part)


def mutated(rng, path):
    """New content for a copy of the file."""
    data = path.read_bytes()
    if rng.random() < 0.5 and path.suffix in (".yaml", ".json", ".jsonl"):
        if path.suffix == ".yaml":
            return yaml.safe_dump(twisted(rng, yaml.safe_load(data)), sort_keys=False).encode()
        return (json.dumps(twisted(rng, json.loads(data.splitlines()[0]))) + "\n").encode()
    for _ in range(rng.choice([1, 1, 1, 3])):
        data = damaged(rng, data or b"\x00")
    return data


# --- what comes of it --------------------------------------------------------------------------------------------


@contextmanager
def no_hang(what):
    def alarm(*_):
        raise AssertionError(f"{what} hangs")

    before = signal.signal(signal.SIGALRM, alarm)
    signal.alarm(HANG_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def fuzz(kind, folder, work, seeds):
    """Read mutated copies; how often they were read and refused."""
    found, read = KINDS[kind]
    originals = [folder / path for path in found]
    for path in originals:
        read(path)  # whole, each of them is read
    outcomes = Counter()
    before_mib = peak_mib()
    for seed in seeds:
        rng = random.Random(f"{kind}{seed}")
        original = rng.choice(originals)
        place = work / "place"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for beside in original.parent.iterdir():
            if beside.is_file() and beside.stat().st_size < 100_000:
                shutil.copy(beside, place)
        path = place / original.name
        path.write_bytes(mutated(rng, original))
        try:
            with no_hang(f"{kind} {seed}"):
                read(path)
            outcomes["read"] += 1
        except AffectError as error:
            assert len(str(error)) > 10
            outcomes["refused"] += 1
        except Exception as error:
            shutil.copy(path, work / f"failed_{kind}_{seed}{path.suffix}")
            raise AssertionError(f"{kind}, seed {seed}: {path.read_bytes()[:300]!r}") from error
    assert peak_mib() - before_mib < MORE_MIB
    return outcomes


@pytest.mark.parametrize("kind", KINDS)
def test_mutated_files_are_read_or_refused(kind, samples, tmp_path):
    outcomes = fuzz(kind, samples, tmp_path, range(FEW))
    assert outcomes["refused"] > 2, outcomes


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_a_thousand_mutated_files_are_read_or_refused(kind, samples, tmp_path):
    outcomes = fuzz(kind, samples, tmp_path, range(1000, 1000 + MANY))
    assert outcomes["refused"] > 50, outcomes
