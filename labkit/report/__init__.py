"""Pages to hand in and to look at together: one student's report, and the verdicts of a whole class."""

from labkit.report.classroom import Laptop, class_page, read_evidence, write_class
from labkit.report.own import report_page, write

__all__ = ["Laptop", "class_page", "read_evidence", "report_page", "write", "write_class"]
