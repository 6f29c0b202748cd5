"""The machine's fingerprint, on machines that are not here: their files are written into a temporary folder."""

import getpass
import json
import os
import platform
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.measure import machine

XEON = """\
processor\t: 0
vendor_id\t: GenuineIntel
model name\t: Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz
flags\t\t: fpu sse2 avx avx2 avx512f avx512_vnni
power management:

processor\t: 1
model name\t: Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz
flags\t\t: fpu sse2 avx avx2 avx512f avx512_vnni
"""
GRAVITON = """\
processor\t: 0
Features\t: fp asimd aes crc32 asimdhp asimddp i8mm
CPU implementer\t: 0x41
CPU part\t: 0xd40
"""
RASPBERRY_PI = """\
processor\t: 0
Features\t: fp asimd crc32
CPU part\t: 0xd08

Serial\t\t: 10000000abcdef01
Model\t\t: Raspberry Pi 4 Model B Rev 1.4
"""
MACBOOK = """\
kern.hostname: janes-macbook.local
hw.optional.neon: 1
hw.optional.avx2_0: 0
hw.optional.arm.FEAT_DotProd: 1
hw.optional.arm.FEAT_I8MM: 1
hw.optional.arm.FEAT_SME: 0
machdep.cpu.brand_string: Apple M2 Pro
"""


