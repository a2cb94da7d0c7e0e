# examples/pocket/training/files.py: Questions about the files of a folder that one call of bash, python or read_file answers.

import folder
from task import Turn, bash, one_call, python, read_file

LARGEST = "find . -type f -printf '%s %p\\n' | sort -n | tail -n 1"
SMALLEST = "find . -type f -printf '%s %p\\n' | sort -n | head -n 1"


def _file(scene, *extensions):
    path = scene.new_path(scene.rng.choice(extensions or ("txt", "md", "log", "txt")))
    return folder.add(scene, path, folder.content_for(scene, path))


def count_by_extension(scene):
    folder.fill(scene, 2, 4, 0.2)
    ext = scene.rng.choice(["txt", "md", "csv", "log", "py", "json"])
    for _ in range(scene.rng.randint(0, 3)):
        _file(scene, ext)
    wordings = ["How many .{e} files are there?", "How many {e} files are in this folder?", "Count the .{e} files.",
                "How many files end in .{e}?", "How many files have the ending .{e}?", "Tell me the number of {e} files.",
                "!Count the files that end in .{e}.", "!How many .{e} files are in this folder?", "!Tell me how many {e} files there are."]
    solve = one_call(f"I count the {ext} files with find.", bash(f"find . -name '*.{ext}' | wc -l"), "It printed {r}.",
                     f"There are {{r}} {ext} files.")
    return Turn("count files", scene.phrase.question(wordings, e=ext), solve,
                lambda: [sum(p.endswith("." + ext) for p in scene.files)])


def count_all(scene):
    folder.fill(scene, 2, 6)
    wordings = ["How many files are there?", "How many files are in this folder?", "Count all files.", "Count the files here.",
                "What is the number of files here?", "!Count all files in this folder.", "!Tell me how many files are here."]
    solve = one_call("I count all files with find.", bash("find . -type f | wc -l"), "It printed {r}.", "There are {r} files.")
    return Turn("count files", scene.phrase.question(wordings), solve, lambda: [len(scene.files)])


def find_by_name(scene):
    folder.fill(scene, 1, 4)
    place = scene.words.folder() if scene.rng.random() < 0.8 else ""
    path = scene.new_path(folder=place)
    folder.add(scene, path, folder.content_for(scene, path))
    name = path.rsplit("/", 1)[-1]
    wordings = ["Where is {f}?", "Where is the file {f}?", "Find {f}.", "In which folder is {f}?", "Find the file {f}.",
                "What is the path of {f}?", "Look for {f} and tell me where it is.", "!Tell me where {f} is.",
                "!Find the path of {f}.", "!In which folder is the file {f}?"]
    solve = one_call(f"I look for {name} with find.", bash(f"find . -name '{name}'"), "It printed {r}.", "The file is {r}.")
    return Turn("find by name", scene.phrase.question(wordings, f=name), solve, lambda: [path])


def find_by_content(scene):
    folder.fill(scene, 2, 4)
    word = scene.words.noun()
    place = scene.words.folder() if scene.rng.random() < 0.4 else ""
    path = scene.new_path(scene.rng.choice(["txt", "md", "log"]), folder=place)
    missing = scene.rng.random() < 0.15
    lines = folder.content_for(scene, path)
    if not missing:
        lines.insert(scene.rng.randint(0, len(lines)), scene.phrase(["the {w} is here", "{w}", "{n} has a {w}", "{w}: {i}"],
                                                                    w=word, n=scene.words.name(), i=scene.words.number(2)))
    folder.add(scene, path, lines)
    wordings = ["Which file contains the word '{w}'?", "Which file contains {w}?", "In which file is the word {w}?",
                "Find the file that contains '{w}'.", "Which file mentions {w}?", "Find the word '{w}' in the files.",
                "Where does the word {w} occur?", "!Find the file that mentions '{w}'.", "!Which file has the word {w} in it?",
                "!In which file does the word '{w}' occur?"]

    def solve():
        (result,) = yield f"I look for {word} in all files with grep.", [bash(f"grep -rl '{word}' .")]
        if "[exit status 1]" in result:
            return "Nothing was found.", f"No file contains {word}."
        if "\n" in result:
            return "There are several files.", "The files are " + ", ".join(result.split("\n")) + "."
        return f"It printed {result}.", f"The file is {result}."

    def truth():
        found = [p for p in scene.files if word in scene.files[p]]
        return found or ["No file"]

    return Turn("find by content", scene.phrase.question(wordings, w=word), solve, truth)


def largest_or_smallest(scene):
    folder.fill(scene, 3, 5)
    largest = scene.rng.random() < 0.5
    kind = "largest" if largest else "smallest"
    wordings = ["Which is the {k} file?", "What is the {k} file here?", "Find the {k} file.", "Which file is the {k}?",
                "Tell me the name of the {k} file.", "!Which file in this folder is the {k}?", "!Tell me which file is the {k}.",
                "!What is the name of the {k} file?"]

    def solve():
        (result,) = yield f"I list the sizes and take the {kind}.", [bash(LARGEST if largest else SMALLEST)]
        size, path = result.split(" ", 1)
        return f"It is {path}.", f"The {kind} file is {path} with {size} bytes."

    return Turn("largest file", scene.phrase.question(wordings, k=kind), solve,
                lambda: [(path := folder.extreme(scene, largest)), folder.size_of(scene, path)])


