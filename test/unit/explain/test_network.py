"""Networks in the forms that explainers need."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
import torch
from torch import nn

from affect_core.explain.network import split_activations


class Halves(nn.Module):
    """Its own parameter, and one activation used twice: relu(w * relu(2 x))."""

    def __init__(self, weight):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(float(weight)))
        self.twice = nn.Linear(1, 1, bias=False)
        nn.init.constant_(self.twice.weight, 2.0)
        self.act = nn.ReLU()

    def forward(self, batch):
        return self.act(self.weight * self.act(self.twice(batch))).sum(dim=1, keepdim=True)


@pytest.fixture
def quick_switches():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_tracing_does_not_disturb_the_networks_of_other_threads(quick_switches):
    stop = threading.Event()
    untouched = nn.Module.__call__, nn.Module.__getattr__

    def run():
        network, answers = Halves(3.0).requires_grad_(False), set()
        while not stop.is_set():
            answers.add(network(torch.ones(1, 1)).item())
        return answers

    def trace():
        answers = set()
        for _ in range(50):
            split = split_activations(Halves(5.0).requires_grad_(False))
            modules = sum(node.op == "call_module" for node in split.graph.nodes)
            answers.add((split(torch.ones(1, 1)).item(), modules))
        return answers

    with ThreadPoolExecutor(3) as pool:
        runs, *traces = pool.submit(run), pool.submit(trace), pool.submit(trace)
        wait(traces)
        stop.set()
        assert runs.result() == {6.0}
        for one in traces:
            assert one.result() == {(10.0, 4)}  # the layer, two ReLUs, the product
    assert (nn.Module.__call__, nn.Module.__getattr__) == untouched
