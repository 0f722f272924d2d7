import pytest

from affect_core.machine import cpu_class, cpu_gains_from_bf16, cpu_has_bf16, cpu_model, memory_of_tree_mb


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
    assert cpu_gains_from_bf16(info) is (kind == "amx")  # vectors of bf16 take longer than single precision


def test_model(tmp_path):
    info = tmp_path / "cpuinfo"
    info.write_text("cpu family\t: 6\nmodel\t: 143\nmodel name\t: Some CPU\nstepping\t: 8\n")
    assert cpu_model(info) == "Some CPU (6 143 8)"


def test_elsewhere(tmp_path):
    assert (cpu_class(tmp_path / "none"), cpu_has_bf16(tmp_path / "none")) == ("fp32", False)
    assert cpu_model(tmp_path / "none")


def test_memory_of_a_process_and_of_its_childrens_children(tmp_path):
    def process(number, kilobytes, threads):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "status").write_text(f"Name:\tpython\nVmRSS:\t   {kilobytes} kB\nThreads:\t2\n")
        for thread, children in threads.items():
            (folder / "task" / str(thread)).mkdir(parents=True)
            (folder / "task" / str(thread) / "children").write_text(children)

    process(1, 1024, {1: "2 ", 11: "3 "})
    process(2, 512, {2: ""})
    process(3, 256, {3: "4"})
    process(4, 128, {4: ""})
    assert memory_of_tree_mb(1, tmp_path) == 1.875  # (1024 + 512 + 256 + 128) / 1024
    assert memory_of_tree_mb(2, tmp_path) == 0.5
    with pytest.raises(FileNotFoundError):
        memory_of_tree_mb(5, tmp_path)
