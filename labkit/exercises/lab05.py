"""Lab 05: the laws."""

from labkit.exercises.laws import Exercise

EXERCISES: tuple[Exercise, ...] = ()
