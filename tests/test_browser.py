"""The page and the widget that run a model in a browser, as far as Python makes them. What Chromium does with them:
tests/browser/test_browser_page.py."""

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from labkit import browser, cli, data
from labkit.browser import assets
from labkit.runtimes import onnx_predictor
from labkit.widgets import browser_pad
from labkit.widgets.browser import CHUNK

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "web"


def network(path, *, batch="n", side=28, classes=10, kind=TensorProto.FLOAT, op="Gemm", filler=0, beside=None):
    """Writes an ONNX file that flattens its input and applies one layer; `filler` bytes of weights nobody uses."""
    random = np.random.default_rng(0)
    values = random.normal(size=(side * side, classes))
    weights = [("w", values.astype(helper.tensor_dtype_to_np_dtype(kind)))]
    weights += [("filler", np.zeros(filler, np.uint8))] if filler else []
    nodes = [helper.make_node("Flatten", ["images"], ["flat"]), helper.make_node(op, ["flat", "w"], ["logits"])]
    given = helper.make_tensor_value_info("images", kind, [batch, 1, side, side])
    wanted = helper.make_tensor_value_info("logits", kind, [batch, classes])
    tensors = [numpy_helper.from_array(value, name) for name, value in weights]
    graph = helper.make_graph(nodes, "network", [given], [wanted], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    kept_beside = {"save_as_external_data": True, "location": beside, "size_threshold": 0} if beside else {}
    onnx.save(model, path, **kept_beside)
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model that every test may read."""
    return network(tmp_path_factory.mktemp("model") / "small.onnx")


@pytest.fixture(scope="module")
def html(model):
    """Its page."""
    return browser.page(model, model.with_suffix(".html"), seconds=0.05).read_text(encoding="utf-8")


def script(html: str, name: str) -> str:
    """The text of the page's script element of this id."""
    return re.search(rf'<script [^>]*id="labkit-{name}">(.*?)</script>', html, re.DOTALL).group(1)


# What is shipped


def test_the_runtime_unpacks_to_a_webassembly_file():
    assert assets.unpacked("ort.wasm.gz")[:8] == b"\0asm\1\0\0\0"


def test_what_is_shipped_is_what_was_built_from_the_sources_as_they_are():
    built = json.loads((assets.FOLDER / "built.json").read_bytes())
    sources = [*WEB.glob("src/*"), WEB / "build.js", WEB / "package.json", WEB / "package-lock.json"]
    as_they_are = {path.relative_to(WEB).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in sources}
    assert built["from"] == as_they_are, "a source changed since: make web"
    shipped = {name: hashlib.sha256(assets.unpacked(name)).hexdigest() for name in built["made"]}
    assert built["made"] == shipped


def test_the_versions_are_those_of_the_lock_file_and_no_registry_is_named():
    wanted = json.loads((WEB / "package.json").read_bytes())
    lock = (WEB / "package-lock.json").read_text()
    packages = json.loads(lock)["packages"]
    assert packages["node_modules/onnxruntime-web"]["version"] == assets.RUNTIME_VERSION
    for name, version in (wanted["dependencies"] | wanted["devDependencies"]).items():
        assert packages[f"node_modules/{name}"]["version"] == version
    assert "resolved" not in lock
    assert all("integrity" in one for path, one in packages.items() if path)


def test_the_licence_of_the_runtime_lies_beside_it():
    assert "MIT License" in (assets.FOLDER / "LICENSE.onnxruntime.txt").read_text()
    notices = gzip.decompress((assets.FOLDER / "ThirdPartyNotices.onnxruntime.txt.gz").read_bytes()).decode()
    assert "protobuf" in notices.lower()


@pytest.mark.parametrize("content", [None, b"", b"not gzip", gzip.compress(b"x" * 999, mtime=0)[:-9]])
def test_a_shipped_file_that_is_missing_or_damaged_is_named_with_the_way_to_restore_it(tmp_path, monkeypatch, content):
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    monkeypatch.setattr(assets, "unpacked", assets.unpacked.__wrapped__)
    if content is not None:
        (tmp_path / "ort.wasm.gz").write_bytes(content)
    with pytest.raises(assets.AssetError, match=r"ort\.wasm\.gz.*make web"):
        assets.unpacked("ort.wasm.gz")


# The page


def test_the_page_holds_the_bytes_of_the_model_and_of_the_runtime(html, model):
    assert base64.b64decode(script(html, "model")) == model.read_bytes()
    assert gzip.decompress(base64.b64decode(script(html, "wasm")))[:4] == b"\0asm"


def test_the_page_holds_the_first_hundred_test_images_and_pythons_logits(html, model):
    facts, test = json.loads(script(html, "facts")), data.load().test
    images = np.frombuffer(base64.b64decode(facts["images"]), np.uint8).reshape(-1, 1, 28, 28)
    assert np.array_equal(images, test.images[:100])
    assert facts["labels"] == test.labels[:100].tolist()
    logits = np.frombuffer(base64.b64decode(facts["logits"]), "<f4").reshape(-1, 10)
    assert np.abs(logits - onnx_predictor(model)(test.inputs[:100])).max() < 1e-5


def test_the_page_says_where_and_when_python_was_timed(html):
    python = json.loads(script(html, "facts"))["python"]
    assert 0 < python["low_ms"] <= python["ms"] <= python["high_ms"] < 1000
    assert python["runtime"].startswith("ONNX Runtime 1.")
    assert python["threads"] == 1
    assert "core" in python["machine"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", python["date"])


def test_the_page_may_load_nothing_and_runs_only_what_its_hashes_name(html):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html).group(1)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    code = re.search(r'<script type="module">(.*?)</script>', html, re.DOTALL).group(1)
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL).group(1)

    def name(text):
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == f"'wasm-unsafe-eval' {name(code)}"
    assert rules["style-src"] == name(style)
    assert "connect-src" not in rules
    outside_code = html.replace(code, "")
    assert re.findall(r'(?:src|href)="(?!data:)', outside_code) == []
    assert "http" not in outside_code.replace("http-equiv", "")


