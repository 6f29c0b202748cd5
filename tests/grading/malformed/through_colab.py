import handed_in


def build(folder):
    notebook = handed_in.honest()
    for i, cell in enumerate(notebook["cells"]):
        cell["metadata"] = {"id": f"Xy{i:08d}", "executionInfo": {"elapsed": 3, "user": {"displayName": "=1+1"}}}
        cell["id"] = f"Xy{i:08d}"
    notebook["metadata"] = {"colab": {"provenance": []}, "kernelspec": {"name": "python3", "display_name": "x"}}
    handed_in.write(notebook, folder / "through_colab.ipynb")
