# examples/pocket/training/talk.py: Turns with no tool, follow-up questions, and long files.

import folder
from task import Turn, bash, python, read_file

SMALL_TALK = [
    (["Hello", "Hi", "Hi there", "Good morning", "Hello, Heddle", "Hey", "!Hello there", "!Good evening"],
     "A greeting. No tool is needed.", "Hello! What can I do for you?", "Hello"),
    (["Thanks", "Thank you", "Thank you very much", "Great, thanks", "Good, thank you", "!Many thanks", "!Great, thank you"],
     "A thank you. No tool is needed.", "You are welcome.", "welcome"),
    (["What can you do?", "How can you help me?", "What are you good at?", "What can you help me with?", "!What can you do for me?",
      "!How can you help?"],
     "A question about me. No tool is needed.", "I can compute with Python, and find, count and read files in this folder.", "Python"),
    (["Who are you?", "What is your name?", "What are you?", "Tell me who you are.", "!Tell me your name.", "!Please tell me who you are."],
     "A question about me. No tool is needed.", "I am Heddle, a small agent that works in this folder.", "Heddle"),
    (["Goodbye", "Bye", "See you", "Good night", "!Bye bye", "!Goodbye, Heddle"], "A farewell. No tool is needed.", "Goodbye!", "Goodbye"),
]


def small_talk(scene):
    wordings, reasoning, answer, key = scene.rng.choice(SMALL_TALK)

    def solve():
        return reasoning, answer
        yield

    text = scene.phrase(wordings)
    return Turn("small talk", text if text[-1] in "?." else text + scene.rng.choice(["", ".", "!"]), solve, lambda: [key])


def on_number(scene, number):
    """A follow-up about the number in the last answer."""
    wordings, sign, value = scene.rng.choice([
        (["Multiply that by {b}.", "And times {b}?", "What is that times {b}?", "Now multiply it by {b}.", "!And what is that times {b}?",
          "!Now multiply that by {b}."], "*", lambda b: number * b),
        (["Add {b} to that.", "And plus {b}?", "What is that plus {b}?", "Now add {b}.", "!And what is that plus {b}?", "!Now add {b} to it."],
         "+", lambda b: number + b),
        (["Subtract {b} from that.", "And minus {b}?", "What is that minus {b}?", "Now subtract {b}.", "!And what is that minus {b}?",
          "!Now subtract {b} from it."], "-", lambda b: number - b),
    ])
    b = scene.words.number(2) + 1

    def solve():
        (result,) = yield f"The last number was {number}. I compute {number}{sign}{b}.", [python(f"print({number}{sign}{b})")]
        return f"Python says {result}.", f"The answer is {result}."

    return Turn("follow-up number", scene.phrase.question(wordings, b=b), solve, lambda: [value(b)])


def on_file(scene, path):
    """A follow-up about the file of the last question."""
    lines = folder.lines_of(scene, path)
    kind = scene.rng.choice(["first", "last", "lines", "words", "line"])
    number = scene.rng.randint(1, len(lines))
    if kind in ("first", "last"):
        wordings = ["And what is its {k} line?", "And the {k} line?", "What does its {k} line say?", "Now show me the {k} line.",
                    "!And what does the {k} line say?", "!Now show me its {k} line."]

        def solve():
            (text,) = yield (f"This is about {path}. I read its {kind} line.",
                             [bash(f"{'head' if kind == 'first' else 'tail'} -n 1 {path}")])
            return f"The line is: {text}", f"The {kind} line of {path} says: {text}"

        truth = lines[0 if kind == "first" else -1]
    elif kind == "line":
        wordings = ["And line {i}?", "What is in line {i}?", "And what does line {i} say?", "Now show me line {i}.", "!And what is in line {i}?",
                    "!Now read line {i}."]

        def solve():
            (result,) = yield f"This is about {path}. I read line {number}.", [read_file(path, number, number)]
            text = result.split("\n")[0].split("\t", 1)[1]
            return f"The line is: {text}", f"Line {number} of {path} says: {text}"

        truth = lines[number - 1]
    else:
        wordings = ["And how many {k} does it have?", "How many {k} are in it?", "Now count its {k}.", "And how many {k}?",
                    "!And how many {k} are in it?", "!How many {k} does it have?"]

        def solve():
            (count,) = yield f"This is about {path}. I count its {kind}.", [bash(f"wc -{kind[0]} < {path}")]
            return f"It printed {count}.", f"{path} has {count} {kind}."

        truth = len(lines) if kind == "lines" else len(scene.files[path].split())
    return Turn("follow-up file", scene.phrase.question(wordings, k=kind, i=number), solve, lambda: [truth])


def long_file(scene, low=20, high=90):
    """The whole of a long file is read; the answer is one line of it."""
    keys = scene.words.nouns(scene.rng.randint(low, high))
    values = {key: scene.words.number(3) for key in keys}
    path = folder.add(scene, scene.new_path("txt"), [f"{key}: {values[key]}" for key in keys])
    key = scene.rng.choice(keys)
    wordings = ["Read all of {f} and tell me the number for {w}.", "Read the whole file {f}. What is the number for {w}?",
                "Show me all of {f}, then tell me the number for {w}.", "!Read all of {f}. What is the number for {w}?",
                "!Read the whole file {f} and tell me the number for {w}."]

    def solve():
        (result,) = yield f"I read all of {path}.", [read_file(path)]
        value = next(row.split(": ")[1] for row in result.split("\n") if f"\t{key}: " in row)
        return f"The line is {key}: {value}.", f"The number for {key} is {value}."

    return Turn("long file", scene.phrase.question(wordings, f=path, w=key), solve, lambda: [values[key]])


FAMILIES = {small_talk: 3, long_file: 2}
