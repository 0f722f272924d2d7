import pytest
import torch

from affect_core.emotion import ARCHITECTURES
from affect_core.errors import ConfigError
from affect_core.machine import cpu_has_bf16
from affect_core.training import hardware
from affect_core.training.hardware import Hardware, resolve_precision
from affect_core.training.precision import keep_depthwise_exact


@pytest.mark.parametrize(
    ("flags", "has"), [("fpu avx512_bf16 sse", True), ("fpu amx_bf16", True), ("fpu avx512f avx2", False)]
)
def test_bf16_where_the_processor_multiplies_it(tmp_path, flags, has):
    file = tmp_path / "cpuinfo"
    file.write_text(f"processor : 0\nflags\t\t: {flags}\n")
    assert cpu_has_bf16(file) is has


def test_an_unknown_machine_has_no_bf16(tmp_path):
    assert cpu_has_bf16(tmp_path / "absent") is False


@pytest.mark.parametrize(("has", "precision"), [(True, "bf16-mixed"), (False, "32-true")])
def test_auto_follows_the_processor(monkeypatch, has, precision):
    monkeypatch.setattr(hardware, "cpu_gains_from_bf16", lambda: has)
    assert resolve_precision("auto", Hardware()) == precision
    assert resolve_precision("32-true", Hardware()) == "32-true"


@pytest.mark.parametrize(("has", "precision"), [(True, "bf16-mixed"), (False, "16-mixed")])
def test_auto_follows_the_graphics_card(monkeypatch, has, precision):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: has)
    assert resolve_precision("auto", Hardware(accelerator="gpu")) == precision


def test_wrong_hardware():
    with pytest.raises(ConfigError, match="cpu, gpu, auto"):
        Hardware(accelerator="abacus")
    with pytest.raises(ConfigError, match="devices"):
        Hardware(devices=0)


def test_depthwise_convolutions_stay_exact_under_autocast():
    network = ARCHITECTURES.build("effnet_transformer", 5, 64)
    assert keep_depthwise_exact(network) == 16  # one in each block of EfficientNet-B0
    depthwise = next(m for m in network.modules() if getattr(m, "groups", 1) > 1)
    with torch.autocast("cpu", torch.bfloat16):
        made = depthwise(torch.randn(1, depthwise.in_channels, 8, 8).bfloat16())
        assert made.dtype == torch.float32
        assert network(torch.randn(2, 3, 64, 64)).logits.shape == (2, 5)
    assert keep_depthwise_exact(ARCHITECTURES.build("amal", 5, 64, trunk="resnet18")) == 0


def test_exact_depthwise_convolutions_change_nothing_in_single_precision():
    torch.manual_seed(0)
    network = ARCHITECTURES.build("effnet_transformer", 5, 64).eval()
    batch = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        before = network(batch).logits
        keep_depthwise_exact(network)
        assert torch.equal(network(batch).logits, before)
