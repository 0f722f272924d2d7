"""Scoring of trials: records, collector, scores, summary. The report: `affect_core.evaluation.report`."""

from affect_core.evaluation.collector import (
    Box,
    Collected,
    FaceFacts,
    FrameCounts,
    TrialCollector,
    face_facts,
)
from affect_core.evaluation.records import FrameRecord, TruthEvent, truth_events
from affect_core.evaluation.scoring import ClassScore, Judged, Score, judge, percentiles, score
from affect_core.evaluation.summary import Summary, installed_versions, missing, summarise, summary_table

__all__ = [
    "Box",
    "ClassScore",
    "Collected",
    "FaceFacts",
    "FrameCounts",
    "FrameRecord",
    "Judged",
    "Score",
    "Summary",
    "TrialCollector",
    "TruthEvent",
    "face_facts",
    "installed_versions",
    "judge",
    "missing",
    "percentiles",
    "score",
    "summarise",
    "summary_table",
    "truth_events",
]
