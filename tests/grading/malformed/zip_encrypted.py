import json
import zipfile

import handed_in


def build(folder):
    path = folder / "zip_encrypted.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("a.ipynb", json.dumps(handed_in.honest()))
    found = bytearray(path.read_bytes())
    found[6] |= 1
    found[found.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(found)
