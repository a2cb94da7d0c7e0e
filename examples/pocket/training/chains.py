# examples/pocket/training/chains.py: Questions that need calls that depend on each other, or whose first try fails.

import folder
from files import LARGEST, SMALLEST
from task import Turn, bash, python, read_file


def _text_file(scene, place="", ext=None):
    path = scene.new_path(ext or scene.rng.choice(["txt", "md", "log"]), folder=place)
    return folder.add(scene, path, folder.content_for(scene, path))


def line_of_extreme(scene):
    folder.fill(scene, 3, 5)
    largest = scene.rng.random() < 0.6
    first = scene.rng.random() < 0.6
    kind, end, command = "largest" if largest else "smallest", "first" if first else "last", "head" if first else "tail"
    wordings = ["What is the {e} line of the {k} file?", "Find the {k} file and tell me its {e} line.",
                "What does the {e} line of the {k} file say?", "Show me the {e} line of the {k} file.",
                "Which file is the {k}, and what is its {e} line?", "!Read the {e} line of the {k} file.",
                "!Look for the {k} file and show me its {e} line.", "!Find the {k} file. What is its {e} line?"]

    def solve():
        (result,) = yield f"First I find the {kind} file.", [bash(LARGEST if largest else SMALLEST)]
        path = result.split(" ", 1)[1]
        (text,) = yield f"It is {path}. Now I read its {end} line.", [bash(f"{command} -n 1 {path}")]
        return f"The line is: {text}", f"The {end} line of {path} says: {text}"

    return Turn("line of largest file", scene.phrase.question(wordings, k=kind, e=end), solve,
                lambda: [folder.lines_of(scene, folder.extreme(scene, largest))[0 if first else -1]])


def count_of_extreme(scene):
    folder.fill(scene, 3, 5)
    largest = scene.rng.random() < 0.5
    kind = "largest" if largest else "smallest"
    wordings = ["How many lines does the {k} file have?", "How many lines are in the {k} file?", "Count the lines of the {k} file.",
                "Find the {k} file and count its lines.", "!Tell me how many lines the {k} file has.", "!Count the lines in the {k} file."]

    def solve():
        (result,) = yield f"First I find the {kind} file.", [bash(LARGEST if largest else SMALLEST)]
        path = result.split(" ", 1)[1]
        (count,) = yield f"It is {path}. Now I count its lines.", [bash(f"wc -l < {path}")]
        return f"It printed {count}.", f"{path} has {count} lines."

    return Turn("count of largest file", scene.phrase.question(wordings, k=kind), solve,
                lambda: [len(folder.lines_of(scene, folder.extreme(scene, largest)))])


OPERATIONS = {
    "*": (["Take the number in {f} and multiply it by {b}.", "Multiply the number in {f} by {b}.", "What is the number in {f} times {b}?",
           "!Multiply the number of {f} by {b}.", "!Read the number in {f} and multiply it by {b}."], lambda a, b: a * b),
    "+": (["Take the number in {f} and add {b}.", "Add {b} to the number in {f}.", "What is the number in {f} plus {b}?",
           "!Read the number in {f} and add {b}.", "!Add {b} to the number of {f}."], lambda a, b: a + b),
    "-": (["Take the number in {f} and subtract {b}.", "Subtract {b} from the number in {f}.", "What is the number in {f} minus {b}?",
           "!Read the number in {f} and subtract {b}."], lambda a, b: a - b),
    "%": (["What remains when the number in {f} is divided by {b}?", "Take the number in {f} modulo {b}.",
           "!What is the number in {f} modulo {b}?"], lambda a, b: a % b),
}


def number_from_file(scene):
    folder.fill(scene, 1, 2)
    sign = scene.rng.choice(list(OPERATIONS))
    wordings, value = OPERATIONS[sign]
    a, b = scene.words.number(4), scene.words.number(2) + 1
    path = folder.add(scene, scene.new_path("txt"), [str(a)])

    def solve():
        (text,) = yield f"First I read {path}.", [read_file(path)]
        number = text.split("\n")[0].split("\t")[1]
        (result,) = yield f"The number is {number}. Now I compute {number}{sign}{b}.", [python(f"print({number}{sign}{b})")]
        return f"Python says {result}.", f"The answer is {result}."

    return Turn("number from file", scene.phrase.question(wordings, f=path, b=b), solve, lambda: [value(a, b)])


