"""The study from end to end, its report, and what it refuses."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from affect_core.errors import ConfigError, ExplainError, InputError, UnknownName
from affect_core.intensity import measure as measuring
from affect_core.intensity import study as studying
from affect_core.intensity.figures import colour_limit, map_png
from affect_core.intensity.measure import Picture, read_picture
from affect_core.intensity.report import report
from affect_core.intensity.study import Options, run
from affect_core.intensity.truth import find_truth
from affect_core.papers import Request, write_study


@pytest.fixture(scope="module")
def made(intensity_set, intensity_plan, tmp_path_factory):
    """Results of the painted set, the report's folder and its numbers."""
    output = tmp_path_factory.mktemp("study")
    results = run(Request(output, source=intensity_set().folder), plan=intensity_plan)
    write_study(report(results), output)
    return results, output, json.loads((output / "summary.json").read_text())


def test_item_9_only_correctly_classified_pictures_are_ranked(made):
    results, _, summary = made
    (outcome,) = results.outcomes
    right = outcome.fitted.logits.argmax(1) == results.crops.labels
    assert outcome.chosen.tolist() == [i for i in outcome.split.test if right[i]]
    numbers = summary["emotions"]["picture"]
    assert numbers["correct"] + numbers["dropped"] == numbers["test"] == 14
    assert numbers["correct"] == len(outcome.pictures) == sum(numbers["ranks"]["count"].values())


def test_item_9_the_report_says_how_many_were_dropped(made):
    _, output, summary = made
    numbers = summary["emotions"]["picture"]
    said = f"{numbers['correct']} of 14 test pictures; {numbers['dropped']} were dropped"
    assert any(said in note for note in summary["notes"])
    assert said in (output / "report.html").read_text()


def test_item_9_wrongly_classified_pictures_are_dropped():
    logits = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]], np.float32)
    found = measuring.correct(logits, np.array([0, 1, 1, 0]), np.array([0, 1, 2]))
    assert found.tolist() == [0, 2]


def test_neutral_is_left_out_and_told(made):
    results, _, summary = made
    assert "neutral" not in results.crops.label_names
    assert results.left_out == 10
    assert any("10 pictures of the set are left out: neutral" in note for note in summary["notes"])


def test_notes_name_the_untrained_trunk_and_the_source_of_the_truth(made):
    _, _, summary = made
    assert any(note.startswith("Untrained trunk") for note in summary["notes"])
    assert any("the intensities that the faces were rendered with" in note for note in summary["notes"])
    assert summary["untrained_trunk"] is True
    assert summary["config"]["seed"] == 0
    assert summary["config"]["classifier.weight_decay"] == 0.001
    assert summary["config"]["trunk"] == "The convolutions are random."


def test_relevance_was_conserved_for_every_ranked_picture(made):
    _, _, summary = made
    assert 0.0 <= summary["conservation_error"] < 0.01
    assert set(summary["propagation"]) == set(studying.LRP_RULES)
    counts = {name: sum(found["ranks"].values()) for name, found in summary["propagation"].items()}
    assert counts["composite"] == 2
    assert set(counts.values()) <= {0, 2}  # 0: a rule that failed its own check


def test_the_mean_rule_says_strong_and_positive_relevance_minimal(made):
    _, _, summary = made
    ranks = summary["emotions"]["picture"]["ranks"]
    count = summary["emotions"]["picture"]["correct"]
    assert ranks["mean"]["strong"] == count
    assert ranks["positive"]["minimal"] == count


def test_numbers_add_up(made):
    results, _, summary = made
    matrix = np.array(summary["agreement"]["count"]["all"]["matrix"])
    assert matrix.sum() == len(results.outcomes[0].chosen)
    parts = [np.array(summary["agreement"]["count"][name]["matrix"]) for name in results.crops.label_names]
    assert (sum(parts) == matrix).all()
    for measures in summary["order"].values():
        interval = measures["spearman"]
        if interval["low"] is not None:
            assert interval["low"] <= interval["high"]


