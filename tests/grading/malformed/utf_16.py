import json

import handed_in


def build(folder):
    (folder / "utf_16.ipynb").write_bytes(json.dumps(handed_in.honest()).encode("utf-16"))
