# examples/pocket/training/stories.py: Word problems, times, and questions about words, answered with a line of Python.

from task import Turn, one_call, python

STORIES = [  # wordings; code; value; which of a, b, c must be large
    (["{n} has {a} {t} and buys {b} more. How many {t} does {n} have now?",
      "{n} has {a} {t}. {m} gives {n} {b} {t}. How many {t} does {n} have?",
      "There are {a} {t} in a box. {n} puts in {b} more. How many {t} are in the box?",
      "{n} found {a} {t} and {m} found {b}. How many {t} did they find together?",
      "!{n} has {a} {t} and {m} has {b}. How many {t} do they have together?",
      "!{n} had {a} {t} and got {b} more. How many {t} does {n} have now?"],
     "{a}+{b}", lambda a, b, c: a + b),
    (["{n} has {a} {t} and gives {b} to {m}. How many {t} are left?",
      "{n} has {a} {t} and loses {b} of them. How many {t} does {n} have now?",
      "There are {a} {t} in a box. {n} takes {b} out. How many {t} are left in the box?",
      "{n} had {a} {t} and sold {b} of them. How many {t} are left?",
      "!{n} has {a} {t} and sells {b} of them. How many are left?",
      "!There were {a} {t} in a box and {n} took {b}. How many {t} are left?"],
     "{a}-{b}", lambda a, b, c: a - b),
    (["{n} has {a} boxes with {b} {t} each. How many {t} does {n} have?",
      "There are {a} bags with {b} {t} in each. How many {t} are there in all?",
      "{n} buys {a} packs of {b} {t}. How many {t} is that?",
      "Each of {a} boxes holds {b} {t}. How many {t} are there together?",
      "!{n} has {a} bags with {b} {t} in each. How many {t} is that in all?",
      "!There are {a} packs of {b} {t} each. How many {t} are there together?"],
     "{a}*{b}", lambda a, b, c: a * b),
    (["{n} buys {a} {t} for {b} euros each. How much does {n} pay?",
      "One of the {t} costs {b} euros. How much do {a} {t} cost?",
      "{n} sells {a} {t} for {b} euros each. How much money does {n} get?",
      "!{n} buys {a} {t}. Each costs {b} euros. How much does {n} pay in all?",
      "!How much do {a} {t} cost if each costs {b} euros?"],
     "{a}*{b}", lambda a, b, c: a * b),
    (["{n} shares {a} {t} among {b} friends. How many {t} does each get, and how many are left over?",
      "{n} puts {a} {t} into bags of {b}. How many bags are full, and how many {t} are left over?",
      "!{n} shares {a} {t} among {b} people. How many does each get, and how many are left over?"],
     "divmod({a},{b})", lambda a, b, c: divmod(a, b)),
    (["{n} has {a} boxes with {b} {t} each and gives {c} {t} to {m}. How many {t} are left?",
      "There are {a} bags with {b} {t} each. {n} takes {c} {t} away. How many {t} remain?",
      "!{n} buys {a} packs of {b} {t} and gives {c} {t} away. How many {t} are left?"],
     "{a}*{b}-{c}", lambda a, b, c: a * b - c),
    (["{n} has {c} {t} and buys {a} boxes with {b} {t} each. How many {t} does {n} have now?",
      "{n} has {c} {t}. {m} gives {n} {a} bags with {b} {t} each. How many {t} does {n} have?",
      "!{n} had {c} {t} and got {a} packs of {b} {t}. How many {t} does {n} have now?"],
     "{a}*{b}+{c}", lambda a, b, c: a * b + c),
    (["How many minutes are {a} hours and {b} minutes?", "What is {a} hours and {b} minutes in minutes?",
      "A film takes {a} hours and {b} minutes. How many minutes is that?",
      "!How many minutes is {a} hours and {b} minutes?", "!{n} works {a} hours and {b} minutes. How many minutes is that?"],
     "{a}*60+{b}", lambda a, b, c: a * 60 + b),
    (["How many seconds are {a} minutes and {b} seconds?", "What is {a} minutes and {b} seconds in seconds?",
      "!How many seconds is {a} minutes and {b} seconds?"],
     "{a}*60+{b}", lambda a, b, c: a * 60 + b),
    (["How many days are {a} weeks and {b} days?", "What is {a} weeks and {b} days in days?",
      "!How many days is {a} weeks and {b} days?"],
     "{a}*7+{b}", lambda a, b, c: a * 7 + b),
    (["{n} drives {a} km in {b} hours. What is the speed in km per hour?",
      "A train goes {a} km in {b} hours. How fast is it in km per hour?",
      "!{n} rides {a} km in {b} hours. How fast is that in km per hour?"],
     "{a}/{b}", lambda a, b, c: a / b),
]