def test_item_12_heatmaps_of_each_channel_and_summed_lie_beside_rank_and_histogram(made):
    results, output, _ = made
    assert len(results.shown) == 3
    for number, (index, relevance) in enumerate(results.shown.items()):
        base = output / "heatmaps" / f"{number:02d}"
        plain = json.loads(base.with_suffix(".json").read_text())
        place = results.outcomes[0].chosen.tolist().index(index)
        expected = results.outcomes[0].pictures[place].ranked["count"]
        assert plain["ranked"]["count"] == expected.plain()
        assert sum(plain["ranked"]["count"]["counts"]) == 3 * 32 * 32
        for name, values in zip(("red", "green", "blue", "sum"), [*relevance, relevance.sum(0)], strict=True):
            found = np.asarray(Image.open(f"{base}_{name}.png")).astype(int)
            assert found.shape == (32, 32, 3)
            strongest = np.unravel_index(np.argmax(values), values.shape)
            if values[strongest] > 0.5 * colour_limit(values):  # red supports: more red than blue
                assert found[(*strongest, 0)] > found[(*strongest, 2)]


def test_item_12_the_colours_are_symmetric_around_white():
    import io

    values = np.array([[-2.0, 0.0, 2.0]], np.float32)
    found = np.asarray(Image.open(io.BytesIO(map_png(values))))[0].astype(int)
    assert found[0].tolist() == [0, 0, 255]  # opposes: blue
    assert found[2].tolist() == [255, 0, 0]  # supports: red
    assert np.abs(found[1] - 255).max() <= 2
    assert colour_limit(np.zeros((2, 2), np.float32)) > 0.0


def test_item_8_a_constant_map_is_unknown_in_every_variant_and_survives_json():
    read = read_picture(np.zeros((3, 4, 4), np.float32), 0.0)
    assert {item.rank.name for item in read.ranked.values()} == {"UNKNOWN"}
    back = Picture.of(json.loads(json.dumps(read.plain())))
    assert back.plain() == read.plain()
    assert np.isnan(back.balance)


def test_lost_relevance_is_an_error(intensity_set, intensity_light_plan, tmp_path, monkeypatch):
    from affect_core.explain.lrp_rules import LRP_RULES

    lossy = LRP_RULES.build("epsilon_std")
    names = {**LRP_RULES._builders, "lossy": lambda: type(lossy)(lossy.rule, True)}
    monkeypatch.setattr(LRP_RULES, "_builders", names)
    options = Options(propagation="lossy")
    plan = replace(intensity_light_plan, intensity=replace(intensity_light_plan.intensity, tolerance=1e-6))
    with pytest.raises(ExplainError, match="expected attributions that sum"):
        run(Request(tmp_path, source=intensity_set().folder), options, plan)
    assert not (tmp_path / "report.html").exists()