def count_of_found(scene):
    folder.fill(scene, 2, 4)
    word = scene.words.noun()
    path = _text_file(scene, scene.words.folder() if scene.rng.random() < 0.4 else "")
    folder.add(scene, path, folder.lines_of(scene, path) + [scene.phrase(["the {w} is here", "{w}", "a {w}"], w=word)])
    what, flag = scene.rng.choice([("lines", "l"), ("words", "w")])
    wordings = ["How many {k} does the file with the word '{w}' have?", "Find the file that contains '{w}' and count its {k}.",
                "How many {k} are in the file that mentions {w}?", "Count the {k} of the file that contains {w}.",
                "!Count the {k} of the file with the word '{w}'.", "!Find the file that mentions {w} and tell me how many {k} it has.",
                "!How many {k} does the file that contains {w} have?"]

    def solve():
        (found,) = yield f"First I look for {word} with grep.", [bash(f"grep -rl '{word}' .")]
        (count,) = yield f"It is in {found}. Now I count the {what}.", [bash(f"wc -{flag} < {found}")]
        return f"It printed {count}.", f"{found} has {count} {what}."

    text = scene.files[path]
    return Turn("count of found file", scene.phrase.question(wordings, w=word, k=what), solve,
                lambda: [len(text.splitlines()) if flag == "l" else len(text.split())])


def follow_the_name(scene):
    """A file names another file; what is in that one?"""
    folder.fill(scene, 1, 3)
    path = _text_file(scene)
    source = folder.add(scene, scene.new_path("txt"), [path])
    mode = scene.rng.choice(["first line", "lines", "last line"])
    wordings = {
        "lines": ["{f} names another file. How many lines does that file have?", "Count the lines of the file that is named in {f}.",
                  "Read {f} and count the lines of the file that it names.", "!How many lines does the file that is named in {f} have?"],
    }.get(mode, ["{f} names another file. What is the {k} of that file?", "Read {f} and show me the {k} of the file that it names.",
                 "What is the {k} of the file that is named in {f}?", "!Tell me the {k} of the file that is named in {f}.",
                 "!{f} names another file. Show me the {k} of that file."])

    def solve():
        (text,) = yield f"First I read {source}.", [read_file(source)]
        name = text.split("\n")[0].split("\t")[1]
        if mode == "lines":
            (count,) = yield f"It names {name}. Now I count its lines.", [bash(f"wc -l < {name}")]
            return f"It printed {count}.", f"{name} has {count} lines."
        (line,) = yield f"It names {name}. Now I read its {mode}.", [bash(f"{'head' if mode == 'first line' else 'tail'} -n 1 {name}")]
        return f"The line is: {line}", f"The {mode} of {name} says: {line}"

    lines = folder.lines_of(scene, path)
    truth = {"lines": len(lines), "first line": lines[0], "last line": lines[-1]}[mode]
    return Turn("named file", scene.phrase.question(wordings, f=source, k=mode), solve, lambda: [truth])


def three_steps(scene):
    """Find a file by a word, read the number in its first line, compute with it."""
    folder.fill(scene, 2, 3)
    word, a, b = scene.words.noun(), scene.words.number(3), scene.words.number(2) + 1
    path = folder.add(scene, scene.new_path("txt"), [str(a), scene.phrase(["the {w} is here", "{w}", "a {w}"], w=word)])
    kind, code, value = scene.rng.choice([("square", "{n}**2", a * a), (f"double", "{n}*2", a * 2), (f"times", f"{{n}}*{b}", a * b)])
    wordings = {
        "times": ["Find the file with the word '{w}' and multiply the number in its first line by {b}.",
                  "Take the number in the first line of the file that contains {w} and multiply it by {b}.",
                  "!Multiply the number in the first line of the file that mentions '{w}' by {b}."],
    }.get(kind, ["Find the file with the word '{w}' and compute the {k} of the number in its first line.",
                 "What is the {k} of the number in the first line of the file that contains {w}?",
                 "!Find the file that mentions '{w}' and tell me the {k} of the number in its first line."])

    def solve():
        (found,) = yield f"First I look for {word} with grep.", [bash(f"grep -rl '{word}' .")]
        (number,) = yield f"It is in {found}. Now I read its first line.", [bash(f"head -n 1 {found}")]
        formula = code.format(n=number)
        (result,) = yield f"The number is {number}. Now I compute {formula}.", [python(f"print({formula})")]
        return f"Python says {result}.", f"The answer is {result}."

    return Turn("three steps", scene.phrase.question(wordings, w=word, k=kind, b=b), solve, lambda: [value])


