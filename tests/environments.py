"""New environments for tests of installations, without a network: this one's libraries, labkit left out."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path


class Environment:
    """A new virtual environment with every library of this one but labkit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        libraries = folder / "libraries"
        libraries.mkdir(parents=True)
        for site in (Path(entry) for entry in sys.path if entry.endswith("site-packages")):
            for entry in site.iterdir():
                link = libraries / entry.name
                if "labkit" not in entry.name and entry.suffix != ".pth" and not link.exists():
                    link.symlink_to(entry, target_is_directory=entry.is_dir())
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
        self.python = str(next((folder / "venv").glob("[bS]*/python*")))
        self.site = Path(self.run("import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip())
        (self.site / "libraries.pth").write_text(str(libraries))

    def clear(self) -> None:
        """Takes out what was installed since it was made."""
        for entry in self.site.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name != "libraries.pth":
                entry.unlink()

    def run(self, code: str, **variables: str) -> subprocess.CompletedProcess:
        """The code's result in this environment, from an empty folder, without a network and without this checkout."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("LABKIT", "PIP", "PYTHON"))}
        # pip reads PIP_NO_BUILD_ISOLATION the wrong way round, and keeps it so: 0 means no isolation
        offline = {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_BUILD_ISOLATION": "0"}
        empty = self.folder / "empty"
        empty.mkdir(exist_ok=True)
        return subprocess.run(
            [self.python, "-c", code],
            cwd=empty,
            env={**clean, **offline, **variables},
            capture_output=True,
            text=True,
            check=False,
        )


def fake_wheel(folder: Path, name: str, version: str, *requires: str) -> Path:
    """A package of one empty module."""
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", "Provides-Extra: onnx"]
    lines += [f"Requires-Dist: {one}" for one in requires]
    path, info = folder / f"{name}-{version}-py3-none-any.whl", f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{name}.py", "")
        file.writestr(f"{info}/METADATA", "\n".join(lines))
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{info}/RECORD", "")
    return path
