import zipfile


def build(folder):
    path = folder / "zip_bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle, bundle.open("a.ipynb", "w") as file:
        for _ in range(500):
            file.write(bytes(1_000_000))
