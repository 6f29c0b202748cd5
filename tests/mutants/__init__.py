"""Answers whose outcome is known: wrong ones with a part of the hint that they must get, and right ones.

One file a lab. `@wrong(exercise, hint)` and `@right(exercise)` register the function below them.
"""

WRONG: list[tuple[str, object, str]] = []
RIGHT: list[tuple[str, object]] = []


def wrong(exercise: str, hint: str):
    def register(answer):
        WRONG.append((exercise, answer, hint))
        return answer

    return register


def right(exercise: str):
    def register(answer):
        RIGHT.append((exercise, answer))
        return answer

    return register
