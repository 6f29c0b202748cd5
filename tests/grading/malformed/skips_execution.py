import handed_in


def build(folder):
    notebook = handed_in.with_cells('# %% exercise="cloud_latency_ms"\ndef cloud_latency_ms(*_):\n    return 0')
    for cell in notebook["cells"]:
        cell["metadata"]["tags"] = ["skip-execution", "raises-exception"]
    handed_in.write(notebook, folder / "skips_execution.ipynb")
