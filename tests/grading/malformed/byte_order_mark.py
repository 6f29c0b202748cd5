import json

import handed_in


def build(folder):
    (folder / "byte_order_mark.ipynb").write_bytes(json.dumps(handed_in.honest()).encode("utf-8-sig"))
