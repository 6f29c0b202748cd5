import json

import handed_in


def build(folder):
    text = json.dumps(handed_in.honest() | {"metadata": "HERE"})
    (folder / "nested_metadata.ipynb").write_text(text.replace('"HERE"', '{"a":' * 100_000 + "1" + "}" * 100_000))
