"""The laws of lab 03, prune."""

from labkit.exercises.laws import Exercise

EXERCISES: tuple[Exercise, ...] = ()