def count_in_file(scene):
    folder.fill(scene, 1, 2)
    path = _file(scene, "txt", "md", "log", "csv")
    what, flag, value = scene.rng.choice([("lines", "l", lambda t: t.count("\n")), ("words", "w", lambda t: len(t.split())),
                                          ("lines", "l", lambda t: t.count("\n")), ("bytes", "c", lambda t: len(t.encode()))])
    wordings = ["How many {k} are in {f}?", "How many {k} does {f} have?", "Count the {k} of {f}.", "Count the {k} in {f}.",
                "What is the number of {k} in {f}?", "How many {k} are in the file {f}?", "!Tell me how many {k} {f} has.",
                "!Count the {k} in the file {f}.", "!How many {k} does the file {f} have?"]
    solve = one_call(f"I count the {what} with wc.", bash(f"wc -{flag} < {path}"), "It printed {r}.", f"{path} has {{r}} {what}.")
    return Turn("count in file", scene.phrase.question(wordings, k=what, f=path), solve, lambda: [value(scene.files[path])])


def one_line(scene):
    folder.fill(scene, 1, 2)
    path = _file(scene, "txt", "md", "log")
    number = scene.rng.randint(1, len(folder.lines_of(scene, path)))
    wordings = ["What is in line {i} of {f}?", "What does line {i} of {f} say?", "Read line {i} of {f}.", "Show me line {i} of {f}.",
                "What is line {i} of the file {f}?", "Tell me line {i} of {f}.", "Print line {i} of {f}.",
                "!What does line {i} of the file {f} say?", "!Read me line {i} of {f}.", "!Tell me what is in line {i} of {f}."]
    return Turn("one line", scene.phrase.question(wordings, i=number, f=path), line_policy(path, number),
                lambda: [folder.lines_of(scene, path)[number - 1]])


def line_policy(path, number):
    def solve():
        (result,) = yield f"I read line {number} of {path}.", [read_file(path, number, number)]
        text = result.split("\n")[0].split("\t", 1)[1]
        return f"The line is: {text}", f"Line {number} of {path} says: {text}"

    return solve


def first_or_last(scene):
    folder.fill(scene, 1, 2)
    path = _file(scene, "txt", "md", "log")
    first = scene.rng.random() < 0.5
    kind, command = ("first", "head") if first else ("last", "tail")
    wordings = ["What is the {k} line of {f}?", "What does the {k} line of {f} say?", "Show me the {k} line of {f}.",
                "Read the {k} line of {f}.", "Tell me the {k} line of {f}.", "Print the {k} line of {f}.",
                "!What does the {k} line of the file {f} say?", "!Read me the {k} line of {f}.", "!What is in the {k} line of {f}?"]
    solve = one_call(f"I read the {kind} line with {command}.", bash(f"{command} -n 1 {path}"), "The line is: {r}",
                     f"The {kind} line of {path} says: {{r}}")
    return Turn("first or last line", scene.phrase.question(wordings, k=kind, f=path), solve,
                lambda: [folder.lines_of(scene, path)[0 if first else -1]])


def numbers_in_file(scene):
    folder.fill(scene, 1, 2)
    path = folder.add(scene, scene.new_path("txt"), folder.numbers(scene))
    kind, code, value = scene.rng.choice([
        ("sum", "sum(l)", sum), ("largest", "max(l)", max), ("smallest", "min(l)", min), ("sum", "sum(l)", sum),
        ("mean", "sum(l)/len(l)", lambda l: sum(l) / len(l))])
    wordings = {
        "sum": ["What is the sum of the numbers in {f}?", "Add up the numbers in {f}.", "Sum the numbers of {f}.",
                "What do the numbers in {f} add up to?", "Compute the total of the numbers in {f}.",
                "!Calculate the sum of the numbers in {f}.", "!What is the total of the numbers in {f}?"],
        "mean": ["What is the mean of the numbers in {f}?", "Compute the average of the numbers in {f}.",
                 "What is the average of the numbers of {f}?", "!Calculate the average of the numbers in {f}.", "!Find the mean of the numbers in {f}."],
    }.get(kind, ["What is the {k} number in {f}?", "Find the {k} number in {f}.", "Which is the {k} number in {f}?",
                 "Which number in {f} is the {k}?", "!Tell me the {k} number in {f}.", "!What is the {k} of the numbers in {f}?"])
    solve = one_call(f"I read the numbers with Python and take the {kind}.",
                     python(f"l=[int(x) for x in open('{path}')]\nprint({code})"), "Python says {r}.", f"The {kind} is {{r}}.")
    return Turn("numbers in file", scene.phrase.question(wordings, k=kind, f=path), solve,
                lambda: [value([int(x) for x in folder.lines_of(scene, path)])])


