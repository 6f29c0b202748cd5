import handed_in


def build(folder):
    notebook = handed_in.honest()
    notebook["cells"][3]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 50_000_000}]
    handed_in.write(notebook, folder / "fifty_megabytes.ipynb")
