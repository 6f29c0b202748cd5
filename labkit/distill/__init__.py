"""Distillation: a small student learns from a large teacher's soft labels, and from the labels themselves."""

from labkit.distill.gain import mean_gain, paired_counts
from labkit.distill.labels import entropy_bits, shuffled_within_class, smooth_labels, soften
from labkit.distill.loss import distillation_loss, loss_against, smoothed_loss, soft_loss_gradient
from labkit.distill.teacher import ask_teacher, teacher_logits

__all__ = [
    "ask_teacher",
    "distillation_loss",
    "entropy_bits",
    "loss_against",
    "mean_gain",
    "paired_counts",
    "shuffled_within_class",
    "smooth_labels",
    "smoothed_loss",
    "soft_loss_gradient",
    "soften",
    "teacher_logits",
]
