"""What the lecture claims of distillation."""

from labkit.claims.claim import Claim

IDEA = "Knowledge Distillation"

CLAIMS = (
    Claim(
        "D1.size",
        IDEA,
        "Teacher (Large): 100 MB; Student (Small): 10 MB",
        "bytes of the teacher's ONNX file over those of the student's; the claim needs at least 10",
        "times",
        low=10,
    ),
    Claim(
        "D1.near",
        IDEA,
        "Teacher 95% accuracy, Student 93% accuracy",
        "accuracy of the student with soft labels minus its teacher's, mean of three seeds, same test images; "
        "the claim needs at least -2",
        "points",
        low=-2,
    ),
    Claim(
        "D1.match",
        "Model Optimization Techniques",
        "Distillation: Can match original",
        "the same difference; for a match the claim needs it within half a point",
        "points",
        low=-0.5,
        high=0.5,
    ),
    Claim(
        "D1.soft",
        IDEA,
        "Why it works: Student learns from teacher's soft outputs",
        "soft labels minus hard labels, 55,000 images, mean of three seeds; the claim needs more than 0",
        "points",
        low=0,
    ),
    Claim(
        "D2.image",
        IDEA,
        "More information than hard labels",
        "the teacher's soft labels minus the same dealt out anew within each class, 5,000 images, mean of three seeds; "
        "the claim needs more than 0",
        "points",
        low=0,
    ),
    Claim(
        "D2.few",
        IDEA,
        "More information than hard labels",
        "soft labels minus hard labels, only 500 images, mean of three seeds; the claim needs more than 0",
        "points",
        low=0,
    ),
    Claim(
        "D2.nuance",
        "The Teacher's Soft Knowledge",
        "cat:0.90, dog:0.08, fox:0.02",
        "share of training images whose first choice has at most 0.90 at temperature 1; to be usual, it needs half",
        "of images",
        low=0.5,
    ),
)