def wrong_path(scene):
    """The file is not where the question says: look for it, then go on."""
    folder.fill(scene, 1, 3)
    path = _text_file(scene, scene.words.folder())
    asked = path.rsplit("/", 1)[-1]
    if scene.rng.random() < 0.25:
        asked = f"{scene.words.folder()}/{asked}"
    name = asked.rsplit("/", 1)[-1]
    lines = folder.lines_of(scene, path)
    mode = scene.rng.choice(["line", "count", "first", "last"])
    number = scene.rng.randint(1, len(lines))
    look = bash(f"find . -name '{name}'")
    if mode == "line":
        wordings = ["What is in line {i} of {f}?", "What does line {i} of {f} say?", "Read line {i} of {f}.", "Show me line {i} of {f}.",
                    "Tell me line {i} of {f}.", "Print line {i} of {f}.", "!What does line {i} of the file {f} say?", "!Read me line {i} of {f}."]

        def solve():
            yield f"I read line {number} of {asked}.", [read_file(asked, number, number)]
            (found,) = yield f"There is no such file. I look for {name}.", [look]
            (result,) = yield f"It is {found}. I read line {number} of it.", [read_file(found, number, number)]
            text = result.split("\n")[0].split("\t", 1)[1]
            return f"The line is: {text}", f"Line {number} of {found} says: {text}"

        truth = lines[number - 1]
    elif mode == "count":
        wordings = ["How many lines are in {f}?", "How many lines does {f} have?", "Count the lines of {f}.", "Count the lines in {f}.",
                    "!Tell me how many lines {f} has.", "!How many lines does the file {f} have?"]

        def solve():
            yield "I count the lines with wc.", [bash(f"wc -l < {asked}")]
            (found,) = yield f"There is no such file. I look for {name}.", [look]
            (count,) = yield f"It is {found}. I count its lines.", [bash(f"wc -l < {found}")]
            return f"It printed {count}.", f"{found} has {count} lines."

        truth = len(lines)
    else:
        command = "head" if mode == "first" else "tail"
        wordings = ["What is the {k} line of {f}?", "What does the {k} line of {f} say?", "Show me the {k} line of {f}.",
                    "Read the {k} line of {f}.", "!What does the {k} line of the file {f} say?", "!Read me the {k} line of {f}."]

        def solve():
            yield f"I read the {mode} line with {command}.", [bash(f"{command} -n 1 {asked}")]
            (found,) = yield f"There is no such file. I look for {name}.", [look]
            (text,) = yield f"It is {found}. I read its {mode} line.", [bash(f"{command} -n 1 {found}")]
            return f"The line is: {text}", f"The {mode} line of {found} says: {text}"

        truth = lines[0 if mode == "first" else -1]
    return Turn("wrong path", scene.phrase.question(wordings, i=number, f=asked, k=mode), solve, lambda: [truth])


def words_between_numbers(scene):
    """A file of numbers has other words in it: the first script fails, the second leaves them out."""
    folder.fill(scene, 1, 2)
    values = folder.numbers(scene, 3, 7)
    lines = list(values)
    for _ in range(scene.rng.choice([1, 1, 2])):
        lines.insert(scene.rng.randint(0, len(lines)), scene.rng.choice([scene.words.noun(), "n/a", "none", "-"]))
    path = folder.add(scene, scene.new_path("txt"), lines)
    kind, code, value = scene.rng.choice([("sum", "sum(l)", sum), ("largest", "max(l)", max), ("smallest", "min(l)", min)])
    wordings = {
        "sum": ["What is the sum of the numbers in {f}?", "Add up the numbers in {f}.", "Sum the numbers of {f}.",
                "What do the numbers in {f} add up to?", "Compute the total of the numbers in {f}.",
                "!Calculate the sum of the numbers in {f}.", "!What is the total of the numbers in {f}?"],
    }.get(kind, ["What is the {k} number in {f}?", "Find the {k} number in {f}.", "Which is the {k} number in {f}?",
                 "!Tell me the {k} number in {f}.", "!What is the {k} of the numbers in {f}?"])

    def solve():
        yield (f"I read the numbers with Python and take the {kind}.",
               [python(f"l=[int(x) for x in open('{path}')]\nprint({code})")])
        (result,) = yield ("Some lines are not numbers. I leave them out.",
                           [python(f"l=[int(x) for x in open('{path}') if x.strip().isdigit()]\nprint({code})")])
        return f"Python says {result}.", f"The {kind} is {result}."

    return Turn("words between numbers", scene.phrase.question(wordings, f=path, k=kind), solve, lambda: [value(map(int, values))])


def two_files(scene):
    """Two calls in one reply: which of two files has more lines."""
    folder.fill(scene, 0, 2)
    one, two = _text_file(scene), _text_file(scene)
    while len(folder.lines_of(scene, one)) == len(folder.lines_of(scene, two)):
        folder.add(scene, two, folder.lines_of(scene, two) + [folder.line(scene)])
    wordings = ["Which has more lines, {a} or {b}?", "Which file has more lines: {a} or {b}?", "Does {a} or {b} have more lines?",
                "!Which of the files {a} and {b} has more lines?", "!Tell me which has more lines, {a} or {b}."]

    def solve():
        first, second = yield "I count the lines of both files.", [bash(f"wc -l < {one}"), bash(f"wc -l < {two}")]
        more = one if int(first) > int(second) else two
        return f"{one} has {first} and {two} has {second}.", f"{more} has more lines."

    counts = {path: len(folder.lines_of(scene, path)) for path in (one, two)}
    return Turn("two files", scene.phrase.question(wordings, a=one, b=two), solve, lambda: [max(counts, key=counts.get)])


FAMILIES = {line_of_extreme: 4, count_of_extreme: 3, number_from_file: 4, count_of_found: 4, follow_the_name: 3, three_steps: 3,
            wrong_path: 6, words_between_numbers: 3, two_files: 2}
