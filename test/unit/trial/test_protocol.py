import itertools
import math
import random
from pathlib import Path

import pytest

from affect_core.errors import ConfigError, UnknownName
from affect_core.labels import COMPLEX_5
from affect_core.trial import KINDS, ORDERS, Protocol, load_protocol

NAMES = ("demo", "free", "human", "lighting_occlusion", "p0_single", "p0_switching", "short", "watch")


@pytest.mark.parametrize("name", NAMES)
def test_shipped_protocols_load_under_their_own_name(shipped_protocols: Path, name: str) -> None:
    protocol = load_protocol(name)
    assert protocol.name == name
    assert protocol == load_protocol(shipped_protocols / f"{name}.yaml")


def test_every_shipped_protocol_is_tested(shipped_protocols: Path) -> None:
    assert {*NAMES, "p0"} == {path.stem for path in shipped_protocols.glob("*.yaml")}


def test_p0_single_is_what_the_paper_says(shipped_protocols: Path) -> None:
    protocol = load_protocol("p0_single")
    assert protocol.labels == COMPLEX_5
    assert (protocol.kind, protocol.order) == ("single_emotion", "random")
    assert (protocol.hold_s, protocol.repetitions, protocol.rest_s, protocol.fps) == (10.0, 5, 2.0, 30.0)


def test_p0_switching_is_what_the_paper_says(shipped_protocols: Path) -> None:
    protocol = load_protocol("p0_switching")
    assert (protocol.kind, protocol.hold_s, protocol.labels) == ("switching", 2.0, COMPLEX_5)


def test_null_duration_means_until_the_source_ends(shipped_protocols: Path) -> None:
    assert load_protocol("watch").duration_s == math.inf


def test_unknown_protocol_lists_the_known_ones(shipped_protocols: Path) -> None:
    with pytest.raises(ConfigError, match=r"'nope'.*demo.*p0_single.*watch"):
        load_protocol("nope")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("holds_s: 3", r"unknown key holds_s; Protocol knows: .*hold_s"),
        ("kind: shuffle", r"unknown protocol kind 'shuffle'; known: single_emotion, switching, watch"),
        ("order: upward", r"unknown order of labels 'upward'; known: fixed, latin_square, random"),
        ("intensity: 1.5", r"Protocol.intensity: expected 0.0 to 1.0, got 1.5"),
        ("repetitions: 0", r"Protocol.repetitions: expected 1 to 10000, got 0"),
        ("repetitions: many", r"Protocol.repetitions: expected int, got str 'many'"),
        ("fps: 0", r"Protocol.fps: expected 1.0 to 240.0, got 0.0"),
        ("hold_s: -1", r"Protocol.hold_s: expected at least 0.1, got -1.0"),
        ("labels: confusion", r"Protocol.labels: expected tuple, got str 'confusion'"),
        ("labels: [confusion, 3]", r"expected names of expressions, got \[3\]"),
        ("labels: [boredom, boredom]", r"boredom appears twice"),
        ("name: ''", r"Protocol.name: expected a name"),
        ("labels: [a", r"is not valid YAML"),
    ],
)
def test_a_wrong_file_says_what_is_wrong_and_where(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "mine.yaml"
    base = [
        text for text in ("name: mine", "labels: [confusion]") if text.split(":")[0] != line.split(":")[0]
    ]
    path.write_text("\n".join([*base, line]))
    with pytest.raises(ConfigError, match=message) as caught:
        load_protocol(path)
    assert str(path) in str(caught.value)


def test_registries_name_what_they_do_not_know() -> None:
    with pytest.raises(UnknownName, match="single_emotion, switching, watch"):
        KINDS.get("nope")
    with pytest.raises(UnknownName, match="fixed, latin_square, random"):
        ORDERS.get("nope")


@pytest.mark.parametrize("order", ORDERS.names())
@pytest.mark.parametrize("repetitions", [1, 4])
def test_every_order_commands_each_label_as_often_as_asked(order: str, repetitions: int) -> None:
    sequence = ORDERS.build(order, COMPLEX_5, repetitions, random.Random(5), 0)
    assert sorted(sequence) == sorted(COMPLEX_5 * repetitions)


def test_fixed_order_is_as_written() -> None:
    assert ORDERS.build("fixed", ("b", "a"), 2, random.Random(0), 0) == ["b", "a", "b", "a"]


@pytest.mark.parametrize("seed", range(40))
def test_random_order_is_blocked_and_never_repeats_a_label_at_once(seed: int) -> None:
    sequence = ORDERS.build("random", ("a", "b", "c"), 6, random.Random(seed), 0)
    assert all(sorted(sequence[i : i + 3]) == ["a", "b", "c"] for i in range(0, 18, 3))
    assert all(one != two for one, two in itertools.pairwise(sequence))


def test_random_order_of_one_label_ends() -> None:
    assert ORDERS.build("random", ("a",), 3, random.Random(0), 0) == ["a", "a", "a"]


def test_random_order_reaches_every_permutation() -> None:
    seen = {tuple(ORDERS.build("random", ("a", "b", "c"), 1, random.Random(seed), 0)) for seed in range(100)}
    assert len(seen) == 6


def test_protocol_needs_a_name() -> None:
    with pytest.raises(ConfigError, match="expected a name"):
        Protocol()
