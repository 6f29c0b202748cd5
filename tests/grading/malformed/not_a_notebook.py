def build(folder):
    (folder / "not_a_notebook.py").write_text("import os\nos._exit(0)\n")
    (folder / "not_a_notebook_either.docx").write_bytes(b"PK\x03\x04 not really")
