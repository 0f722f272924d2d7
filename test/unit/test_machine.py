import pytest

from affect_core.machine import cpu_class, cpu_has_bf16, cpu_model


@pytest.mark.parametrize(
    ("flags", "kind", "bf16"),
    [
        ("fpu avx2 avx512f avx512_vnni amx_bf16 amx_tile amx_int8", "amx", True),
        ("fpu avx512_vnni amx_tile", "vnni", False),
        ("avx2 avx_vnni", "vnni", False),
        ("avx512_vnni avx512_bf16", "vnni", True),
        ("avx2 avx512f", "fp32", False),
        ("", "fp32", False),
    ],
)
def test_classes(tmp_path, flags, kind, bf16):
    info = tmp_path / "cpuinfo"
    info.write_text(
        f"processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: {flags}\n\nprocessor\t: 1\nflags\t: x\n"
    )
    assert (cpu_class(info), cpu_has_bf16(info)) == (kind, bf16)


def test_model(tmp_path):
    info = tmp_path / "cpuinfo"
    info.write_text("cpu family\t: 6\nmodel\t: 143\nmodel name\t: Some CPU\nstepping\t: 8\n")
    assert cpu_model(info) == "Some CPU (6 143 8)"


def test_elsewhere(tmp_path):
    assert (cpu_class(tmp_path / "none"), cpu_has_bf16(tmp_path / "none")) == ("fp32", False)
    assert cpu_model(tmp_path / "none")
