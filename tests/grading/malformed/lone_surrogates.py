import json

import handed_in


def build(folder):
    script = '# %%\nhalf = "HALF"\n# %% written="why_edge"\nHALF and more'
    text = json.dumps(handed_in.with_cells(script)).replace("HALF", r"\ud800\u0000\udfff")
    (folder / "lone_surrogates.ipynb").write_text(text)
