import json
import zipfile

import handed_in


def build(folder):
    path = folder / "zip_truncated.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("a.ipynb", json.dumps(handed_in.honest()))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
