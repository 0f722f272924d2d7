"""doc/results.md: the experiment's results as tables, from the files that are committed and from nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from affect_core.experiment.collect import DIFFERENCES_FILE, results_path
from affect_core.experiment.markdown import interval, signed, table
from affect_core.experiment.places import Places
from affect_core.experiment.plan import Experiment, StageSpec, TestSpec
from affect_core.experiment.results import Result, read_result
from affect_core.experiment.rows import Row
from affect_core.experiment.tables_focus import Results, ablation, looks, overlap, shortcut
from affect_core.experiment.targets import DEFAULT_MODEL, TARGETS

COMMAND: Final = "affect-hri experiment run config/experiments/{name}.yaml"
TABLES_COMMAND: Final = "affect-hri experiment tables"
CHECKPOINT_TESTS: Final = ("complex_test", "robots_unseen", "ohbot_even-ohbot", "ohbot_dim-ohbot")
_METRICS: Final = {
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "macro_f1": "macro F1",
}


def results_page(plan: Experiment, places: Places) -> str:
    """The whole page, Markdown."""
    results = read_results(plan, places)
    sections = [_head(plan, results), *(_section(plan, results, *part) for part in _PARTS)]
    differences = read_result(places.models / DIFFERENCES_FILE).get("rows", [])
    sections.insert(5, _with_command(plan, "Differences between models", _differences(differences)))
    return "\n".join(sections)


def read_results(plan: Experiment, places: Places) -> dict[str, Result]:
    """Of all models that have any."""
    return {m: r for m in plan.models if (r := read_result(results_path(places.models, m)))}


def table1(plan: Experiment, results: Results, classes: int, tests: Sequence[str] = ()) -> str:
    """Accuracy, macro precision, recall and F1 of every model, protocol and test; ``tests``: only those of these keys."""
    lines = []
    for stage, test in _places(plan, tests):
        for model, result in results.items():
            found = {row["metric"]: row for row in _select(result["rows"], stage, test, classes)}
            if found:
                cells = [interval(found[metric]) for metric in _METRICS]
                seeds, n = found["accuracy"]["seeds"], found["accuracy"]["n"]
                lines.append([_protocol(stage), _shown(test), model, *cells, f"{seeds}", f"{n}"])
    return table(["protocol", "test", "model", *_METRICS.values(), "seeds", "pictures"], lines)


def summary_table(plan: Experiment, results: Results) -> str:
    """Accuracy with five classes: one line per protocol and test, one column per model that has such rows."""
    return _by_model(plan, results, lambda row: row["classes"] == 5 and row["metric"] == "accuracy")


def _by_model(plan: Experiment, results: Results, wanted: Callable[[Row], bool]) -> str:
    results = _compared(results)
    lines = []
    for stage, test in _places(plan):
        cells = [
            next((interval(r) for r in _select(one["rows"], stage, test) if wanted(r)), "-")
            for one in results.values()
        ]
        if set(cells) != {"-"}:
            lines.append([_protocol(stage), _shown(test), *cells])
    return table(["protocol", "test", *results], lines)


def _five(plan: Experiment, results: Results) -> str:
    return table1(plan, results, 5)


def _six(plan: Experiment, results: Results) -> str:
    return table1(plan, results, 6)


def _intensity(plan: Experiment, results: Results) -> str:
    """Macro F1 of complex_test by intensity."""
    bins = ("<0.5", "0.5-0.75", ">0.75", ">0.5")
    lines = []
    for stage, test in _places(plan):
        for model, result in results.items():
            rows = _select(result["parts"], stage, test, 6)
            found = {r["intensity"]: r for r in rows if "intensity" in r and r["metric"] == "macro_f1"}
            if test.name == "complex_test" and found:
                cells = [interval(found[name]) if name in found else "-" for name in bins]
                lines.append([_protocol(stage), model, *cells])
    return table(["protocol", "model", *bins], lines)


def _lighting(plan: Experiment, results: Results) -> str:
    """Accuracy by light, where a test has several."""
    lines = []
    for stage, test in _places(plan):
        for model, result in results.items():
            rows = _select(result["parts"], stage, test, 6)
            found = {r["lighting"]: r for r in rows if "lighting" in r and r["metric"] == "accuracy"}
            if found:
                cells = [interval(found[name]) if name in found else "-" for name in ("even", "dim")]
                lines.append([_protocol(stage), _shown(test), model, *cells])
    return table(["protocol", "test", "model", "even", "dim"], lines)


def _few_shot(plan: Experiment, results: Results) -> str:
    """Accuracy with six classes on the OhBot, by pictures of it in training."""
    stages = [spec for spec in _stages(plan).items() if any(t.look for t in _tests(plan, spec[1]))]
    lines = []
    for test in (test for test in plan.tests.values() if test.look):
        for model, result in results.items():
            cells = []
            for stage in stages:
                rows = _select(result["rows"], stage, test, 6)
                cells.append(next((interval(r) for r in rows if r["metric"] == "accuracy"), "-"))
            if set(cells) != {"-"}:
                lines.append([_shown(test), model, *cells])
    return table(["test", "model", *(_protocol(stage) for stage in stages)], lines)


def calibration(plan: Experiment, results: Results, tests: Sequence[str] = ()) -> str:
    """Calibration error with six classes, before and after temperature scaling; ``tests`` as in `table1`."""
    lines = []
    for stage, test in _places(plan, tests):
        for model, result in results.items():
            before = [r for r in _select(result["rows"], stage, test, 6) if r["metric"] == "ece"]
            after = [r for r in _select(result["calibration"], stage, test, 6) if r["metric"] == "ece"]
            if before and after:
                lines.append([_protocol(stage), _shown(test), model, interval(before[0]), interval(after[0])])
    return table(["protocol", "test", "model", "ECE", "ECE after scaling"], lines)


def targets(_plan: Experiment, results: Results) -> str:
    """What was to be reached, beside what was."""
    lines = []
    for target in TARGETS:
        models = _compared(results) if target.every_model else [m for m in results if m == DEFAULT_MODEL]
        for model in models:
            row = target.find(results[model])
            found = ["-", "not run"] if row is None else [interval(row), "yes" if target.met(row) else "no"]
            bound = f"at {'most' if target.at_most else 'least'} {target.bound:g}"
            lines.append([target.text, model, bound, *found])
    return table(["target", "model", "wanted", "measured", "reached"], lines)


def checkpoints(plan: Experiment, results: Results, tests: Sequence[str] = ()) -> str:
    """Accuracy with six classes of the weights that are committed: one run each, so without interval."""
    columns = [plan.tests[key] for key in tests or CHECKPOINT_TESTS if key in plan.tests]
    lines = []
    for model, result in results.items():
        if found := result.get("checkpoint"):
            cells = [_accuracy(found["rows"], test) for test in columns]
            lines.append([model, found["run"].split("/")[1], plan.runs[found["run"]].spec.note, *cells])
    return table(["model", "run", "trained on", *map(_shown, columns)], lines)


def _accuracy(rows: Iterable[Row], test: TestSpec) -> str:
    wanted = {"test_set": test.name, "look": test.look, "classes": 6, "metric": "accuracy"}
    return next((f"{r['value']:.3f}" for r in rows if wanted.items() <= r.items()), "-")


def _differences(rows: Sequence[Row]) -> str:
    lines = [
        [
            f"{row['protocol']}{row['shots'] or ''}",
            _name(row),
            f"{row['model']} - {row['minus']}",
            signed(row),
        ]
        for row in rows
        if row["metric"] == "accuracy" and row["classes"] == 5
    ]
    return table(["protocol", "test", "models", "accuracy, five classes"], lines)


_PARTS: Final[tuple[tuple[str, str, Callable[[Experiment, Results], str]], ...]] = (
    ("What was to be reached", "Means over seeds.", targets),
    ("In short", "Accuracy with five classes.", summary_table),
    ("Table 1, five classes", "Pictures of the five complex emotions, the neutral logit left out.", _five),
    ("Table 1, six classes", "", _six),
    (
        "By intensity",
        "Macro F1 with six classes on complex_test, by the intensity of the expression.",
        _intensity,
    ),
    ("By light", "Accuracy with six classes.", _lighting),
    (
        "Few pictures of the robot",
        "Accuracy with six classes on the virtual OhBot; the few pictures differ from the test in angles, lights and "
        "seeds. The look `face` is another head than the one in training.",
        _few_shot,
    ),
    (
        "Calibration",
        "Expected calibration error, 15 bins, six classes; the temperature is fitted on the validation pictures of "
        "the run.",
        calibration,
    ),
    (
        "What becomes of the models when backgrounds change",
        "Accuracy with five classes on 1000 people whose background tells the class in 85 of 100 pictures "
        "(correlated), tells nothing (shuffled), or is grey (plain). Gap: correlated minus shuffled. Followed: share of "
        "the shuffled pictures with another class's background that get that class.",
        shortcut,
    ),
    (
        "What alignment does",
        "CNN-AMAL, trained on 6000 people whose background tells the class in 85 of 100 pictures; columns as above.",
        ablation,
    ),
    (
        "Where these networks look",
        "On 300 pictures of the shuffled test; in brackets the lowest and highest seed. Attention: share of the map's "
        "mass; where the face fills most of the crop, it cannot be much above the area. Gradient: share of the tenth of "
        "the pixels with the largest input gradient. By chance both are the area. Gradients on the face are no sign that "
        "the face is what is read: compare the column `followed` above.",
        looks,
    ),
    (
        "The committed checkpoints",
        "Accuracy with six classes; one run each, so without an interval. `make table1` measures them again.",
        checkpoints,
    ),
    (
        "How much of the evidence lies on the robot's face",
        "The committed checkpoints (above) on 20 pictures of the virtual OhBot per class and light, explained by "
        "GradientSHAP with 8 baselines and by Grad-CAM. Share of the strongest tenth of the map's pixels inside the "
        "face's box and inside the face itself, in brackets the 95 % interval over faces; beside it the area, which is "
        "what a random map gets. P0 names one number per model and no area. Made by `make overlap`.",
        overlap,
    ),
)


def _head(plan: Experiment, results: Results) -> str:
    stages = "\n".join(
        f"- **{_protocol((name, spec))}**: {spec.note}." for name, spec in _stages(plan).items()
    )
    stand_in = " ".join(dict.fromkeys(result["stand_in"] for result in results.values())).strip()
    noted = f"\n**{stand_in[0].upper()}{stand_in[1:]}.**\n" if stand_in else ""
    return f"""# Results of the experiment {plan.name}

