import json

import handed_in


def build(folder):
    wrong, right = json.dumps(handed_in.lab("01")["cells"]), json.dumps(handed_in.honest())
    (folder / "keys_twice.ipynb").write_text(f'{{"cells": {wrong}, {right[1:]}')