def story(scene):
    wordings, code, value = scene.rng.choice(STORIES)
    words, rng = scene.words, scene.rng
    a, b, c = words.number(3), words.number(2), words.number(2)
    if code == "{a}-{b}":
        a = b + words.number(3)
    elif code.startswith("divmod"):
        a, b = rng.randint(12, 400), rng.randint(3, 15)
    elif code == "{a}*{b}-{c}":
        a, b = rng.randint(3, 30), rng.randint(4, 60)
        c = rng.randint(1, a * b - 1)
    elif "60" in code or "7" in code:
        a, b = rng.randint(2, 60), rng.randint(1, 59)
    elif code == "{a}/{b}":
        b = rng.randint(2, 12)
        a = b * rng.randint(10, 140)
    name, other = words.name(), words.name()
    question = scene.phrase.question(wordings, a=a, b=b, c=c, n=name, m=other, t=words.thing())
    formula = code.format(a=a, b=b, c=c)
    answer = value(a, b, c)

    def solve():
        (result,) = yield f"I need {formula}. I use Python.", [python(f"print({formula})")]
        if code.startswith("divmod"):
            share, left = result.strip("()").split(", ")
            return f"Python says {result}.", f"It is {share} each, and {left} are left over."
        return f"Python says {result}.", f"The answer is {result}."

    return Turn("story", question, solve, lambda: list(answer) if isinstance(answer, tuple) else [answer])


WORDS = {
    "reversed word": (
        ["Reverse the word '{w}'.", "What is '{w}' backwards?", "Write '{w}' backwards.", "Spell '{w}' in reverse.",
         "What is the reverse of '{w}'?", "!Write the word '{w}' in reverse.", "!What is the word '{w}' backwards?",
         "!Spell '{w}' backwards."],
        "print('{w}'[::-1])", lambda w, l: w[::-1]),
    "number of letters": (
        ["How many letters are in '{w}'?", "How long is the word '{w}'?", "Count the letters of '{w}'.",
         "How many letters does the word '{w}' have?", "What is the length of '{w}'?", "!Count the letters of the word '{w}'.",
         "!How many letters does '{w}' have?"],
        "print(len('{w}'))", lambda w, l: len(w)),
    "count": (
        ["How many times does the letter {l} occur in '{w}'?", "How often is the letter {l} in '{w}'?",
         "Count the letter {l} in '{w}'.", "How many {l}'s are in the word '{w}'?",
         "!How often does the letter {l} occur in '{w}'?", "!Count the letter {l} in the word '{w}'."],
        "print('{w}'.count('{l}'))", lambda w, l: w.count(l)),
    "number of vowels": (
        ["How many vowels are in '{w}'?", "Count the vowels of '{w}'.", "How many vowels does the word '{w}' have?",
         "!Count the vowels in the word '{w}'.", "!How many vowels does '{w}' have?"],
        "print(sum(c in 'aeiou' for c in '{w}'))", lambda w, l: sum(c in "aeiou" for c in w)),
    "word in capitals": (
        ["Write '{w}' in capitals.", "Put '{w}' in upper case.", "What is '{w}' in capital letters?",
         "!Write the word '{w}' in capital letters.", "!Write '{w}' in upper case."],
        "print('{w}'.upper())", lambda w, l: w.upper()),
}


def word(scene):
    kind = scene.rng.choice(list(WORDS))
    wordings, code, value = WORDS[kind]
    text = scene.words.noun()
    letter = scene.rng.choice(text if scene.rng.random() < 0.8 else "etaoins")
    solve = one_call(f"I need the {kind}. I use Python.", python(code.format(w=text, l=letter)), "Python says {r}.",
                     f"The {kind} is {{r}}.")
    return Turn("word", scene.phrase.question(wordings, w=text, l=letter), solve, lambda: [value(text, letter)])


def word_list(scene):
    words = scene.words.nouns(scene.rng.randint(3, 6))
    text = ", ".join(words)
    quoted = ",".join(f"'{w}'" for w in words)
    kind, wordings, code, value = scene.rng.choice([
        ("sorted list", ["Sort these words: {l}.", "Put these words in order: {l}.", "Sort the words {l}.",
                         "Put {l} in alphabetical order.", "!Sort these words in alphabetical order: {l}.",
                         "!Put the words {l} in order."],
         f"print(*sorted([{quoted}]),sep=', ')", ", ".join(sorted(words))),
        ("longest word", ["Which is the longest word: {l}?", "Find the longest of these words: {l}.",
                          "What is the longest word of {l}?", "!Which of these words is the longest: {l}?",
                          "!Find the longest word: {l}."],
         f"print(max([{quoted}],key=len))", max(words, key=len)),
    ])
    solve = one_call(f"I need the {kind}. I use Python.", python(code), "Python says {r}.", f"The {kind} is {{r}}.")
    return Turn("word list", scene.phrase.question(wordings, l=text), solve, lambda: [value])


FAMILIES = {story: 9, word: 5, word_list: 2}
