"""Lab notebooks as files: what the grader, `labkit doctor` and `labkit restore` know about them. No code of them runs.

read       a file becomes cells; salvage makes what it can of a broken one
master     the lab's own notebook
matching   which cell of it each cell of a student's notebook is; source parses their texts
checked    which answers a check has seen, by a digest
state      what a notebook lacks; restore writes a clean copy with the answers carried over

`cells` holds what these hand to each other.
"""
