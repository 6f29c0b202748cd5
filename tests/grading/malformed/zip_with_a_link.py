import stat
import zipfile


def build(folder):
    entry = zipfile.ZipInfo("a.ipynb")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(folder / "zip_with_a_link.zip", "w") as bundle:
        bundle.writestr(entry, "../honest_first.ipynb")
