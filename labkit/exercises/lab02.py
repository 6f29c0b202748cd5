"""The laws of lab 02, quantize."""

from labkit.exercises.laws import Exercise

EXERCISES: tuple[Exercise, ...] = ()