def test_no_name_of_a_model_becomes_markup(tmp_path):
    path = network(tmp_path / "<img src=x onerror=alert(1)>.onnx")
    html = browser.page(path, tmp_path / "page.html", data.load().test.subset(3), seconds=0.05).read_text()
    assert "<img" not in html
    assert json.loads(script(html, "facts"))["name"] == path.name


def test_chosen_images_take_the_place_of_the_test_images(model, tmp_path):
    chosen = data.load().validation.subset(7)
    facts = json.loads(script(browser.page(model, tmp_path / "page.html", chosen, seconds=0.05).read_text(), "facts"))
    assert facts["labels"] == chosen.labels.tolist()
    assert base64.b64decode(facts["images"]) == chosen.images.tobytes()


def test_a_model_with_a_batch_of_one_baked_in_gets_a_page(tmp_path):
    path = network(tmp_path / "one.onnx", batch=1)
    assert browser.page(path, tmp_path / "page.html", seconds=0.05).is_file()


def test_a_page_is_written_whole_or_not_at_all(model, tmp_path):
    output = tmp_path / "page.html"
    output.write_text("before")
    with pytest.raises(ValueError, match="float"):
        browser.page(network(tmp_path / "bad.onnx", kind=TensorProto.DOUBLE), output)
    assert output.read_text() == "before"
    assert {path.name for path in tmp_path.iterdir()} == {"page.html", "bad.onnx"}


def test_the_page_never_takes_the_models_place(tmp_path):
    path = network(tmp_path / "model.onnx")
    before = path.read_bytes()
    with pytest.raises(ValueError, match="another name"):
        browser.page(path, tmp_path / "." / "model.onnx")
    assert path.read_bytes() == before


# Models that can have no page


