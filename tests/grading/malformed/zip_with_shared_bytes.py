import json
import zipfile

import handed_in


def build(folder):
    with zipfile.ZipFile(folder / "zip_with_shared_bytes.zip", "w") as bundle:
        bundle.writestr("0.ipynb", json.dumps(handed_in.honest()))
        first = bundle.infolist()[0]
        for i in range(1, 200):
            again = zipfile.ZipInfo(f"{i}.ipynb")
            again.header_offset, again.CRC = first.header_offset, first.CRC
            again.file_size, again.compress_size = first.file_size, first.compress_size
            bundle.filelist.append(again)
