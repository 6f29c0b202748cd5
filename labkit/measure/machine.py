"""What affects speed on this machine, as a row can carry it: no name of host or user, no path, no serial number."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import subprocess
import sys
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("numpy", "torch", "torchvision", "onnx", "onnxruntime", "tensorflow", "ai-edge-litert")

# Our name: the label for people, and how Linux, macOS and NumPy spell it. What int8 models use most stands first.
FEATURES = {
    "avx512_vnni": ("AVX-512 VNNI", "avx512_vnni avx512vnni avx512_icl avx512_spr"),
    "amx_int8": ("AMX int8", "amx_int8"),
    "avx_vnni": ("AVX VNNI", "avx_vnni"),
    "avx512f": ("AVX-512", "avx512f x86_v4 avx512_skx avx512_icl avx512_spr"),
    "avx2": ("AVX2", "avx2 avx2_0 x86_v3 x86_v4 avx512_skx avx512_icl avx512_spr"),
    "neon_i8mm": ("NEON I8MM", "i8mm feat_i8mm"),
    "neon_dotprod": ("NEON dot product", "asimddp feat_dotprod"),
    "neon": ("NEON", "asimd neon advsimd"),
}
ARM_PARTS = {  # the part numbers that Arm gives its cores; /proc/cpuinfo has no name for them
    "0xd03": "Cortex-A53",
    "0xd08": "Cortex-A72",
    "0xd0b": "Cortex-A76",
    "0xd0c": "Neoverse N1",
    "0xd40": "Neoverse V1",
    "0xd49": "Neoverse N2",
    "0xd4f": "Neoverse V2",
}


def fingerprint() -> dict:
    """This machine as a JSON-ready dict; `id` is the same as long as nothing changes that affects speed.

    `cores` are those that this process may use (a fraction under a cgroup quota), `memory_bytes` what it may fill.
    """
    cores, memory_bytes = usable_cores(), usable_memory()
    facts = {**_processor(), "cores": cores, "memory_bytes": memory_bytes, "os": system_name()}
    facts |= {"python": platform.python_version(), "libraries": library_versions()}
    return {"id": identify(facts), **facts}


def identify(facts: dict) -> str:
    """Eight hexadecimal digits of all facts that affect speed: memory does not, as long as there is enough."""
    speed = {name: value for name, value in facts.items() if name not in ("id", "memory_bytes")}
    return hashlib.sha256(json.dumps(speed, sort_keys=True).encode()).hexdigest()[:8]


def describe(machine: dict | None = None) -> str:
    """One line for a plot, such as "Intel Xeon, 2 cores, AVX-512 VNNI, Linux".

    Args:
        machine: from `fingerprint()`, perhaps of another machine; this one unless told.
    """
    machine = fingerprint() if machine is None else machine
    cores = f"{machine['cores']:g} core{'s' * (machine['cores'] != 1)}"
    return ", ".join([machine["cpu"], cores, *feature_labels(machine["features"])[:1], machine["os"].split()[0]])


def feature_labels(features: list[str]) -> list[str]:
    """The features as people write them, the one that matters most for int8 first.

    >>> feature_labels(["avx2", "avx512_vnni"])
    ['AVX-512 VNNI', 'AVX2']
    """
    return [label for name, (label, _) in FEATURES.items() if name in features]


def features_among(words) -> list[str]:
    """Our names of the features that any system's spelling in `words` stands for, sorted.

    >>> features_among(["fpu", "asimd", "asimddp"])
    ['neon', 'neon_dotprod']
    """
    words = {word.lower() for word in words}
    return sorted(name for name, (_, spellings) in FEATURES.items() if words & set(spellings.split()))


def linux_cpu(cpuinfo: str) -> tuple[str, list[str]]:
    """Model and features from the text of /proc/cpuinfo, on x86 and on Arm."""
    fields = dict(re.findall(r"^([^:\n]+?)[ \t]*:[ \t]*(.*)$", cpuinfo, re.MULTILINE))
    model = fields.get("model name") or fields.get("Model") or ARM_PARTS.get(fields.get("CPU part", ""), "")
    return plain_model(model), features_among(fields.get("flags", fields.get("Features", "")).split())


def mac_cpu(sysctl: str) -> tuple[str, list[str]]:
    """Model and features from what `sysctl -a` prints: `hw.optional.arm.FEAT_DotProd: 1` and the like."""
    fields = dict(re.findall(r"^([\w.]+): (.*)$", sysctl, re.MULTILINE))
    present = [name.split(".")[-1] for name, value in fields.items() if name.startswith("hw.optional") and value == "1"]
    return plain_model(fields.get("machdep.cpu.brand_string", "")), features_among(present)


def plain_model(model: str) -> str:
    """A processor's name without marks, clock and filler.

    >>> plain_model("Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz")
    'Intel Xeon E5-2680 v4'
    """
    short = re.sub(r"\((R|TM)\)|@.*|\b(CPU|Processor|\d+-Core)\b", " ", model, flags=re.IGNORECASE)
    return " ".join(short.split()) or platform.machine()


def usable_cores(root: Path = Path("/"), available: int | None = None) -> int | float:
    """Cores that this process may use: the fewest of the machine's, the affinity's and the cgroup quota's.

    Args:
        root: where /proc and /sys are.
        available: cores by count and affinity, if not this machine's.
    """
    if available is None:
        available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else installed_cores()
    quotas = []
    for folder in cgroup_folders(root, "cpu"):
        words = (_read(folder / "cpu.max") or _read(folder / "cpu.cfs_quota_us")).split()
        period = words[1] if len(words) == 2 else _read(folder / "cpu.cfs_period_us").strip()
        if words and words[0].isdecimal() and period.isdecimal():  # "max" (v2) and -1 (v1) mean no limit
            quotas.append(int(words[0]) / int(period))
    least = max(round(min([available, *quotas]), 2), 0.01)
    return int(least) if least == int(least) else least


def installed_cores() -> int:
    """Cores of the whole machine, usable or not."""
    return os.cpu_count() or 1


def usable_memory(root: Path = Path("/"), total: int | None = None) -> int:
    """Bytes of memory that this process may fill: the machine's, or less if the cgroup allows less."""
    if total is None:
        import psutil

        total = psutil.virtual_memory().total
    limits = []
    for folder in cgroup_folders(root, "memory"):
        limit = (_read(folder / "memory.max") or _read(folder / "memory.limit_in_bytes")).strip()
        limits += [int(limit)] if limit.isdecimal() else []  # "max" means no limit
    return min([total, *limits])


