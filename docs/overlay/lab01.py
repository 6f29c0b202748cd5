"""Hidden tests for lab 01: the file's name tells the lab, and LAWS the exercise. Each lab can have such a file.

A law calls the student's function on fresh random inputs and raises `Wrong` if the answer is not right. It carries the
same share of the points as each of labkit's own laws. A student never reads its hint, only the first line of its
docstring, which need not tell much. Try new laws on right answers first:
`labkit grade solutions --overlay FOLDER -o try`.
"""

from labkit.exercises.laws import expect, number


def _a_call_of_minutes(answer, random):
    """a slow model"""
    latency_ms, batch = float(random.uniform(1e5, 1e6)), int(random.integers(2, 64))
    found = number(answer(latency_ms, batch), "images per second")
    expect(found, 1000 * batch / latency_ms, {}, "it fails for calls of minutes")


LAWS = {"throughput": (_a_call_of_minutes,)}
