"""The instructor's side: release a lab, grade a class, write the gradebook. Students never need it.

A submission is read, grafted onto our own notebook, run in a sandbox and scored outside of it; what its code does can
cost it points and nothing else. What each step is made of, the module to begin with first:

read       submissions, handed, places, archive, platforms, identity
graft      graft, repairs; overlay; release; `labkit.notebooks`, which reads a notebook and knows the lab's own
box        box, process, sandbox, seccomp, watch, stage; wire, plain; worker, which runs inside
score      engine, with the laws of `labkit.exercises`
a class    run, course, tasks, pool, slots, output, late, table
grades     gradebook, database, grades; exports, sheets; feedback; marking, written, manual; formgrader, shown

`work` holds what these hand to each other, `cli` the commands.
"""
