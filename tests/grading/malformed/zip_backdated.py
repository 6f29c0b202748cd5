import json
import struct
import zipfile

import handed_in

EXTENDED_TIME = struct.pack("<HHBi", 0x5455, 5, 1, 1_000_000_000)  # the field of a zip that has a zone


def build(folder):
    entry = zipfile.ZipInfo("01_benchmark.ipynb")
    entry.extra = EXTENDED_TIME
    with zipfile.ZipFile(folder / "zip_backdated.zip", "w") as bundle:
        bundle.writestr(entry, json.dumps(handed_in.honest()))
