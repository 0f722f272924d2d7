"""Whatever comes on a topic, the node lives on: messages made up by hypothesis, given to every subscription's callback.

They are given in the test's own thread, without DDS between, so that thousands take seconds; what DDS itself refuses
(a text that is no UTF-8, an array beyond its bound) never comes to a callback.
"""

import importlib
import os
import re
from array import array
from inspect import signature
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rclpy.parameter import Parameter
from rclpy.serialization import serialize_message

WORDS = (
    *("neutral", "confusion", "boredom", "happy", "even", "dim", "none", "mouth", "f00001", "ended", "32FC1"),
    *(
        "rgb8",
        "bgr8",
        "mono8",
        "rgba8",
        "bayer_rggb8",
        "16UC1",
        "yuv422",
        "jpeg",
        "png",
        "rgb8; jpeg compressed bgr8",
    ),
)
INTEGERS = {f"{sign}int{bits}": (sign, bits) for sign in ("", "u") for bits in (8, 16, 32, 64)}
LARGEST = float.fromhex(
    "0x1.fffffcp127"
)  # of a float32; the message classes refuse what is a digit more, and infinity
FLOATS = {"float": st.floats(-LARGEST, LARGEST, width=32) | st.just(float("nan")), "double": st.floats()}
INFO = dict.fromkeys(("source_timestamp", "received_timestamp"), 1) | {"publication_sequence_number": 1}
SAMPLE_BAG = Path(__file__).resolve().parents[2] / "bags" / "short_even"
FAST = int(os.environ.get("AFFECT_FUZZ_MESSAGES", "150"))
LONG = 10_000
SETTINGS = {
    "camera": {"source": "folder"},
    "ohbot": {"head": "none"},
    "replay": {"bag": str(SAMPLE_BAG)},
    "trial": {"protocol": "short", "start": "action", "camera": "topic", "head": "none"},
}


def messages(message_type):
    """A strategy of whole messages: small numbers, words that mean something, and the extremes of each field."""
    fields = message_type.get_fields_and_field_types()
    parts = {name: values(kind) for name, kind in fields.items()}
    return st.fixed_dictionaries(parts).map(lambda content: message_type(**content))


def values(kind):
    """A strategy of one field, by what the message class says of its type."""
    several = re.fullmatch(r"sequence<(.+?)(?:, (\d+))?>|(.+)\[(\d+)\]", kind)
    if several:
        element, most, fixed_element, count = several.groups()
        if count:
            return st.lists(values(fixed_element), min_size=int(count), max_size=int(count))
        if element == "uint8":
            return st.binary(max_size=64).map(lambda data: array("B", data))
        return st.lists(values(element), max_size=min(int(most or 4), 4))
    if kind in INTEGERS:
        sign, bits = INTEGERS[kind]
        low, high = (0, 2**bits - 1) if sign else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        return st.one_of(st.integers(max(low, -2), min(high, 70)), st.integers(low, high))
    if kind in ("octet", "byte"):
        return st.binary(min_size=1, max_size=1)
    if kind in ("float", "double"):
        return st.one_of(st.floats(-2.0, 2.0, width=32), FLOATS[kind])
    if kind == "boolean":
        return st.booleans()
    if kind.startswith(("string", "wstring")):
        return st.one_of(st.sampled_from(WORDS), st.text(max_size=12))
    return messages(type_of(kind))


def type_of(kind):
    package, name = kind.split("/")
    return getattr(importlib.import_module(f"{package}.msg"), name)


@pytest.fixture
def make_node(bench, node_class, tiny_model, pictures, tmp_path):
    made = []

    def make(name):
        values = {
            "output": str(tmp_path),
            "model": str(tiny_model),
            "autostart": False,
            **SETTINGS.get(name, {}),
        }
        if name == "camera":
            values["path"] = str(pictures[0])
        if name == "recorder":
            values["bag"] = str(tmp_path / "bag")  # else it only listens while a session runs
        kind = node_class(name)
        known = {field for s in kind.settings for field in s.__dataclass_fields__} | {"autostart"}
        overrides = [Parameter(key, value=value) for key, value in values.items() if key in known]
        node = kind(namespace=bench.namespace(), parameter_overrides=overrides)
        made.append(node)
        assert node.trigger_configure().name == "SUCCESS", node.failure
        assert node.trigger_activate().name == "SUCCESS", node.failure
        if name == "overlay":
            node.listen_for_watchers()
        return node

    yield make
    for node in made:
        node.close()


def give(node, count):
    """``count`` messages to each subscription; the node must still be active then."""
    own = [one for one in node.subscriptions if "parameter_events" not in one.topic_name]
    for subscription in own:
        taking(subscription, count)()
    assert node.is_active
    return [one.topic_name for one in own]


def taking(subscription, count):
    """A hypothesis test of one subscription's callback."""

    @settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(messages(subscription.msg_type))
    def take(message):
        info = () if takes_message_alone(subscription.callback) else (INFO,)
        sent = serialize_message(message) if subscription.raw else message
        try:
            subscription.callback(sent, *info)
        except Exception as error:
            raise AssertionError(f"{subscription.topic_name}: {message}") from error

    return take


def takes_message_alone(callback):
    """As rclpy finds out."""
    try:
        signature(callback).bind(object())
    except TypeError:
        return False
    return True


def test_every_subscription_takes_anything(make_node, node_name):
    topics = give(make_node(node_name), FAST)
    assert topics or node_name in ("avatar", "camera", "replay")


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_every_subscription_takes_ten_thousand_messages(make_node, node_name):
    give(make_node(node_name), LONG)