Written by `{TABLES_COMMAND}`; a change by hand is lost. Every picture is **synthetic**, and its label is the recipe it
was rendered from, not what people perceive: the numbers say how well recipes are recovered from pixels, nothing about
people.
{noted}
{stages}

Values are means over seeds; in brackets the 95 % interval of a two-level bootstrap over seeds and over the test's
subjects (people, robot heads; for the OhBot, which is one head, over pictures). Three seeds tell little about the spread
between trainings. Differences between models are paired by test pictures.
"""


def _section(
    plan: Experiment, results: Results, title: str, text: str, make: Callable[[Experiment, Results], str]
) -> str:
    return _with_command(plan, title, make(plan, results), text)


def _with_command(plan: Experiment, title: str, table: str, text: str = "") -> str:
    explained = f"{text}\n\n" if text else ""
    command = COMMAND.format(name=plan.name)
    return f"## {title}\n\n{explained}{table}\n\nSynthetic. Made by `{command}`, `{TABLES_COMMAND}`.\n"


def _compared(results: Results) -> Results:
    """Models that Table 1 compares; the ablation may have others."""
    return {model: result for model, result in results.items() if result["rows"]}


Stage = tuple[str, StageSpec]


def _stages(plan: Experiment) -> dict[str, StageSpec]:
    return {name: spec for name, spec in plan.stages.items() if spec.kind == "table1"}


def _tests(plan: Experiment, spec: StageSpec) -> list[TestSpec]:
    return [plan.tests[key] for key in spec.tests if plan.tests[key].kind == "table1"]


def _places(plan: Experiment, tests: Sequence[str] = ()) -> list[tuple[Stage, TestSpec]]:
    return [
        (stage, test)
        for stage in _stages(plan).items()
        for test in _tests(plan, stage[1])
        if not tests or test.key in tests
    ]


def _select(rows: Iterable[Row], stage: Stage, test: TestSpec, classes: int = 0) -> list[Row]:
    name, spec = stage
    wanted = {
        "protocol": spec.protocol or name,
        "shots": spec.shots,
        "test_set": test.name,
        "look": test.look,
    }
    wanted |= {"classes": classes} if classes else {}
    return [row for row in rows if all(row[key] == value for key, value in wanted.items())]


def _protocol(stage: Stage) -> str:
    name, spec = stage
    return f"{spec.protocol or name}, {spec.shots} shots" if spec.shots else spec.protocol or name


def _shown(test: TestSpec) -> str:
    return f"{test.name} ({test.look})" if test.look else test.name


def _name(row: Row) -> str:
    return f"{row['test_set']} ({row['look']})" if row["look"] else str(row["test_set"])
