import json

import handed_in


def build(folder):
    text = json.dumps(handed_in.honest() | {"metadata": "HERE"})
    (folder / "number_of_5000_digits.ipynb").write_text(text.replace('"HERE"', '{"a": ' + "9" * 5000 + "}"))
