import json
import zipfile

import handed_in


def build(folder):
    with zipfile.ZipFile(folder / "zip_for_others.zip", "w") as bundle:
        for name in ("honest_first", "z_honest", "=HYPERLINK(1)_777001_assignsubmission_file_/01_benchmark"):
            bundle.writestr(f"{name}.ipynb", json.dumps(handed_in.lab("01")))
