# examples/pocket/training/task.py: What a task is: a folder of files, questions about it, and a policy that answers.
"""A policy is a generator: it yields (reasoning, calls) and is sent the list of result texts; it returns
(reasoning, answer). It sees the question and the results, nothing else, as the model does."""

import random
from dataclasses import dataclass, field
from typing import Callable, Iterator

from phrase import Phrase
from words import Words


@dataclass
class Turn:
    family: str
    question: str
    solve: Callable[[], Iterator]
    truth: Callable[[], list]  # texts or numbers that a right answer contains, worked out apart from the policy


@dataclass
class Scene:
    """The folder and the sources of chance that the turns of one conversation share."""

    rng: random.Random
    held: bool = False
    files: dict = field(default_factory=dict)  # relative path -> text

    def __post_init__(self):
        self.words = Words(self.rng, self.held)
        self.phrase = Phrase(self.rng, self.held)

    def new_path(self, extension=None, folder=""):
        taken = {path.rsplit("/", 1)[-1] for path in self.files}
        while True:
            name = self.words.file_name(extension)
            if name not in taken:
                return f"{folder}/{name}" if folder else name


def bash(command):
    return ("bash", {"command": command})


def python(code):
    return ("python", {"code": code})


def read_file(path, first=None, last=None):
    arguments = {"path": path}
    if first is not None:
        arguments |= {"first": first, "last": last}
    return ("read_file", arguments)


def search(query):
    return ("search", {"query": query})


def open_link(number, num_lines=None):
    arguments = {"id": number}
    if num_lines is not None:
        arguments |= {"num_lines": num_lines}
    return ("open", arguments)


def find(pattern):
    return ("find", {"pattern": pattern})


def one_call(before, call, after, answer):
    """The commonest policy: one call, whose result {r} is in the answer."""

    def solve():
        (result,) = yield before, [call]
        return after.format(r=result), answer.format(r=result)

    return solve
