"""The laws of lab 04, distill."""

from labkit.exercises.laws import Exercise

EXERCISES: tuple[Exercise, ...] = ()
