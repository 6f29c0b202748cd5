import json
import zipfile

import handed_in


def build(folder):
    with zipfile.ZipFile(folder / "zip_from_the_root.zip", "w") as bundle:
        bundle.writestr("/etc/zip_from_the_root.ipynb", json.dumps(handed_in.honest()))
