"""Emotion: cards, networks, runtimes, and the stage that reads faces."""

from affect_core.emotion import architectures, runtimes  # importing them fills the registries
from affect_core.emotion.base import (
    ARCHITECTURES,
    REGRESSION,
    RUNTIMES,
    EmotionConfig,
    Output,
    Runtime,
    build_runtime,
)
from affect_core.emotion.card import Card, Weights, load_card, save_card
from affect_core.emotion.preprocess import to_batch
from affect_core.emotion.stage import EmotionStage, softmax
from affect_core.emotion.weights import load_model, read_weights, save_weights

__all__ = [
    "ARCHITECTURES",
    "REGRESSION",
    "RUNTIMES",
    "Card",
    "EmotionConfig",
    "EmotionStage",
    "Output",
    "Runtime",
    "Weights",
    "architectures",
    "build_runtime",
    "load_card",
    "load_model",
    "read_weights",
    "runtimes",
    "save_card",
    "save_weights",
    "softmax",
    "to_batch",
]
