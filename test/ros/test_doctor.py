"""`affect-hri doctor` as a user runs it, in this installation."""

import json

from affect_core.paths import find_shared


def test_a_trial_can_run_here(affect_hri):
    done = affect_hri("doctor", "--json")
    findings = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [one for one in findings if one["level"] == "ERROR"] == []
    assert done.returncode == 0
    (graph,) = [one["what"] for one in findings if one["check"] == "8 graph"]
    for path in find_shared("config/trials").glob("*.yaml"):
        assert path.stem in graph
