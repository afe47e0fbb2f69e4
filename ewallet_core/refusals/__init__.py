"""Every way an instruction can be refused: one type, one stable code and one pair of sentences each.

A refusal is raised where the rule stands and turned into an answer once, at the top. `error` says what
is wrong and `warning` what to do about it, both to a person; `details` says it to a program.
"""
