"""What `tools/ladder.py` found, as a page and as the README's table."""

ENDS = ("oldest", "newest")
BEGIN, END = "<!-- ladder: written by tools/ladder.py -->", "<!-- ladder ends -->"  # around the README's table


def between_marks(text: str, new: str) -> str:
    """The text with `new` between the two marks; as it is, where it has none.

    >>> between_marks(f"a\\n{BEGIN}\\nold\\n{END}\\nb", "new") == f"a\\n{BEGIN}\\nnew\\n{END}\\nb"
    True
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    return f"{before}{begin}\n{new}\n{end}{after}" if end else text


def short_table(where: str, rungs: list) -> str:
    """The README's table: a line for each library, both ends with their results."""
    found = {(one.library, one.end): f"{one.version}: {one.result}" for one in rungs}
    lines = ["| library | oldest | newest |", "|---|---|---|"]
    for library in dict.fromkeys(one.library for one in rungs):
        lines += [f"| {library} | " + " | ".join(found.get((library, end), "not run") for end in ENDS) + " |"]
    return "\n".join([*lines, "", f"{where}."])


def page(where: str, rungs: list) -> str:
    """The page `docs/ladder.md`, with the number of tests."""
    lines = ["# The oldest and the newest versions", ""]
    lines += ["| library | end | version | tests | result |", "|---|---|---|---|---|"]
    lines += [
        f"| {one.library} | {one.end} | {one.version} | {one.passed + one.failed} | {one.result} |" for one in rungs
    ]
    return "\n".join([*lines, "", f"{where}. All else as in `requirements.txt`; `make ladder` climbs again.", ""])
