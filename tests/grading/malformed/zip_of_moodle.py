import json
import zipfile

import handed_in


def build(folder):
    right = json.dumps(handed_in.honest())
    with zipfile.ZipFile(folder / "zip_of_moodle.zip", "w") as bundle:
        bundle.writestr("=HYPERLINK(1)_777001_assignsubmission_file_/01_benchmark.ipynb", right)
        bundle.writestr("<img src=x onerror=alert(1)>_777002_assignsubmission_file_/01_benchmark.ipynb", right)
