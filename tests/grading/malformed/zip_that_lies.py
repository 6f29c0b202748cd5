import struct
import zipfile


def build(folder):
    path = folder / "zip_that_lies.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle, bundle.open("a.ipynb", "w") as file:
        for _ in range(500):
            file.write(bytes(1_000_000))
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", 500_000_000), struct.pack("<I", 10_000)))
