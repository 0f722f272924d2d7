import json

import pytest

from affect_core.errors import ConfigError, InputError
from affect_core.trial import Session, session_id

SESSION = Session(id="demo-dim-seed7", protocol="demo", seed=7, clock="lockstep", lighting="dim", fps=15.0)


def test_json_round_trip() -> None:
    assert Session.from_json(SESSION.to_json()) == SESSION
    assert json.loads(SESSION.to_json())["seed"] == 7


def test_keys_of_a_later_version_are_ignored() -> None:
    later = json.dumps({"id": "x", "protocol": "demo", "consent": "yes"})
    assert Session.from_json(later) == Session(id="x", protocol="demo")


@pytest.mark.parametrize("text", ["", "{", "[1]", "3", '{"seed": "seven"}', '{"clock": "sundial"}'])
def test_what_is_no_session_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected a session as JSON"):
        Session.from_json(text)


def test_values_are_checked() -> None:
    with pytest.raises(ConfigError, match="wall, lockstep"):
        Session(clock="sundial")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"protocol": "demo", "seed": 7}, "demo-seed7"),
        ({"protocol": "demo", "seed": 7, "lighting": "dim", "occlusion": "none"}, "demo-dim-seed7"),
        (
            {"protocol": "p0_single", "seed": 0, "participant": "P 01/b", "occlusion": "mouth"},
            "P_01_b-p0_single-mouth-seed0",
        ),
    ],
)
def test_the_id_depends_on_the_conditions_only(arguments: dict[str, object], expected: str) -> None:
    assert session_id(**arguments) == expected  # type: ignore[arg-type]
