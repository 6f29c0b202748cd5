import handed_in


def build(folder):
    handed_in.write(handed_in.with_cells("# %%\n" + "%%time\n" * 20_000), folder / "magics_without_end.ipynb")