def test_an_interrupted_study_goes_on(intensity_set, intensity_light_plan, tmp_path, monkeypatch):
    source, calls = intensity_set().folder, []
    real = measuring._some

    def stop_at_the_second(*arguments):
        if len(calls) == 1:
            raise KeyboardInterrupt
        calls.append(arguments[3].tolist())
        return real(*arguments)

    monkeypatch.setattr(measuring, "_some", stop_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        run(Request(tmp_path, source=source), plan=intensity_light_plan)
    monkeypatch.setattr(measuring, "_some", lambda *a: calls.append(a[3].tolist()) or real(*a))
    monkeypatch.setattr(studying.classifier, "_epoch", lambda *_: pytest.fail("trained again"))
    results = run(Request(tmp_path, source=source), plan=intensity_light_plan)
    chosen = results.outcomes[0].chosen.tolist()
    assert [*calls[0], *calls[1]] == chosen  # nothing twice
    assert len(results.outcomes[0].pictures) == len(chosen)


def test_people_who_come_twice_are_split_by_subject_as_well(intensity_set, intensity_light_plan, tmp_path):
    source = intensity_set(subjects=6, intensities=False).folder
    results = run(Request(tmp_path, source=source), plan=intensity_light_plan)
    assert [outcome.split.group_by for outcome in results.outcomes] == ["picture", "subject"]
    saved = json.loads((tmp_path / "split.json").read_text())
    assert [part["group_by"] for part in saved] == ["picture", "subject"]
    assert saved[1]["test"] == results.outcomes[1].split.test.tolist()
    summary = report(results)
    # Neither intensities nor votes: ranks are counted, and nothing is compared with a truth.
    assert "neither intensities nor votes" in results.truth.about
    assert [part.title for part in summary.sections] == [
        "The classifier", "The ranks", "Beside the paper",
    ]  # fmt: skip
    assert set(summary.numbers["emotions"]) == {"picture", "subject"}


def test_votes_are_the_truth_where_they_are_given(made, tmp_path):
    crops = made[0].crops
    names = [str(image).removeprefix("images/") for image in crops.info["image"]]
    votes = {name: [1 + i % 3, 1 + i % 3, 3] for i, name in enumerate(names[:9])}
    found = find_truth(crops, made[0].plan.intensity, votes)
    assert found.ranks[:9].tolist() == [1, 2, 3] * 3
    assert not found.ranks[9:].any()
    assert found.strengths[0] == pytest.approx(5 / 3)  # votes 1, 1 and 3
    assert found.annotators == 3
    assert "majority of 3 votes on each of 9 pictures" in found.about
    with pytest.raises(InputError, match="expected votes on pictures of the set"):
        find_truth(crops, made[0].plan.intensity, {"other.png": [1, 2]})


def test_a_report_with_votes_says_how_far_the_annotators_agree(intensity_set, intensity_light_plan, tmp_path):
    source = intensity_set(intensities=False).folder
    lines = ["image,A1,A2", *(f"{i:04d}.png,min,{'min' if i % 2 else 'avg'}" for i in range(80))]
    (tmp_path / "votes.csv").write_text("\n".join(lines) + "\n")
    options = Options(votes=tmp_path / "votes.csv")
    made = report(run(Request(tmp_path / "out", source=source), options, intensity_light_plan))
    # Every eighth picture is neutral and not among the 70; of these 40 have two votes for minimal, 30 one for each.
    # Agreed: 40 / 70. By chance: 110 and 30 of 140 votes.
    chance = (110 / 140) ** 2 + (30 / 140) ** 2
    ranked = made.numbers["truth"]
    assert ranked["annotators"] == 2
    assert ranked["fleiss_kappa"] == pytest.approx((40 / 70 - chance) / (1 - chance))
    assert any("kappa" in note for note in made.notes)


def test_two_emotions_at_least(intensity_set, intensity_light_plan, tmp_path):
    source = intensity_set(("happy", "neutral"), 4).folder
    with pytest.raises(InputError, match="pictures of at least two of"):
        run(Request(tmp_path, source=source), plan=intensity_light_plan)


def test_an_unknown_rule_is_refused_before_anything_is_made(intensity_set, intensity_light_plan, tmp_path):
    with pytest.raises(UnknownName, match="alpha1_beta0, composite"):
        run(
            Request(tmp_path, source=intensity_set().folder),
            Options(propagation="delta"),
            intensity_light_plan,
        )
    assert not (tmp_path / "work").exists()


def test_other_settings_in_the_same_folder_are_refused(made, intensity_plan):
    results, output, _ = made
    with pytest.raises(ConfigError, match="other settings"):
        run(Request(output, source=results.request.source, seed=5), plan=intensity_plan)


@pytest.mark.long
def test_the_command_on_stand_ins(intensity_plan, tmp_path, monkeypatch):
    from click.testing import CliRunner

    from affect_core.cli import commands

    quick = replace(
        intensity_plan,
        intensity=replace(
            intensity_plan.intensity, pictures=64, picture_px=64, intensity_low=0.8, compared=1, shown=1
        ),
        classifier=replace(intensity_plan.classifier, test_share=0.4, trunk="synthetic"),
        trunk=replace(intensity_plan.trunk, pictures=8, validation=8, batch_size=8),
    )
    monkeypatch.setattr(studying, "QUICK", quick)
    arguments = ["intensity", "--output", str(tmp_path), "--quick", "--stand-in", "--save-model"]
    done = CliRunner().invoke(commands, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    last = done.stdout.splitlines()[-1]
    assert last.endswith(f"report {tmp_path / 'report.html'}")
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["config"]["quick"] is True
    assert any("stand in for humans" in note for note in summary["notes"])
    assert any("No ImageNet weights were at hand" in note for note in summary["notes"])
    from affect_core.emotion import load_card

    card = load_card(tmp_path / "model")
    assert card.architecture == "vgg16"
    assert "Made by affect-hri intensity" in card.notes
