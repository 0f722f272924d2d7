"""Programs composed one after another in one process, as the demonstration and protocols of several parts do it."""

import subprocess
import sys

SCRIPT = """
import os, signal, threading, weakref
from affect_hri.composed import Composed

def one():
    with Composed("head", {"head": "none"}) as program:
        threading.Timer(3.0, os.kill, (os.getpid(), signal.SIGINT)).start()
        code = program.run()
        return code, [weakref.ref(node) for node in program.nodes.values()]

code, nodes = one()
assert nodes and code == 130, (code, nodes)
with Composed("head", {"head": "none"}):
    print("left", sum(node() is not None for node in nodes))
"""


def test_nodes_of_an_earlier_program_are_gone(ros_domain):
    """What a program has loaded is kept out of garbage collections; networks of finished parts would pile up."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "left 0"