def cut(path):
    path.write_bytes(path.read_bytes()[:5000])


def sparse(path):
    with path.open("wb") as file:
        file.truncate(2**31)


def diverged(path):
    model = onnx.load(network(path))
    weights = model.graph.initializer[0]
    weights.CopyFrom(numpy_helper.from_array(np.full((784, 10), np.nan, np.float32), weights.name))
    onnx.save(model, path)


BAD = {
    "NaN": (diverged, "no finite float: did the training diverge"),
    "empty": (lambda path: path.write_bytes(b""), "empty"),
    "cut short": (lambda path: cut(network(path)), "export it again"),
    "zeros": (lambda path: path.write_bytes(bytes(50_000)), "export it again"),
    "text": (lambda path: path.write_text("no model " * 999), "export it again"),
    "2 GB of nothing": (sparse, "2,147,483,648 bytes"),
    "too large": (lambda path: network(path, filler=100_000_001), "at most 100,000,000"),
    "an operator that nobody knows": (lambda path: network(path, op="Frobnicate"), "Frobnicate"),
    "larger images": (lambda path: network(path, side=32), r"\(1, 1, 28, 28\)"),
    "another type of input": (lambda path: network(path, kind=TensorProto.DOUBLE), "double|float"),
    "four classes": (lambda path: network(path, classes=4), r"\(1, 4\), not with logits \(1, 10\)"),
    "weights beside it": (lambda path: network(path, beside="weights.bin"), r"weights\.bin.*external_data=False"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_model_is_refused_with_its_name_and_the_reason(tmp_path, case):
    spoil, reason = BAD[case]
    path = tmp_path / "bad.onnx"
    spoil(path)
    for call in (lambda: browser.page(path, tmp_path / "page.html"), lambda: browser_pad(path)):
        with pytest.raises(ValueError, match=reason):
            call()
    assert not (tmp_path / "page.html").exists()


def test_a_model_that_is_not_there_is_named(tmp_path):
    for call in (lambda path: browser.page(path, tmp_path / "page.html"), browser.bytes_to_load, browser_pad):
        with pytest.raises(FileNotFoundError, match=r"gone\.onnx.*exported"):
            call(tmp_path / "gone.onnx")


@pytest.mark.parametrize(
    "images", [np.zeros((0, 1, 28, 28), np.uint8), np.zeros((3, 1, 32, 32), np.uint8), np.zeros((3, 1, 28, 28))]
)
def test_images_that_the_pad_cannot_show_are_refused(model, images):
    with pytest.raises(ValueError, match="image"):
        browser.facts(model, data.Split(images, np.zeros(len(images), np.int64)))


# What a visitor loads


def test_a_visitor_loads_the_model_the_runtime_and_the_page(model):
    load = browser.bytes_to_load(model)
    assert load.parts["model"].size_bytes == model.stat().st_size
    assert load.parts[assets.RUNTIME].gzip_bytes == (assets.FOLDER / "ort.wasm.gz").stat().st_size
    assert load.size_bytes == sum(part.size_bytes for part in load.parts.values())
    assert load.gzip_bytes == sum(part.gzip_bytes for part in load.parts.values())
    assert load.rows()[-1] == ("together", load.size_bytes, load.gzip_bytes)
    assert "together" in repr(load)
    assert f"{load.gzip_bytes / 1e6:.2f}" in load._repr_html_()


# The command


def test_the_command_writes_the_page_beside_the_model_and_says_what_a_visitor_loads(tmp_path, capsys):
    assert cli.main(["browser", str(network(tmp_path / "small.onnx"))]) == 0
    printed = capsys.readouterr()
    assert f"wrote {tmp_path / 'small.html'}" in printed.out
    assert "together" in printed.out
    assert printed.err == ""


def test_the_command_warns_of_a_model_above_the_slides_limit(tmp_path, capsys):
    path = network(tmp_path / "large.onnx", filler=10_000_001)
    assert cli.main(["browser", str(path), "-o", str(tmp_path / "page.html")]) == 0
    assert "more than the 10,000,000 of the slide" in capsys.readouterr().err
    assert (tmp_path / "page.html").is_file()


def test_the_command_says_in_one_line_what_is_wrong(tmp_path, capsys):
    assert cli.main(["browser", ""]) == 2
    assert "a folder or a device" in capsys.readouterr().err
    good, cut_short = network(tmp_path / "good.onnx"), network(tmp_path / "cut.onnx")
    cut(cut_short)
    (tmp_path / "folder").mkdir()
    calls = [
        ([str(tmp_path / "gone.onnx")], "gone.onnx: no such file"),
        ([str(cut_short)], "export it again"),
        ([str(good), "-o", str(tmp_path / "folder")], "folder: Is a directory"),
        ([str(good), "-o", str(good)], "another name"),
        ([str(good), "-o", str(good / "page.html")], "good.onnx: "),
    ]
    for arguments, said in calls:
        assert cli.main(["browser", *arguments]) == 2
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1


# The widget


@pytest.fixture
def pad(model):
    """A pad, and what it sent."""
    shown, sent = browser_pad(model, data.load().test.subset(5), seconds=0.05), []
    shown.send = lambda content, buffers=None: sent.append((content, buffers))
    return shown, sent


def test_the_state_that_a_notebook_may_save_is_small(pad):
    state = json.dumps(pad[0].get_state(), default=str)
    assert len(state) < 20_000
    assert "measured" in state


@pytest.mark.parametrize("part", ["script", "wasm", "model", "facts"])
def test_the_browser_gets_each_part_whole_in_pieces_that_jupyter_lets_through(pad, part, model):
    shown, sent = pad
    have, total = b"", 1
    while len(have) < total:
        shown._answer(shown, {"part": part, "from": len(have)}, [])
        content, buffers = sent.pop()
        assert (content["part"], content["from"]) == (part, len(have))
        assert 0 < len(buffers[0]) <= CHUNK <= 300_000
        have, total = have + bytes(buffers[0]), content["total"]
    whole = {"model": model.read_bytes(), "wasm": assets.packed("ort.wasm.gz"), "script": assets.packed("pad.js.gz")}
    assert have == whole.get(part, have)
    assert part != "facts" or json.loads(have) == shown.facts


@pytest.mark.parametrize(
    "content", [{}, {"part": "../secret", "from": 0}, {"part": "wasm", "from": -1}, {"part": "wasm", "from": "0"}]
)
def test_what_is_no_question_gets_no_answer(pad, content):
    pad[0]._answer(pad[0], content, [])
    assert pad[1] == []


def test_what_the_browser_measured_becomes_facts_of_a_row(pad):
    shown, _ = pad
    with pytest.raises(RuntimeError, match="no browser has measured"):
        shown.row()
    shown.measured = {"latency_ms": 0.3, "latency_low_ms": 0.2, "latency_high_ms": 0.4, "largest_difference": 1e-6}
    assert shown.row() == {
        "runtime": "ONNX Runtime Web",
        "threads": 1,
        "latency_ms": 0.3,
        "latency_low_ms": 0.2,
        "latency_high_ms": 0.4,
    }


def test_without_a_kernel_the_notebook_still_shows_an_image_and_pythons_answer(pad, model):
    shown, _ = pad
    first = data.load().test.subset(5)
    logits = onnx_predictor(model)(first.inputs[:1])[0].astype(np.float64)
    share = np.exp(logits - logits.max()).max() / np.exp(logits - logits.max()).sum()
    html = shown.figure()
    assert f"{data.CLASSES[int(logits.argmax())]}, {share:.1%}" in html
    assert "<svg" in html
    assert 'aria-label="the first image"' in html
    bundle = shown._repr_mimebundle_()
    assert (bundle[0] if isinstance(bundle, tuple) else bundle)["text/html"] == html
    assert len(html) < 20_000
