def build(folder):
    (folder / "web_page.ipynb").write_text("<!DOCTYPE html><html><script>alert('LEAK')</script>Please log in</html>")
