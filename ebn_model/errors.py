"""Errors of a user's input, told apart from a fault of the program."""


class InputError(ValueError):
    """An input that cannot be meant: names the field, its value and what is allowed."""
