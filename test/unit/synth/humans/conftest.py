from types import SimpleNamespace

import numpy as np
import pytest

from affect_core.synth.humans.ict import find_ict, quantise

GRID = 12
"""The tiny face is a grid of so many points across, bulging towards the viewer."""

MATERIALS = (
    "M_Face",
    "M_BackHead",
    "M_GumsTongue",
    "M_Teeth",
    "M_ScleraLeft",
    "M_ScleraRight",
    "M_EyeLashes",
)
LANDMARK_PLACES = [
    *[(x, -7.0 + 0.1 * x * x) for x in np.linspace(-7, 7, 17)],
    *[(x, 6.0) for x in (-5, -4, -3, -2, -1, 1, 2, 3, 4, 5)],
    *[(0, y) for y in (4, 3, 2, 1)],
    *[(x, 0.5) for x in (-1, -0.5, 0, 0.5, 1)],
    *[(-3 + x, 4 + y) for x, y in ((-1, 0), (-0.5, 0.5), (0.5, 0.5), (1, 0), (0.5, -0.5), (-0.5, -0.5))],
    *[(3 + x, 4 + y) for x, y in ((-1, 0), (-0.5, 0.5), (0.5, 0.5), (1, 0), (0.5, -0.5), (-0.5, -0.5))],
    *[(2.5 * np.cos(a), -3 + np.sin(a)) for a in np.linspace(np.pi, -np.pi, 12, endpoint=False)],
    *[(1.5 * np.cos(a), -3 + 0.5 * np.sin(a)) for a in np.linspace(np.pi, -np.pi, 8, endpoint=False)],
]


def octahedron(centre, radius):
    points = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], float)
    faces = [(4, 0, 2), (4, 2, 1), (4, 1, 3), (4, 3, 0), (5, 2, 0), (5, 1, 2), (5, 3, 1), (5, 0, 3)]
    return np.asarray(centre) + radius * points, faces


class TinyFace:
    """The arrays of a face model with a few hundred vertices, made by hand."""

    def __init__(self):
        self.places, self.faces, self.uv, self.material = [], [], [], []
        axis = np.linspace(-8, 8, GRID)
        for y in axis[::-1]:
            for x in axis:
                self.places.append((x, y, 9.0 - 0.05 * (x * x + y * y)))
                self.uv.append((0.5 + x / 20, 0.5 + y / 20))
        for row in range(GRID - 1):
            for column in range(GRID - 1):
                a = row * GRID + column
                below = a + GRID
                for triangle in ((a, below, below + 1), (a, below + 1, a + 1)):
                    self.add_face(triangle, "M_Face")
        self.add_solid((0, 2, 0), 7.0, "M_BackHead")
        self.add_solid((0, -3, 7.0), 1.0, "M_GumsTongue")
        self.add_solid((0, -3, 7.5), 0.5, "M_Teeth")
        self.right_eye = self.add_solid((-3, 4, 8.0), 1.5, "M_ScleraRight")
        self.left_eye = self.add_solid((3, 4, 8.0), 1.5, "M_ScleraLeft")
        self.lashes = self.add_solid((3, 4, 9.0), 0.5, "M_EyeLashes")
        self.places = np.array(self.places)

    def add_face(self, triangle, material):
        self.faces.append(triangle)
        self.material.append(MATERIALS.index(material))

    def add_solid(self, centre, radius, material):
        points, faces = octahedron(centre, radius)
        first = len(self.places)
        self.places += [tuple(p) for p in points]
        self.uv += [(0.5, 0.5)] * len(points)
        for face in faces:
            self.add_face(tuple(first + i for i in face), material)
        return slice(first, first + len(points))

    def landmarks(self):
        grid = self.places[: GRID * GRID, :2]
        return [int(np.hypot(*(grid - place).T).argmin()) for place in LANDMARK_PLACES]

    def moves(self):
        """Blendshape -> what it moves: simple, so that sums can be worked out by hand."""
        flat = np.zeros_like(self.places)
        rows = self.places[:, 1]
        on_grid = np.arange(len(self.places)) < GRID * GRID
        left = on_grid & (self.places[:, 0] > 0)
        shapes = {}
        for name in SIDED:
            for side, part in (("L", left), ("R", on_grid & ~left)):
                move = flat.copy()
                move[part & (rows > 5.0), 1] = 0.5
                shapes[f"{name}_{side}"] = move
        for name in SINGLE:
            move = flat.copy()
            move[on_grid & (rows < -4.0), 1] = -1.0
            shapes[name] = move
        return shapes

    def identities(self):
        wide, long = np.zeros_like(self.places), np.zeros_like(self.places)
        wide[:, 0] = 0.02 * self.places[:, 0]
        long[:, 1] = 0.02 * self.places[:, 1]
        return np.stack([wide, long])

    def arrays(self):
        shapes = self.moves()
        expression_q, expression_scale = quantise(np.stack(list(shapes.values())))
        identity_q, identity_scale = quantise(self.identities())
        faces = np.array(self.faces, np.int32)
        return {
            "mean": self.places.astype(np.float32),
            "identity_q": identity_q,
            "identity_scale": identity_scale,
            "expression_q": expression_q,
            "expression_scale": expression_scale,
            "expression_names": np.array(list(shapes)),
            "faces": faces,
            "faces_uv": faces,
            "uv": np.array(self.uv, np.float32),
            "face_material": np.array(self.material, np.int16),
            "materials": np.array(MATERIALS),
            "landmarks": np.array(self.landmarks()),
        }


