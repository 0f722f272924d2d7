"""The paper's seven classifiers, with scikit-learn's defaults and a fixed seed."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, Final

from affect_core.curation.config import ClassifierConfig
from affect_core.registry import Registry

CLASSIFIERS: Registry[Any] = Registry("classifier")
"""Name of the paper's tables -> (config, seed) -> an estimator of scikit-learn's kind."""

STAND_IN: Final = "HistGB"
"""scikit-learn's HistGradientBoosting, where XGBoost is not installed; named as such wherever it is shown."""


def shown(name: str) -> str:
    """A classifier's name as tables say it: what really ran."""
    return STAND_IN if name == "XGB" and not has_xgboost() else name


def has_xgboost() -> bool:
    """Whether XGBoost is installed; it is not among our requirements."""
    return find_spec("xgboost") is not None


@CLASSIFIERS.register("LR")
def _logistic(config: ClassifierConfig, seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    return _scaled(LogisticRegression(max_iter=config.iterations, random_state=seed))


@CLASSIFIERS.register("NB")
def _bayes(config: ClassifierConfig, seed: int) -> Any:
    from sklearn.naive_bayes import GaussianNB

    return GaussianNB()


@CLASSIFIERS.register("RF")
def _forest(config: ClassifierConfig, seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(config.trees, random_state=seed)


@CLASSIFIERS.register("KNN")
def _neighbours(config: ClassifierConfig, seed: int) -> Any:
    from sklearn.neighbors import KNeighborsClassifier

    return _scaled(KNeighborsClassifier())


@CLASSIFIERS.register("MLP")
def _perceptron(config: ClassifierConfig, seed: int) -> Any:
    from sklearn.neural_network import MLPClassifier

    return _scaled(MLPClassifier(max_iter=config.mlp_epochs, random_state=seed))


@CLASSIFIERS.register("SVM")
def _machine(config: ClassifierConfig, seed: int) -> Any:
    from sklearn.svm import SVC

    return _scaled(SVC(random_state=seed))


@CLASSIFIERS.register("XGB")
def _boosting(config: ClassifierConfig, seed: int) -> Any:
    if has_xgboost():
        from importlib import import_module

        make: Callable[..., Any] = import_module("xgboost").XGBClassifier
        return make(n_estimators=config.boosting_rounds, random_state=seed, n_jobs=1)
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=config.boosting_rounds, max_leaf_nodes=config.boosting_leaves, random_state=seed
    )


def _scaled(estimator: Any) -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), estimator)
