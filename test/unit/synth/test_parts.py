from functools import partial

import pytest

from affect_core.data.manifest import Record
from affect_core.errors import ConfigError
from affect_core.synth.parts import forget, make_in_parts

SETTINGS = {"seed": 1}


def make(folder, indices):
    """Pictures that know how often they were made; the count lies beside them."""
    records = []
    for index in indices:
        path = folder / f"{index}.png"
        path.write_bytes(bytes([index]))
        with (folder / "made.txt").open("a") as log:
            log.write(f"{index}\n")
        records.append(Record(image=path.name, label=str(index), action_units={}))  # read back as None
    return records


def made_indices(folder):
    return sorted(int(line) for line in (folder / "made.txt").read_text().split())


def run(folder, total=7, workers=1, settings=SETTINGS):
    return make_in_parts(partial(make, folder), folder, total, settings, workers, part=3)


def test_all_are_made_in_order(tmp_path):
    made = run(tmp_path)
    assert [record.label for record in made.records] == list("0123456")
    assert made.new == 7
    assert made_indices(tmp_path) == list(range(7))


def test_what_is_there_stays(tmp_path):
    first = run(tmp_path)
    again = run(tmp_path)
    assert again.records == first.records
    assert again.new == 0
    assert made_indices(tmp_path) == list(range(7))


def test_an_interrupted_run_goes_on(tmp_path):
    def breaks(indices):
        if 3 in indices:
            raise KeyboardInterrupt
        return make(tmp_path, indices)

    with pytest.raises(KeyboardInterrupt):
        make_in_parts(breaks, tmp_path, 7, SETTINGS, part=3)
    assert made_indices(tmp_path) == [0, 1, 2]
    assert run(tmp_path).new == 4
    assert made_indices(tmp_path) == list(range(7))


@pytest.mark.parametrize("damage", ["changed", "lost", "cut records"])
def test_a_damaged_part_is_made_anew(tmp_path, damage):
    run(tmp_path)
    if damage == "changed":
        (tmp_path / "4.png").write_bytes(b"x")
    elif damage == "lost":
        (tmp_path / "4.png").unlink()
    else:
        listed = tmp_path / "parts" / "000003-000006.jsonl"
        listed.write_text("".join(listed.read_text().splitlines(keepends=True)[:-1]))
    assert run(tmp_path).new == 3
    assert (tmp_path / "4.png").read_bytes() == bytes([4])


def test_other_settings_are_refused(tmp_path):
    run(tmp_path)
    with pytest.raises(ConfigError, match="other settings"):
        run(tmp_path, settings={"seed": 2})
    forget(tmp_path)
    assert run(tmp_path, settings={"seed": 2}).new == 7
