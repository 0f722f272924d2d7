import cv2
import numpy as np
import pytest

from affect_core.avatar import LIGHTINGS, LOOKS
from affect_core.errors import ConfigError
from affect_core.heads.expressions import load_expressions
from affect_core.synth.sheets import INTENSITIES, expression_sheets, grid_sheet, lay_out, save_image


def test_there_is_a_sheet_for_every_look_and_light():
    table = load_expressions()
    sheets = {sheet.name: sheet for sheet in expression_sheets(table, 32)}
    assert set(sheets) == {f"{a}_{b}" for a in LOOKS.names() for b in LIGHTINGS.names()} | {"ohbot_colours"}
    for name, sheet in sheets.items():
        if name != "ohbot_colours":
            assert sheet.columns == table.names()
            assert len(sheet) == len(table.names()) * len(INTENSITIES)


def test_tiles_lie_in_their_row_and_column():
    tones = [np.full((20, 20, 3), value, np.uint8) for value in (60, 100, 140, 180, 220, 250)]
    shown = []
    page = lay_out(grid_sheet("page", ("a", "b"), ("x", "y", "z"), tones), lambda: shown.append(1))
    assert page.shape == (18 + 2 * 20, 90 + 3 * 20, 3)
    assert len(shown) == 6
    for index, tone in enumerate((60, 100, 140, 180, 220, 250)):
        row, column = divmod(index, 3)
        assert (page[18 + 20 * row : 38 + 20 * row, 90 + 20 * column : 110 + 20 * column] == tone).all()


def test_a_sheet_of_the_head_is_drawn():
    sheet = next(s for s in expression_sheets(load_expressions(), 32) if s.name == "ohbot_colours")
    page = lay_out(sheet)
    assert page.shape == (18 + 4 * 32, 90 + 6 * 32, 3)
    neutral, confused = page[18:50, 90:122], page[18:50, 122:154]
    assert np.abs(neutral.astype(int) - confused).max() > 50


def test_saved_images_are_whole(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (8, 8, 3)).astype(np.uint8)
    save_image(tmp_path / "new" / "one.png", image)
    assert (cv2.imread(str(tmp_path / "new" / "one.png"))[:, :, ::-1] == image).all()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["one.png"]
    with pytest.raises(ConfigError, match=r"ends in \.png or \.jpg, got one\.gif"):
        save_image(tmp_path / "one.gif", image)