SIDED = (
    "browDown",
    "browInnerUp",
    "browOuterUp",
    "cheekPuff",
    "cheekSquint",
    "eyeBlink",
    "eyeLookDown",
    "eyeLookIn",
    "eyeLookOut",
    "eyeLookUp",
    "eyeSquint",
    "eyeWide",
    "mouthDimple",
    "mouthFrown",
    "mouthLowerDown",
    "mouthPress",
    "mouthSmile",
    "mouthStretch",
    "mouthUpperUp",
    "noseSneer",
)
SINGLE = (
    "jawOpen",
    "mouthLeft",
    "mouthPucker",
    "mouthRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
)
SINGLE += ("mouthShrugUpper",)


@pytest.fixture(scope="session")
def tiny_face():
    return TinyFace()


@pytest.fixture(scope="session")
def tiny_arrays(tiny_face):
    return tiny_face.arrays()


@pytest.fixture(scope="session")
def tiny_ict(tiny_arrays, tmp_path_factory):
    path = tmp_path_factory.mktemp("ict") / "ict_facekit.npz"
    np.savez(path, **tiny_arrays)
    return path


@pytest.fixture(scope="session")
def ict():
    """The real face model."""
    found = find_ict()
    if found is None:
        pytest.skip("the ICT face model is not here; `affect-hri synth download-ict` gets it")
    return found


@pytest.fixture
def with_tiny_ict(tiny_ict, monkeypatch):
    monkeypatch.setenv("AFFECT_HRI_ICT", str(tiny_ict))
    return tiny_ict


def write_obj(path, face, places):
    lines = ["# a mesh", *(f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in places)]
    lines += [f"vt {u:.6f} {v:.6f}" for u, v in face.uv]
    current = None
    for triangle, material in zip(face.faces, face.material, strict=True):
        if material != current:
            lines.append(f"usemtl {MATERIALS[material]}")
            current = material
        lines.append("f " + " ".join(f"{i + 1}/{i + 1}" for i in triangle))
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="session")
def checkout(tiny_face, tmp_path_factory):
    """A tiny checkout of ICT-FaceKit."""
    import json

    root = tmp_path_factory.mktemp("ICT-FaceKit")
    folder = root / "FaceXModel"
    folder.mkdir()
    write_obj(folder / "generic_neutral_mesh.obj", tiny_face, tiny_face.places)
    for index, move in enumerate(tiny_face.identities()):
        write_obj(folder / f"identity{index:03d}.obj", tiny_face, tiny_face.places + move)
    for name, move in tiny_face.moves().items():
        write_obj(folder / f"{name}.obj", tiny_face, tiny_face.places + move)
    (folder / "vertex_indices.json").write_text(json.dumps({"idx_to_landmark_verts": tiny_face.landmarks()}))
    return SimpleNamespace(root=root, folder=folder)