def cgroup(root: Path, own: str, files: dict[str, str]) -> Path:
    """A machine's root with `/proc/self/cgroup` and the given files below `/sys/fs/cgroup`."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(own)
    for name, text in files.items():
        path = root / "sys/fs/cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_an_intel_processor_is_named_without_marks_and_its_features_found():
    assert machine.linux_cpu(XEON) == ("Intel Xeon Gold 6230", ["avx2", "avx512_vnni", "avx512f"])


def test_an_arm_server_is_named_by_its_part_number():
    assert machine.linux_cpu(GRAVITON) == ("Neoverse V1", ["neon", "neon_dotprod", "neon_i8mm"])


def test_a_raspberry_pi_has_its_own_name_and_keeps_its_serial_number():
    model, features = machine.linux_cpu(RASPBERRY_PI)
    assert (model, features) == ("Raspberry Pi 4 Model B Rev 1.4", ["neon"])


def test_a_mac_has_the_features_that_sysctl_says_are_on():
    assert machine.mac_cpu(MACBOOK) == ("Apple M2 Pro", ["neon", "neon_dotprod", "neon_i8mm"])


def test_a_processor_without_a_name_is_called_by_its_architecture():
    assert machine.linux_cpu("processor: 0\n") == (platform.machine(), [])


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (["X86_V2", "X86_V3"], ["avx2"]),
        (["SSE42", "AVX2", "AVX512F", "AVX512_SKX"], ["avx2", "avx512f"]),
        (["X86_V3", "X86_V4", "AVX512_ICL"], ["avx2", "avx512_vnni", "avx512f"]),
        (["NEON", "ASIMD", "ASIMDDP"], ["neon", "neon_dotprod"]),
        (["AVX", "F16C"], []),
    ],
)
def test_what_numpy_found_is_translated_for_systems_that_tell_nothing(found, expected):
    assert machine.features_among(found) == expected


def test_numpy_and_the_system_agree_on_this_machine():
    known = {"avx2", "avx512f", "neon"}  # numpy looks for these everywhere, and for fewer of the others
    assert set(machine.other_cpu()[1]) & known == set(machine.fingerprint()["features"]) & known


def test_a_cgroup_2_quota_limits_the_cores(tmp_path):
    root = cgroup(tmp_path, "0::/\n", {"cpu.max": "150000 100000\n"})
    assert machine.usable_cores(root, available=8) == 1.5


def test_a_cgroup_2_without_quota_leaves_all_cores(tmp_path):
    root = cgroup(tmp_path, "0::/\n", {"cpu.max": "max 100000\n", "memory.max": "max\n"})
    assert machine.usable_cores(root, available=8) == 8
    assert machine.usable_memory(root, total=1000) == 1000


def test_the_tightest_limit_above_a_process_counts(tmp_path):
    files = {
        "user.slice/cpu.max": "200000 100000",
        "user.slice/app/cpu.max": "max 100000",
        "user.slice/memory.max": "700",
    }
    root = cgroup(tmp_path, "0::/user.slice/app\n", files)
    assert machine.usable_cores(root, available=8) == 2
    assert machine.usable_memory(root, total=1000) == 700


@pytest.mark.parametrize(("outer", "inner"), [(400_000, 50_000), (50_000, 400_000)])
def test_of_two_quotas_above_each_other_the_smaller_counts(tmp_path, outer, inner):
    files = {"pod/cpu.max": f"{outer} 100000", "pod/app/cpu.max": f"{inner} 100000"}
    assert machine.usable_cores(cgroup(tmp_path, "0::/pod/app\n", files), available=8) == 0.5


@pytest.mark.parametrize("mount", ["cpu", "cpu,cpuacct"])
def test_a_cgroup_1_quota_limits_the_cores(tmp_path, mount):
    own = "7:memory:/docker/ab\n4:cpu,cpuacct:/docker/ab\n1:name=systemd:/docker/ab\n"
    folder = f"{mount}/docker/ab"
    root = cgroup(tmp_path, own, {f"{folder}/cpu.cfs_quota_us": "50000\n", f"{folder}/cpu.cfs_period_us": "100000\n"})
    assert machine.usable_cores(root, available=4) == 0.5


def test_a_container_that_sees_only_the_mount_of_its_cgroup_1_is_limited_too(tmp_path):
    files = {"cpu/cpu.cfs_quota_us": "300000", "cpu/cpu.cfs_period_us": "100000", "memory/memory.limit_in_bytes": "512"}
    root = cgroup(tmp_path, "4:cpu,cpuacct:/docker/ab\n7:memory:/docker/ab\n", files)
    assert machine.usable_cores(root, available=4) == 3
    assert machine.usable_memory(root, total=1000) == 512


def test_a_cgroup_1_without_limits_leaves_the_machine_as_it_is(tmp_path):
    files = {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}
    files["memory/memory.limit_in_bytes"] = "9223372036854771712"
    root = cgroup(tmp_path, "4:cpu:/\n7:memory:/\n", files)
    assert (machine.usable_cores(root, available=4), machine.usable_memory(root, total=1000)) == (4, 1000)


def test_a_quota_above_the_machine_adds_no_cores(tmp_path):
    root = cgroup(tmp_path, "0::/\n", {"cpu.max": "1600000 100000", "memory.max": "5000"})
    assert (machine.usable_cores(root, available=4), machine.usable_memory(root, total=1000)) == (4, 1000)


def test_a_system_without_cgroups_has_all_its_cores(tmp_path):
    assert machine.usable_cores(tmp_path, available=3) == 3


def test_cores_outside_the_affinity_are_not_usable(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {5, 7, 9}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert machine.usable_cores(tmp_path) == 3


def test_the_fingerprint_survives_json_and_stays_the_same():
    found = machine.fingerprint()
    assert json.loads(json.dumps(found)) == found == machine.fingerprint()


def test_the_fingerprint_names_no_person_host_or_path():
    text = json.dumps(machine.fingerprint())
    words = set(re.findall(r"[\w.-]+", text))
    assert words.isdisjoint({socket.gethostname(), getpass.getuser(), Path.home().name})
    assert "/" not in text
    assert "\\" not in text


def test_a_kernel_that_is_named_after_a_person_is_told_by_its_number_alone(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "release", lambda: "6.1.0-18-janes-laptop")
    assert machine.system_name() == "Linux 6.1"


@pytest.mark.parametrize("fact", ["cpu", "features", "cores", "os", "python", "libraries"])
def test_the_id_changes_with_each_fact_that_affects_speed(fact):
    found = machine.fingerprint()
    assert machine.identify({**found, fact: "another"}) != found["id"]


def test_the_id_is_the_same_with_more_memory():
    found = machine.fingerprint()
    assert machine.identify({**found, "memory_bytes": 1}) == found["id"]


def test_versions_are_those_of_the_installed_libraries_and_nothing_is_imported():
    code = "import sys, json; from labkit.measure import machine; print(json.dumps(machine.library_versions()));"
    code += "print(*{'torch', 'onnx', 'onnxruntime', 'tensorflow'} & set(sys.modules))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    versions, imported = printed.splitlines()
    import numpy

    assert json.loads(versions)["numpy"] == numpy.__version__
    assert imported == ""


def test_a_library_that_is_not_installed_is_left_out(monkeypatch):
    monkeypatch.setattr(machine, "LIBRARIES", ("numpy", "no-such-library"))
    assert set(machine.library_versions()) == {"numpy"}


def test_a_machine_is_described_in_one_line():
    described = {"cpu": "Intel Xeon", "cores": 2, "features": ["avx2", "avx512_vnni", "amx_int8"], "os": "Linux 6.1"}
    assert machine.describe(described) == "Intel Xeon, 2 cores, AVX-512 VNNI, Linux"


def test_a_fraction_of_a_core_is_described_as_such():
    described = {"cpu": "Cortex-A72", "cores": 1.5, "features": [], "os": "Linux"}
    assert machine.describe(described) == "Cortex-A72, 1.5 cores, Linux"
    assert machine.describe({**described, "cores": 1}) == "Cortex-A72, 1 core, Linux"


def test_a_tiny_quota_is_still_more_than_no_core(tmp_path):
    folder = tmp_path / "sys" / "fs" / "cgroup"
    folder.mkdir(parents=True)
    (folder / "cpu.max").write_text("1 100000")
    (tmp_path / "proc" / "self").mkdir(parents=True)
    (tmp_path / "proc" / "self" / "cgroup").write_text("0::/\nnonsense\n")
    assert machine.usable_cores(tmp_path, available=4) == 0.01