def cgroup_folders(root: Path, controller: str) -> list[Path]:
    """Where the limits of this process stand: its cgroup and all above it, in version 2 and in version 1.

    A container may not see its own cgroup's path, only the mount: folders that do not exist are simply without a limit.
    """
    mount, folders = root / "sys/fs/cgroup", []
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controllers and controller not in controllers.split(","):
            continue
        parts = Path(path.lstrip("/")).parts
        for top in [mount / controllers, mount / controller] if controllers else [mount]:
            folders += [top.joinpath(*parts[:depth]) for depth in range(len(parts) + 1)]
    return folders


def library_versions() -> dict[str, str]:
    """The installed libraries' versions; those that are not installed are left out, and none is imported."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def system_name() -> str:
    """The system and its main version, such as "Linux 6.1" or "macOS 15"; a kernel's full name may name people.

    >>> system_name().split()[0] in ("Linux", "macOS", "Windows")
    True
    """
    system = "macOS" if sys.platform == "darwin" else platform.system()
    release = platform.mac_ver()[0].split(".")[0] if sys.platform == "darwin" else platform.release()
    number = re.match(r"\d+(\.\d+)?", release)
    return f"{system} {number.group()}" if number else system


@lru_cache(maxsize=1)
def _processor() -> dict:
    if sys.platform == "linux":
        model, features = linux_cpu(_read(Path("/proc/cpuinfo")))
    elif sys.platform == "darwin":
        model, features = mac_cpu(_said_by("sysctl", "-a"))
    else:
        model, features = other_cpu()
    return {"cpu": model, "architecture": platform.machine(), "features": features}


def other_cpu() -> tuple[str, list[str]]:
    """Model and features where no file or command tells them (Windows), as NumPy found them for its own use."""
    import numpy as np

    simd = np.show_config(mode="dicts").get("SIMD Extensions", {})
    found = [*simd.get("baseline", []), *simd.get("found", [])]
    return plain_model(windows_model() or platform.processor()), features_among(found)


def windows_model() -> str:
    """The processor's name in the Windows registry; empty elsewhere."""
    try:
        import winreg

        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"HARDWARE\DESCRIPTION\System\CentralProcessor\0") as key:
            return winreg.QueryValueEx(key, "ProcessorNameString")[0]
    except (ImportError, OSError):
        return ""


def _said_by(*command: str) -> str:
    """What a command of the system prints; empty if there is no such command."""
    try:
        return subprocess.run(command, capture_output=True, check=False).stdout.decode(errors="replace")
    except OSError:
        return ""


def _read(path: Path) -> str:
    """The text of a file; empty if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