def csv_column(scene):
    folder.fill(scene, 1, 2)
    rows, columns = folder.table(scene)
    path = folder.add(scene, scene.new_path("csv"), rows)
    column = scene.rng.choice(columns)
    index = rows[0].split(",").index(column)
    values = [int(row.split(",")[index]) for row in rows[1:]]
    kind, code, value = scene.rng.choice([("total", "sum(l)", sum(values)), ("largest", "max(l)", max(values)), ("total", "sum(l)", sum(values)),
                                          ("smallest", "min(l)", min(values)), ("mean", "sum(l)/len(l)", sum(values) / len(values))])
    wordings = {
        "total": ["What is the total of the column {c} in {f}?", "Add up the column {c} of {f}.", "Sum the {c} column of {f}.",
                  "What is the sum of {c} in {f}?", "Compute the total {c} in {f}.", "!What is the total {c} in {f}?",
                  "!Sum the column {c} of {f}.", "!Add up {c} in {f}."],
        "mean": ["What is the mean {c} in {f}?", "Compute the average of the column {c} in {f}.", "What is the average {c} in {f}?",
                 "!Compute the average {c} in {f}.", "!What is the mean of the column {c} in {f}?"],
    }.get(kind, ["What is the {k} {c} in {f}?", "Find the {k} {c} in {f}.", "Which is the {k} {c} in {f}?",
                 "What is the {k} value of the column {c} in {f}?", "!Tell me the {k} {c} in {f}.", "!Find the {k} value of the column {c} in {f}."])
    solve = one_call(f"I read the column {column} with Python and take the {kind}.",
                     python(f"import csv\nl=[int(r['{column}']) for r in csv.DictReader(open('{path}'))]\nprint({code})"),
                     "Python says {r}.", f"The {kind} of {column} is {{r}}.")
    return Turn("csv column", scene.phrase.question(wordings, k=kind, c=column, f=path), solve, lambda: [value])


def count_matches(scene):
    folder.fill(scene, 1, 2)
    path = scene.new_path("log" if scene.rng.random() < 0.5 else "txt")
    word = scene.rng.choice(["error", "warning", "info"]) if path.endswith("log") else scene.words.noun()
    lines = folder.content_for(scene, path)
    for _ in range(0 if path.endswith("log") or scene.rng.random() < 0.15 else scene.rng.randint(1, 4)):
        lines.insert(scene.rng.randint(0, len(lines)), scene.phrase(["the {w} is here", "{w}", "{n} has a {w}"], w=word, n=scene.words.name()))
    folder.add(scene, path, lines)
    wordings = ["How many lines of {f} contain '{w}'?", "How many lines in {f} contain the word {w}?", "Count the lines with '{w}' in {f}.",
                "In how many lines of {f} does {w} occur?", "How many lines of {f} mention {w}?",
                "!Count the lines of {f} that contain '{w}'.", "!How many lines in {f} mention '{w}'?"]

    def solve():
        (result,) = yield f"I count the lines with {word} with grep.", [bash(f"grep -c '{word}' {path}")]
        count = result.split("\n")[0]
        after = "It printed 0 and exit status 1, so there is no such line." if count == "0" else f"It printed {count}."
        return after, f"{count} lines of {path} contain {word}."

    return Turn("count matches", scene.phrase.question(wordings, w=word, f=path), solve,
                lambda: [sum(word in text for text in folder.lines_of(scene, path))])


def look_up(scene):
    """A value behind a key, found with grep."""
    folder.fill(scene, 1, 2)
    keys = scene.words.nouns(scene.rng.randint(3, 8))
    values = {key: scene.words.number(4) for key in keys}
    path = folder.add(scene, scene.new_path("txt"), [f"{key}: {values[key]}" for key in keys])
    key = scene.rng.choice(keys)
    wordings = ["What is the value of {w} in {f}?", "Look up {w} in {f}.", "What number stands for {w} in {f}?", "Find the value of {w} in {f}.",
                "Which number does {w} have in {f}?", "!Look up the value of {w} in {f}.", "!Tell me the value of {w} in {f}.",
                "!Which number stands for {w} in {f}?"]

    def solve():
        (result,) = yield f"I look for {key} in {path} with grep.", [bash(f"grep '^{key}:' {path}")]
        value = result.split(": ")[1]
        return f"The value is {value}.", f"The value of {key} is {value}."

    return Turn("look up", scene.phrase.question(wordings, w=key, f=path), solve, lambda: [values[key]])


FAMILIES = {count_by_extension: 3, count_all: 2, find_by_name: 3, find_by_content: 4, largest_or_smallest: 4, count_in_file: 5,
            one_line: 5, first_or_last: 3, numbers_in_file: 4, csv_column: 5, count_matches: 3, look_up: 3}
