import os
import subprocess
import sys

PROGRAM = """
import affect_core
import numpy as np
import onnxruntime
from onnx import TensorProto, helper

ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y")]
graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", ends[:1], ends[1:])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
print(session.run(None, {"x": np.ones(1, np.float32)}))
"""


def test_onnx_runtime_keeps_to_itself(tmp_path):
    """In an empty home: where it reports, it leaves an identifier and a database of what it has to send."""
    places = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ORT_")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=kept | places, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "[1.]" in done.stdout) == (0, True), done.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
