import numpy as np

from affect_core.avatar.arrays import join_parts, vertex_counts
from affect_core.avatar.mesh import Mesh
from affect_core.avatar.part import Part
from affect_core.avatar.skeleton import Bone
from affect_core.avatar.truth import Segment


def part(vertices, faces, colour, gloss, bone, segment):
    normals = np.tile((0.0, -1.0, 0.0), (len(vertices), 1))
    return Part(
        "part", Mesh(np.array(vertices, float), np.array(faces), normals), colour, gloss, bone, segment
    )


TRIANGLE = part([(0, 0, 0), (1, 0, 0), (0, 0, 1)], [(0, 1, 2)], (1, 0, 0), 0.5, Bone.HEAD, Segment.SKIN)
SQUARE = part(
    [(0, 0, 0), (2, 0, 0), (2, 0, 2), (0, 0, 2)],
    [(0, 1, 2), (0, 2, 3)],
    (0, 0.5, 0),
    0.25,
    Bone.NECK,
    Segment.EYE,
)


def test_parts_stand_one_after_the_other():
    made = join_parts([TRIANGLE, SQUARE])
    assert vertex_counts([TRIANGLE, SQUARE]) == [3, 4]
    assert made.vertices.tolist() == TRIANGLE.mesh.vertices.tolist() + SQUARE.mesh.vertices.tolist()
    assert made.faces.tolist() == [[0, 1, 2], [3, 4, 5], [3, 5, 6]]
    assert made.colours.tolist() == [[1, 0, 0]] * 3 + [[0, 0.5, 0]] * 4
    assert made.gloss.tolist() == [0.5] * 3 + [0.25] * 4
    assert made.bones.tolist() == [Bone.HEAD] * 3 + [Bone.NECK] * 4
    assert made.segments.tolist() == [Segment.SKIN, Segment.EYE, Segment.EYE]


def test_the_types_are_those_of_the_rasteriser():
    types = {name: column.dtype.name for name, column in vars(join_parts([SQUARE])).items()}
    singles = dict.fromkeys(("vertices", "normals", "colours", "gloss"), "float32")
    assert types == singles | {"bones": "uint8", "faces": "int32", "segments": "uint8"}
