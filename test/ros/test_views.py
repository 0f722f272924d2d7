"""The Foxglove layout names topics and fields that there are."""

import json
import re
from pathlib import Path

import pytest

from affect_core.faces.regions import REGIONS
from affect_core.labels import BASIC_8
from affect_hri.nodes import _topics

LAYOUT = Path(__file__).resolve().parents[2] / "src" / "affect_hri" / "urdf" / "live.foxglove.json"
PANELS = json.loads(LAYOUT.read_text())["configById"]
TOPICS = {
    topic.name if topic.name.startswith("/") else f"/affect/{topic.name}": topic.message
    for topic in vars(_topics).values()
    if isinstance(topic, _topics.Topic)
}


def paths(panel):
    """What a panel reads: topic, and the fields after it."""
    found = [series["value"] for series in panel.get("paths", ())]
    found += [panel[key] for key in ("topicToRender", "topicPath") if key in panel]
    return [*found, *([panel["imageMode"]["imageTopic"]] if "imageMode" in panel else [])]


def leaves(layout):
    if isinstance(layout, str):
        return [layout]
    return [leaf for side in ("first", "second") for leaf in leaves(layout[side])]


def test_every_panel_has_its_place():
    assert sorted(leaves(json.loads(LAYOUT.read_text())["layout"])) == sorted(PANELS)


@pytest.mark.parametrize("path", sorted({path for panel in PANELS.values() for path in paths(panel)}))
def test_a_panel_reads_a_field_that_there_is(path):
    topic, *fields = path.split(".")
    message = TOPICS[topic]
    for field in fields:
        name, index = re.fullmatch(r"(\w+)(\[\d+\])?", field).groups()
        kind = message.get_fields_and_field_types()[name]
        assert bool(index) == kind.startswith("sequence<")
        element = re.sub(r"sequence<(.*)>", r"\1", kind)
        message = getattr(_topics.affect, element.rsplit("/")[-1], None)


def test_as_many_series_as_labels_and_regions():
    assert len(PANELS["Plot!probabilities"]["paths"]) == len(BASIC_8)  # the larger one of the label sets
    assert [p["label"] for p in PANELS["Plot!why"]["paths"]] == list(REGIONS)


def test_limits_of_an_axis_are_numbers():
    # an empty string reads as 0 there: a plot from 0 to 0 stays blank
    limits = [panel[key] for panel in PANELS.values() for key in ("minYValue", "maxYValue") if key in panel]
    assert limits and all(isinstance(limit, (int, float)) for limit in limits)


def test_every_panel_has_a_title_in_foxglove_and_in_lichtblick():
    assert all(panel["foxglovePanelTitle"] == panel["lichtblickPanelTitle"] for panel in PANELS.values())
