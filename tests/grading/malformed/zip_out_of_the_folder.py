import json
import zipfile

import handed_in


def build(folder):
    with zipfile.ZipFile(folder / "zip_out_of_the_folder.zip", "w") as bundle:
        bundle.writestr("../honest_first.ipynb", json.dumps(handed_in.honest()))
