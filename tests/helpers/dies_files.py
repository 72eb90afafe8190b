"""Files of experiments with dies, as tests write them."""

STIMULUS = '[stimulus]\nspikes = ["4 ms", "9 ms"]\nduration = "12 ms"\nstart_weight = 8\n'
DIES = """\
kind = "dies"
title = "Three dies"
first_die = 5
dies = 3
quantities = ["published"]

[cases.short]
simulation = "stimulus.toml"
label = "short run"
"""


def state(file, *lines):
    """Append lines to a file."""
    with file.open("a", encoding="utf-8") as stream:
        stream.write("\n".join(["", *lines, ""]))
