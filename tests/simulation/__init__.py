"""
A term of a class, simulated from the first launch to the last grade over real HTTP: ``make simulate``.

The tool and the pretend LMS run as they do in the demo, but by a clock that we move: a term of
three weeks takes a few minutes. Students come and go by themselves; some never come, some come
late, some leave. Afterwards everybody is counted, and what the exchange promises is held against it.
"""
