"""The instructor's side: release a lab, grade a class, write the gradebook. Students never need it.

A submission is read (`submissions`, `notebook`), grafted onto our own notebook (`graft`), run in a sandbox (`box`) and
scored outside of it (`engine`); `run` does that for a class, and `gradebook` keeps what came out.
"""
