import csv
import json
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from affect_core.errors import InputError
from affect_core.evaluation import (
    Collected,
    FrameCounts,
    FrameRecord,
    Summary,
    TruthEvent,
    summarise,
    truth_events,
)
from affect_core.evaluation.figures import COLOURS, SPARE, colours, timeline_png
from affect_core.evaluation.repetitions import repetition_of
from affect_core.evaluation.report import write_report
from affect_core.labels import COMPLEX_6
from affect_core.trial import EventKind, Protocol, Session, schedule

PLOTS = {"timeline.png", "confusion.png", "per_class.png", "lag.png", "reliability.png", "latency.png"}


class Page(HTMLParser):
    """Texts of elements with an id, and all links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}
        self.links: set[str] = set()
        self._inside: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._inside = values.get("id") or self._inside
        self.links |= {link for link in (values.get("src"), values.get("href")) if link}

    def handle_data(self, data: str) -> None:
        if self._inside and data.strip():
            self.texts[self._inside] = f"{self.texts.get(self._inside, '')} {data.strip()}".strip()

    def handle_endtag(self, tag: str) -> None:
        if tag in ("b", "td", "table", "section"):
            self._inside = None


@pytest.fixture
def session() -> Session:
    return Session(id="short-even-seed1", participant="<b>P&1</b>", protocol="short", seed=1, lighting="even")


@pytest.fixture
def summary(session: Session, events: list[TruthEvent], records: list[FrameRecord]) -> Summary:
    counts = FrameCounts(13, 12, 11, 11, 1)
    return summarise(
        session, Collected(tuple(events), tuple(records), counts, 25.0, 24.5, "amal", "ab12", "torch")
    )


@pytest.fixture
def folder(tmp_path: Path, summary: Summary, events: list[TruthEvent], records: list[FrameRecord]) -> Path:
    green = np.full((60, 80, 3), (0, 200, 0), dtype=np.uint8)
    page = write_report(tmp_path / "new" / "r1", summary, records, events, [("confusion <0.90>", green)])
    assert page == tmp_path / "new" / "r1" / "report.html"
    return page.parent


def test_files_are_exactly_these(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == PLOTS | {
        "report.html",
        "summary.json",
        "records.csv",
        "sample_00.jpg",
    }


def test_page_shows_the_numbers(folder: Path) -> None:
    page = Page((folder / "report.html").read_text())
    shown = {
        key: page.texts[key] for key in ("accuracy-hold", "accuracy-frame", "accuracy-neutral", "accuracy5")
    }
    assert shown == {
        "accuracy-hold": "40.0 %",
        "accuracy-frame": "42.9 %",
        "accuracy-neutral": "66.7 %",
        "accuracy5": "60.0 %",
    }
    assert page.texts["macro-f1"] == "0.586"
    assert page.texts["lag"] == "-100 ms"
    assert page.texts["frames-labelled"] == "11"
    assert "confusion 1.000 0.429 0.600 7" in " ".join((folder / "report.html").read_text().split()).replace(
        '</td><td class="n">', " "
    )


def test_links_are_relative_and_lead_somewhere(folder: Path) -> None:
    page = Page((folder / "report.html").read_text())
    assert page.links == PLOTS | {"sample_00.jpg", "summary.json", "records.csv"}
    assert all((folder / link).is_file() for link in page.links)


def test_what_people_typed_is_shown_not_run(folder: Path) -> None:
    text = (folder / "report.html").read_text()
    assert "<b>P&1</b>" not in text
    assert "&lt;b&gt;P&amp;1&lt;/b&gt;" in text
    assert "confusion &lt;0.90&gt;" in text


def test_summary_and_sample_read_back(folder: Path, summary: Summary) -> None:
    assert json.loads((folder / "summary.json").read_text()) == summary
    blue, green, red = cv2.imread(str(folder / "sample_00.jpg"))[30, 40]
    assert green > 190
    assert max(int(blue), int(red)) < 10


@pytest.mark.parametrize("name", sorted(PLOTS))
def test_plots_are_pictures_with_ink(folder: Path, name: str) -> None:
    image = cv2.imread(str(folder / name))
    assert min(image.shape[:2]) > 100
    assert image.std() > 5


def test_records_by_hand(folder: Path) -> None:
    with (folder / "records.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 12
    before, early, settled, faceless = rows[0], rows[4], rows[8], rows[9]
    assert (before["truth"], before["settled"], before["correct"], before["label"]) == ("", "", "", "neutral")
    assert (early["event"], early["truth"], early["settled"], early["label"], early["correct"]) == (
        "2",
        "confusion",
        "0",
        "neutral",
        "0",
    )
    assert (settled["repetition"], early["repetition"], before["repetition"]) == ("1", "1", "")
    assert (settled["stamp_ns"], settled["settled"], settled["label"]) == ("700000000", "1", "frustration")
    assert (settled["p_frustration"], settled["latency_ms"], settled["detect_ms"]) == ("0.5", "28", "")
    assert (faceless["label"], faceless["p_neutral"], faceless["faces"], faceless["correct"]) == (
        "",
        "",
        "0",
        "0",
    )


def test_a_repetition_is_the_how_manieth_of_its_label() -> None:
    labels = ["neutral", "boredom", "neutral", "confusion", "boredom"]
    kinds = [EventKind.REST, EventKind.COMMAND, EventKind.REST, EventKind.COMMAND, EventKind.COMMAND]
    events = [
        TruthEvent(i, kind, label, index=i) for i, (kind, label) in enumerate(zip(kinds, labels, strict=True))
    ]
    assert [repetition_of(reversed(events))[event] for event in events] == [1, 1, 2, 1, 2]


def test_without_ground_truth_the_reason_stands_in_the_report(
    tmp_path: Path, session: Session, events: list[TruthEvent], records: list[FrameRecord]
) -> None:
    watched = events[:1]
    summary = summarise(session, Collected(tuple(watched), tuple(records), FrameCounts(None, 12, 11, 11, 0)))
    path = write_report(tmp_path, summary, records, watched)
    page = Page(path.read_text())
    assert page.texts["accuracy-hold"] == "-"
    assert "No ground truth" in page.texts["notes"]
    assert "“Confusion” is left out" in page.texts["notes"]
    assert not (tmp_path / "confusion.png").exists()
    assert json.loads((tmp_path / "summary.json").read_text())["accuracy"]["hold"] is None


def test_a_trial_without_frames_still_has_a_report(tmp_path: Path, session: Session) -> None:
    summary = summarise(session, Collected((), (), FrameCounts(None, 0, 0, 0, 0)))
    page = Page(write_report(tmp_path, summary, (), ()).read_text())
    assert "no estimate arrived" in page.texts["notes"]
    assert {path.name for path in tmp_path.iterdir()} == {"report.html", "summary.json", "records.csv"}


def test_an_output_folder_that_is_a_file(tmp_path: Path, summary: Summary) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(InputError, match=r"expected to write .*taken.*choose another output folder"):
        write_report(tmp_path / "taken", summary, (), ())


def test_written_again_over_the_old_one(
    folder: Path, summary: Summary, events: list[TruthEvent], records: list[FrameRecord]
) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    write_report(folder, summary, records, events)
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.name in PLOTS} == {
        name: before[name] for name in PLOTS
    }


def _share(image_bgr: np.ndarray, colour: str) -> float:
    rgb = [int(colour[index : index + 2], 16) for index in (1, 3, 5)]
    return float(np.all(image_bgr[:, :, ::-1] == rgb, axis=2).mean())


def test_timeline_shows_commands_in_their_colours() -> None:
    """4 s of confusion after 1 s of rest, always read as neutral: confusion appears in the band only."""
    protocol = Protocol(name="p", labels=("confusion",), hold_s=4.0, lead_in_s=1.0)
    events = truth_events(schedule(protocol, {"neutral": 0.2, "confusion": 0.2}, 0).events)
    records = [FrameRecord(index * 100_000_000, 1, ("neutral", "boredom"), (0.8, 0.2)) for index in range(50)]
    png = timeline_png(events, records)
    assert png is not None
    image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    shares = {label: _share(image, COLOURS[label]) for label in COMPLEX_6}
    assert shares["neutral"] > shares["boredom"] > 0.05
    assert 0.02 < shares["confusion"] < shares["boredom"]
    assert shares["frustration"] == shares["disapproval"] == 0.0


def test_timeline_of_a_session_that_nobody_labelled() -> None:
    """A trial that is broken off at its first frames has frames, but no label: its commands are shown."""
    protocol = Protocol(name="p", labels=("confusion",), hold_s=4.0, lead_in_s=1.0)
    events = truth_events(schedule(protocol, {"neutral": 0.2, "confusion": 0.2}, 0).events)
    png = timeline_png(events, [FrameRecord(index * 100_000_000, 0) for index in range(3)])
    assert png is not None
    image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert _share(image, COLOURS["confusion"]) > 0.02
    assert _share(image, COLOURS["boredom"]) == 0.0


def test_every_label_has_one_colour() -> None:
    many = colours([*COMPLEX_6, "happy", "sad"])
    assert len(set(many.values())) == 8
    assert many["happy"] == SPARE[0]
