"""The report that a student hands in and the page of a class: whole, harmless and readable, whatever goes in."""

import json
import os
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from labkit import claims, cli, report, results
from labkit.measure import fingerprint, measurement

HERE = fingerprint()
VOID = {"meta", "link", "br", "hr", "input", "img"}


@pytest.fixture(autouse=True)
def folders(monkeypatch, tmp_path):
    monkeypatch.setenv("LABKIT_RESULTS", str(tmp_path / "results"))
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Tags(HTMLParser):
    """Checks that tags nest, and keeps those that were seen and all texts."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def harmless(text):
    """The parsed page: no script, nothing loaded from anywhere, no handler."""
    tags = Tags(text)
    assert not {"script", "iframe", "object", "embed", "img", "link", "form"} & {tag for tag, _ in tags.seen}
    for _, attributes in tags.seen:
        assert not [name for name in attributes if name.startswith("on") or name in ("href", "src", "srcdoc")]
    assert "default-src 'none'" in text
    return tags


def measure(variant="baseline", runtime="PyTorch", size=4_000_000, ms=1.0, accuracy=0.93, **facts):
    facts |= {"size_bytes": size, "images": 10_000, "runtime": runtime, "latency_ms": ms}
    facts |= {"latency_low_ms": 0.9 * ms, "latency_high_ms": 1.1 * ms}
    facts |= {"accuracy": accuracy, "accuracy_low": accuracy - 0.005, "accuracy_high": accuracy + 0.005}
    return results.save(measurement(variant, "07", **facts))


# The student's report


def test_the_report_shows_the_final_model_against_the_baseline():
    measure()
    measure("int8", "ONNX Runtime", 1_000_000, 0.25, 0.928)
    measure("worse", "ONNX Runtime", 10_000, 0.01, 0.80)
    text = report.report_page(name="A. Student")
    said = " ".join(harmless(text).texts)
    assert "The final model: int8, ONNX Runtime" in said  # the fastest within half a point
    assert "4,000.0 kB" in said
    assert "1,000.0 kB" in said
    assert said.count("4.0 times less") == 2  # bytes and latency
    assert "4.0 times less (3.3 to 4.9)" in said  # 0.9 / 0.275 to 1.1 / 0.225
    assert "0.20 points less" in said
    assert "Report of A. Student" in said
    assert "not measured" in said  # memory


def test_a_variant_can_be_chosen_and_an_unknown_one_is_named():
    measure()
    measure("small", "ONNX Runtime", 10_000, 0.01, 0.80)
    assert "The final model: small" in report.report_page("small")
    with pytest.raises(ValueError, match="no variant 'huge' was measured here; there are baseline, PyTorch, small"):
        report.report_page("huge")


def test_the_model_of_the_card_is_the_final_one(folders):
    measure()
    measure("mine", "ONNX Runtime", 10_000, 0.5, 0.80)
    card = folders / "card.json"
    card.write_text(json.dumps({"model": "mine"}))
    assert "The final model: mine" in report.report_page(card=card)
    card.write_text(json.dumps({"model": "another"}))
    with pytest.raises(ValueError, match="no variant 'another' was measured here"):
        report.report_page(card=card)


def test_the_plot_and_the_verdicts_are_in_the_page():
    measure()
    claims.judge("Q1.static", 3.9)
    tags = harmless(report.report_page())
    charts = [attributes for tag, attributes in tags.seen if tag == "svg" and attributes.get("role") == "img"]
    assert len(charts) == 2
    assert all("Accuracy against" in chart["aria-label"] for chart in charts)
    said = " ".join(tags.texts)
    assert "1 confirmed, 0 refuted, 0 cannot tell" in said
    assert claims.CLAIMS["Q1.static"].quote in said


def test_the_machine_of_shipped_verdicts_is_named_once_and_as_text(folders):
    measure()
    figures = {"value": 3.9, "low": 3.9, "high": 3.9, "machine": {**HERE, "id": "other", "cpu": "<b>Elsewhere</b>"}}
    rows = [{"claim": id} | figures for id in ("Q1.static", "Q1.dynamic")]
    (folders / "data").mkdir()
    (folders / "data" / "reference_verdicts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    texts = harmless(report.report_page()).texts
    assert [text[:28] for text in texts if "more, not of this" in text] == ["2 more, not of this machine:"]
    assert "On this machine: 0 confirmed, 0 refuted, 0 cannot tell." in texts
    assert len([text for text in texts if "measured on <b>Elsewhere</b>" in text]) == 1


def test_the_report_never_takes_the_place_of_the_card(folders):
    measure()
    (folders / "card.json").write_text("{}")
    with pytest.raises(ValueError, match="is the card itself"):
        report.write("card.json", card=folders / "card.json")
    assert (folders / "card.json").read_text() == "{}"


def test_half_a_character_in_a_name_does_not_stop_the_report(folders):
    measure()
    measure("\ud800 half", ms=0.5)
    assert "? half" in report.write(folders / "r.html").read_text()


def test_names_and_cards_from_outside_stay_texts(folders):
    measure()
    measure("<script>alert(1)</script>", "ONNX Runtime", 1000, 0.1, 0.93)
    card = folders / "card.json"
    card.write_text(json.dumps({"model": "<img src=x onerror=alert(1)>", "limits": {"a": 1}, "headline": {"b": 2}}))
    text = report.report_page("baseline", card, "<b>me</b>\u202e")
    said = " ".join(harmless(text).texts)
    assert "<img src=x onerror=alert(1)>" in said
    assert "limits a" in said
    assert "headline" not in said
    assert "\u202e" not in text


@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b"\xff\xfe", b"[" * 100_000, b"{}" + b" " * 1_000_001, None])
def test_a_card_that_is_none_is_named(folders, content):
    measure()
    card = folders / "card.json"
    if content is not None:
        card.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(f"the card {card} cannot be read")):
        report.report_page(card=card)


def test_without_measurements_it_says_what_to_do_and_without_a_baseline_too():
    with pytest.raises(ValueError, match="nothing was measured on this machine yet: run lab 07"):
        report.report_page()
    measure("int8", "ONNX Runtime")
    with pytest.raises(ValueError, match="the baseline was not measured"):
        report.report_page()


def test_the_command_writes_the_report_or_says_why_not(folders, capsys):
    assert cli.main(["report", "-o", "r.html"]) == 2
    assert "run lab 07" in capsys.readouterr().err
    measure()
    assert cli.main(["report", "-o", "r.html", "--name", "Me"]) == 0
    assert "Report of Me" in (folders / "r.html").read_text()
    (folders / "file").write_text("")
    assert cli.main(["report", "-o", "file/r.html"]) == 2


# The class


def evidence(*rows, **machine):
    rows = [dict(zip(("claim", "value", "low", "high"), row)) | {"verdict": "whatever"} for row in rows]
    return {"labkit": "0.1.0", "machine": {"cpu": "A CPU", "cores": 4, "os": "Linux 6"} | machine, "verdicts": rows}


def hand_in(folder, name, content):
    content = json.dumps(content) if isinstance(content, dict | list) else content
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def test_the_same_claim_is_drawn_over_all_laptops_with_its_counts(folders):
    hand_in(folders, "a.json", evidence(("Q1.static", 3.9, 3.9, 3.9), ("Q2.encoder", 1.0, 0.9, 1.1)))
    hand_in(folders, "b.json", evidence(("Q2.encoder", 3.0, 2.5, 3.5), cpu="Another"))
    hand_in(folders, "c.json", evidence(("Q2.encoder", 2.1, 1.5, 3.5)))
    laptops, refused = report.write_class(["*.json"], "page.html")
    assert (laptops, refused) == (3, [])
    tags = harmless((folders / "page.html").read_text())
    labels = [attributes["aria-label"] for tag, attributes in tags.seen if tag == "svg"]
    assert len(labels) == 2
    assert labels[0].startswith("Q1.static: 1 confirmed. laptop 1: 3.9")
    assert labels[1].startswith("Q2.encoder: 1 confirmed, 1 refuted, 1 cannot tell. ")
    assert "laptop 2: 3 (2.5 to 3.5), confirmed" in labels[1]


def test_marks_lie_in_the_order_of_their_values_and_an_absurd_one_does_not_hide_the_others(folders):
    values = {"a": 1.0, "b": 2.5, "c": 4.0, "d": 1e299}
    for name, value in values.items():
        hand_in(folders, f"{name}.json", evidence(("Q2.encoder", value, value, value)))
    report.write_class(["*.json"], "page.html")
    text = (folders / "page.html").read_text()
    marks = [float(x) for x in re.findall(r'<path d="M([\d.]+) [\d.]+m', text)]
    assert len(marks) == 4
    assert marks == sorted(marks)
    assert max(marks) <= 420  # the width of a chart
    assert min(b - a for a, b in pairwise(marks)) > 5


MALFORMED = {
    "empty": b"",
    "cut": b'{"verdicts": [',
    "list": b"[1, 2]",
    "number": b"3",
    "binary": bytes(range(256)),
    "utf-16": json.dumps({"verdicts": []}).encode("utf-16"),
    "deep": b"[" * 200_000,
    "huge": b'{"verdicts": []}' + b" " * 1_000_001,
    "no verdicts": b'{"machine": {}}',
    "none of ours": json.dumps(evidence(("X9", 1, 1, 1))).encode(),
    "NaN": b'{"verdicts": [{"claim": "B1", "value": NaN, "low": 1, "high": 1}]}',
    "infinite": b'{"verdicts": [{"claim": "B1", "value": 1, "low": -Infinity, "high": 1}]}',
    "large int": b'{"verdicts": [{"claim": "B1", "value": 1' + b"0" * 400 + b', "low": 1, "high": 1}]}',
    "many digits": b'{"verdicts": [{"claim": "B1", "value": ' + b"9" * 5000 + b', "low": 1, "high": 1}]}',
    "true": b'{"verdicts": [{"claim": "B1", "value": true, "low": 1, "high": 1}]}',
    "outside": json.dumps(evidence(("B1", 5, 6, 7))).encode(),
    "rows are numbers": b'{"verdicts": [1, 2]}',
    "claim is a list": b'{"verdicts": [{"claim": ["B1"], "value": 1}]}',
}


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED)
def test_a_file_that_does_not_fit_is_named_and_left_out(folders, content):
    hand_in(folders, "good.json", evidence(("B1", 1, 1, 1)))
    hand_in(folders, "bad.json", content)
    laptops, refused = report.read_evidence(["bad.json", "good.json"])
    assert [laptop.file for laptop in laptops] == ["good.json"]
    assert refused[0][0] == "bad.json"
    assert refused[0][1]
    assert "sys." not in refused[0][1]  # advice for programmers
    harmless(report.class_page(laptops, refused))


def test_what_is_no_regular_file_is_left_out_at_once(folders):
    (folders / "folder.json").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(folders / "pipe.json")
    hand_in(folders, "good.json", evidence(("B1", 1, 1, 1)))
    laptops, refused = report.read_evidence(["*.json", "missing.json"])
    assert len(laptops) == 1
    assert dict(refused) == {
        "missing.json": "no such file",
        **{path.name: "a folder or a device, not a file" for path in folders.glob("[fp]*.json")},
    }


def test_a_pattern_without_files_is_named(folders):
    with pytest.raises(ValueError, match=r"\*\.json: no such file"):
        report.write_class(["handed_in/*.json"], "page.html")


def test_the_page_never_takes_the_place_of_what_was_handed_in(folders):
    hand_in(folders, "a.json", evidence(("B1", 1, 1, 1)))
    before = (folders / "a.json").read_bytes()
    with pytest.raises(ValueError, match="give the page another name"):
        report.write_class(["*.json"], folders / "a.json")
    assert (folders / "a.json").read_bytes() == before


def test_a_sparse_file_of_two_gigabytes_is_not_read(folders):
    with (folders / "big.json").open("wb") as file:
        file.truncate(2_000_000_000)
    laptops, refused = report.read_evidence(["big.json"])
    assert laptops == []
    assert "larger than" in refused[0][1]


def test_the_same_measurements_handed_in_twice_count_once(folders):
    for name in ("a.json", "b.json"):
        hand_in(folders, name, evidence(("B1", 1, 1, 1)))
    laptops, refused = report.read_evidence(["a.json", "b.json"])
    assert [laptop.file for laptop in laptops] == ["a.json"]
    assert refused == [("b.json", "the same measurements as a.json")]


def test_hostile_names_and_machines_stay_texts(folders):
    name = "<script>alert(1)<x>.json"
    hostile = "<svg onload=alert(1)>"
    hand_in(folders, name, evidence(("B1", 1, 1, 1), cpu=hostile + "\u202e\n" * 10, os=["no"], cores=float("1e300")))
    hand_in(folders, "'\"&.json", b"<!--")
    laptops, refused = report.read_evidence(["*.json"])
    said = " ".join(harmless(report.class_page(laptops, refused)).texts)
    assert name in said
    assert hostile in said
    assert "\u202e" not in said


def test_a_verdict_of_a_claim_that_this_labkit_does_not_know_is_passed_over(folders):
    hand_in(folders, "a.json", evidence(("Q99", 1, 1, 1), ("B1", 32, 32, 32)))
    (laptop,), refused = report.read_evidence(["a.json"])
    assert list(laptop.verdicts) == ["B1"]
    assert laptop.verdicts["B1"].word == "refuted"
    assert refused == []


def test_the_commands_make_evidence_and_pool_it(folders, capsys):
    claims.judge("B1", 32)
    assert cli.main(["claims", "--json", "me.json"]) == 0
    said = capsys.readouterr().out
    assert "B1" in said
    assert "refuted" in said
    assert "1 verdicts of this machine" in said
    hand_in(folders, "bad.json", b"{")
    assert cli.main(["class-report", "*.json", "-o", "page.html"]) == 0
    assert "left out bad.json" in capsys.readouterr().err
    assert cli.main(["class-report", "bad.json", "-o", "page.html"]) == 2
    assert "nothing to show (bad.json" in capsys.readouterr().err
    assert cli.main(["class-report", "me.json", "-o", "me.json/page.html"]) == 2
    assert cli.main(["claims", "--json", "me.json/x"]) == 2
