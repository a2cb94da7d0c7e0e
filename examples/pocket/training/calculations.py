# examples/pocket/training/calculations.py: Questions that a line of Python answers: numbers and lists of numbers.
"""Each kind: wordings, a short name of what is asked, the code, the answer. Truths are worked out here, not by the tool."""

import math
import statistics

from task import Turn, one_call, python

BINARY = {
    "sum": (
        ["What is {a} + {b}?", "What is {a} plus {b}?", "Add {a} and {b}.", "Compute {a} + {b}.", "How much is {a} plus {b}?",
         "Calculate the sum of {a} and {b}.", "What do I get when I add {a} to {b}?", "Tell me the sum of {a} and {b}.",
         "{a} + {b} = ?", "Give me {a} plus {b}.", "!Work out {a} plus {b}.", "!How much is {a} + {b}?",
         "!What is the sum of {a} and {b}?", "!Find the sum of {a} and {b}."],
        "print({a}+{b})", lambda a, b: a + b),
    "difference": (
        ["What is {a} - {b}?", "What is {a} minus {b}?", "Subtract {b} from {a}.", "Compute {a} - {b}.",
         "How much is {a} minus {b}?", "Calculate the difference of {a} and {b}.", "What is left when I take {b} from {a}?",
         "Tell me the difference between {a} and {b}.", "{a} - {b} = ?", "Work out {a} - {b}.",
         "!Calculate {a} minus {b}.", "!What is the difference of {a} and {b}?", "!How much is {a} - {b}?"],
        "print({a}-{b})", lambda a, b: a - b),
    "product": (
        ["What is {a} * {b}?", "What is {a} times {b}?", "Multiply {a} by {b}.", "Compute {a} * {b}.", "Work out {a} times {b}.",
         "How much is {a} times {b}?", "Calculate the product of {a} and {b}.", "What do I get when I multiply {a} and {b}?",
         "Find the product of {a} and {b}.", "{a} * {b} = ?", "{a} x {b} = ?", "What is {a} x {b}?", "Give me {a} times {b}.",
         "!Calculate {a} times {b}.", "!Tell me the product of {a} and {b}.", "!How much is {a} * {b}?"],
        "print({a}*{b})", lambda a, b: a * b),
    "quotient": (
        ["What is {a} / {b}?", "What is {a} divided by {b}?", "Divide {a} by {b}.", "Compute {a} / {b}.",
         "How much is {a} divided by {b}?", "Calculate the quotient of {a} and {b}.", "Work out {a} divided by {b}.",
         "{a} / {b} = ?", "!Calculate {a} divided by {b}.", "!How much is {a} / {b}?", "!What do I get when I divide {a} by {b}?"],
        "print({a}/{b})", lambda a, b: a / b),
    "remainder": (
        ["What is the remainder of {a} divided by {b}?", "What is {a} mod {b}?", "What remains when {a} is divided by {b}?",
         "Compute {a} modulo {b}.", "Divide {a} by {b} and tell me the remainder.", "Find the remainder of {a} / {b}.",
         "Give me {a} mod {b}.", "How much is left over when I divide {a} by {b}?", "!Calculate the remainder of {a} / {b}.",
         "!What is {a} modulo {b}?", "!Tell me the remainder when {a} is divided by {b}."],
        "print({a}%{b})", lambda a, b: a % b),
    "power": (
        ["What is {a} to the power of {b}?", "Compute {a} ** {b}.", "What is {a}^{b}?", "Raise {a} to the power {b}.",
         "How much is {a} to the power of {b}?", "Work out {a} ^ {b}.", "Calculate {a} to the {b}th power.",
         "!Compute {a} to the power of {b}.", "!How much is {a}^{b}?", "!Tell me {a} to the power of {b}."],
        "print({a}**{b})", lambda a, b: a**b),
    "greatest common divisor": (
        ["What is the greatest common divisor of {a} and {b}?", "Find the gcd of {a} and {b}.", "Compute gcd({a}, {b}).",
         "What is the gcd of {a} and {b}?", "Tell me the greatest common divisor of {a} and {b}.",
         "What is the largest number that divides both {a} and {b}?", "!Calculate the gcd of {a} and {b}.",
         "!Find the greatest common divisor of {a} and {b}.", "!Which is the largest number that divides {a} and {b}?"],
        "import math\nprint(math.gcd({a},{b}))", math.gcd),
    "least common multiple": (
        ["What is the least common multiple of {a} and {b}?", "Find the lcm of {a} and {b}.", "Compute lcm({a}, {b}).",
         "What is the lcm of {a} and {b}?", "Tell me the least common multiple of {a} and {b}.",
         "What is the smallest number that both {a} and {b} divide?", "!Calculate the lcm of {a} and {b}.",
         "!Find the least common multiple of {a} and {b}."],
        "import math\nprint(math.lcm({a},{b}))", math.lcm),
    "percentage": (
        ["What is {a}% of {b}?", "What is {a} percent of {b}?", "Compute {a}% of {b}.", "How much is {a} percent of {b}?",
         "Calculate {a} percent of {b}.", "Work out {a}% of {b}.", "Give me {a} percent of {b}.", "!How much is {a}% of {b}?",
         "!Calculate {a}% of {b}.", "!Find {a} percent of {b}.", "!Tell me what {a}% of {b} is."],
        "print({a}*{b}/100)", lambda a, b: a * b / 100),
}

UNARY = {
    "square": (
        ["What is the square of {a}?", "Square {a}.", "Compute the square of {a}.", "What is {a} squared?",
         "How much is {a} squared?", "!Calculate the square of {a}.", "!Tell me the square of {a}."],
        "print({a}**2)", lambda a: a**2),
    "cube": (
        ["What is the cube of {a}?", "Compute the cube of {a}.", "What is {a} cubed?", "Tell me the cube of {a}.",
         "How much is {a} cubed?", "!Calculate the cube of {a}.", "!Work out the cube of {a}."],
        "print({a}**3)", lambda a: a**3),
    "sum of all numbers": (
        ["What is the sum of all numbers from 1 to {a}?", "Add up all the numbers from 1 to {a}.", "Sum the numbers 1 to {a}.",
         "What is 1 + 2 + ... + {a}?", "Compute the sum of the numbers from 1 to {a}.",
         "!Calculate the sum of all numbers from 1 to {a}.", "!Add the numbers from 1 to {a}."],
        "print(sum(range(1,{a}+1)))", lambda a: a * (a + 1) // 2),
    "sum of digits": (
        ["What is the sum of the digits of {a}?", "Add up the digits of {a}.", "Compute the digit sum of {a}.",
         "What is the digit sum of {a}?", "Tell me the sum of the digits of {a}.", "!Calculate the sum of the digits of {a}.",
         "!Find the digit sum of {a}.", "!What do the digits of {a} add up to?"],
        "print(sum(int(d) for d in str({a})))", lambda a: sum(int(d) for d in str(a))),
    "number of primes": (
        ["How many primes are below {a}?", "Count the primes below {a}.", "How many prime numbers are less than {a}?",
         "Tell me the number of primes below {a}.", "!How many prime numbers are below {a}?", "!Count the prime numbers below {a}."],
        "print(sum(all(n%d for d in range(2,n)) for n in range(2,{a})))",
        lambda a: sum(all(n % d for d in range(2, int(n**0.5) + 1)) for n in range(2, a))),
    "factorial": (
        ["What is the factorial of {a}?", "Compute {a}!.", "What is {a} factorial?", "Calculate the factorial of {a}.",
         "How much is {a} factorial?", "!Compute the factorial of {a}.", "!Tell me the factorial of {a}."],
        "import math\nprint(math.factorial({a}))", math.factorial),
    "square root": (
        ["What is the square root of {a}?", "Compute the square root of {a}.", "Find the square root of {a}.",
         "How much is the square root of {a}?", "!Calculate the square root of {a}.", "!Tell me the square root of {a}."],
        "import math\nprint(math.sqrt({a}))", math.sqrt),
}

LISTS = {
    "sum": (
        ["What is the sum of {l}?", "Add up {l}.", "Sum these numbers: {l}.", "Compute the total of {l}.", "What do {l} add up to?",
         "Calculate the sum of these numbers: {l}.", "!Add these numbers: {l}.", "!What is the total of {l}?"],
        "print(sum([{l}]))", sum),
    "mean": (
        ["What is the mean of {l}?", "Compute the average of {l}.", "What is the average of these numbers: {l}?",
         "Find the mean of {l}.", "Tell me the average of {l}.", "!Calculate the average of {l}.",
         "!What is the mean of these numbers: {l}?"],
        "l=[{l}]\nprint(sum(l)/len(l))", lambda l: sum(l) / len(l)),
    "largest number": (
        ["What is the largest of {l}?", "Which is the largest number: {l}?", "Find the maximum of {l}.",
         "What is the maximum of these numbers: {l}?", "Tell me the biggest of {l}.", "!What is the maximum of {l}?",
         "!Find the largest of these numbers: {l}."],
        "print(max([{l}]))", max),
    "smallest number": (
        ["What is the smallest of {l}?", "Which is the smallest number: {l}?", "Find the minimum of {l}.",
         "What is the minimum of these numbers: {l}?", "Tell me the smallest of {l}.", "!What is the minimum of {l}?",
         "!Find the smallest of these numbers: {l}."],
        "print(min([{l}]))", min),
    "median": (
        ["What is the median of {l}?", "Compute the median of {l}.", "Find the median of these numbers: {l}.",
         "Tell me the median of {l}.", "!Calculate the median of {l}.", "!What is the median of these numbers: {l}?"],
        "import statistics\nprint(statistics.median([{l}]))", statistics.median),
    "product": (
        ["What is the product of {l}?", "Multiply {l}.", "Multiply these numbers: {l}.", "Compute the product of {l}.",
         "!Calculate the product of these numbers: {l}.", "!Find the product of {l}."],
        "import math\nprint(math.prod([{l}]))", math.prod),
}

SORTS = {
    "sorted list": (
        ["Sort these numbers: {l}.", "Sort {l}.", "Put {l} in order.", "Put these numbers in ascending order: {l}.",
         "!Sort {l} in ascending order.", "!Put these numbers in order: {l}."],
        "print(sorted([{l}]))", sorted),
    "list from large to small": (
        ["Sort these numbers from large to small: {l}.", "Sort {l} in descending order.", "Put {l} in descending order.",
         "!Sort these numbers in descending order: {l}.", "!Put these numbers in order from large to small: {l}."],
        "print(sorted([{l}],reverse=True))", lambda l: sorted(l, reverse=True)),
}


def _turn(scene, family, kind, wordings, code, truth, **slots):
    question = scene.phrase.question(wordings, **slots)
    solve = one_call(f"I need the {kind}. I use Python.", python(code.format(**slots)), "Python says {r}.",
                     f"The {kind} is {{r}}.")
    return Turn(family, question, solve, lambda: [truth])


def two_numbers(scene):
    kind = scene.rng.choice(list(BINARY))
    wordings, code, value = BINARY[kind]
    a, b = scene.words.number(5), scene.words.number(4)
    if kind in ("greatest common divisor", "least common multiple"):
        factor = scene.rng.randint(1, 30)
        a, b = factor * scene.rng.randint(2, 40), factor * scene.rng.randint(2, 40)
    elif kind == "power":
        a, b = scene.rng.randint(2, 40), scene.rng.randint(2, 9)
    elif kind == "percentage":
        a = scene.rng.randint(1, 99)
    elif kind == "remainder":
        a, b = scene.rng.randint(20, 99999), scene.rng.randint(2, 99)
    elif kind == "quotient" and scene.rng.random() < 0.6:
        a = b * scene.words.number(3)
    return _turn(scene, "two numbers", kind, wordings, code, value(a, b), a=a, b=b)


def one_number(scene):
    kind = scene.rng.choice(list(UNARY))
    wordings, code, value = UNARY[kind]
    a = scene.words.number(4)
    if kind == "factorial":
        a = scene.rng.randint(3, 18)
    elif kind == "number of primes":
        a = scene.rng.randint(5, 600)
    elif kind == "sum of digits":
        a = scene.rng.randint(100, 999999)
    elif kind == "square root":
        a = scene.rng.randint(2, 400) ** 2
    return _turn(scene, "one number", kind, wordings, code, value(a), a=a)


def number_list(scene):
    kind = scene.rng.choice(list(LISTS))
    wordings, code, value = LISTS[kind]
    size = scene.rng.randint(3, 8)
    digits = 2 if kind == "product" else 3
    numbers = [scene.words.number(digits) for _ in range(min(size, 5) if kind == "product" else size)]
    text = ", ".join(map(str, numbers))
    shown = " and ".join(text.rsplit(", ", 1)) if scene.rng.random() < 0.3 else text
    turn = _turn(scene, "number list", kind, wordings, code.replace("{l}", text), value(numbers), l=shown)
    return turn


def sort_numbers(scene):
    kind = scene.rng.choice(list(SORTS))
    wordings, code, value = SORTS[kind]
    numbers = [scene.words.number(3) for _ in range(scene.rng.randint(3, 7))]
    text = ", ".join(map(str, numbers))
    return _turn(scene, "sort numbers", kind, wordings, code, ", ".join(map(str, value(numbers))), l=text)


def expression(scene):
    a, b, c = scene.words.number(3), scene.words.number(3), scene.words.number(2)
    form = scene.rng.choice(["{a} + {b} * {c}", "{a} * {b} + {c}", "({a} + {b}) * {c}", "{a} * {b} - {c}", "{a} - {b} + {c}",
                             "({a} - {b}) * {c}", "{a} + {b} + {c}", "{a} * {b} * {c}", "({a} + {b}) / {c}"])
    text = form.format(a=a, b=b, c=c)
    wordings = ["What is {e}?", "Compute {e}.", "Calculate {e}.", "How much is {e}?", "{e} = ?", "Give me {e}.",
                "!Work out {e}.", "!Tell me what {e} is.", "!Evaluate {e}."]
    return _turn(scene, "expression", "value", wordings, "print({c})".replace("{c}", text.replace(" ", "")),
                 eval(text), e=text)  # our own text of digits and signs


def is_prime(scene):
    a = scene.rng.choice([scene.rng.randint(4, 999), scene.rng.randint(4, 2000) | 1])
    wordings = ["Is {a} a prime number?", "Is {a} prime?", "Tell me if {a} is prime.", "Is the number {a} a prime?",
                "Check if {a} is prime.", "!Tell me if {a} is a prime number.", "!Is the number {a} prime?"]

    def solve():
        (result,) = yield "I need to know if it is prime. I use Python.", [python(f"print(all({a}%d for d in range(2,{a})))")]
        prime = result == "True"
        return f"Python says {result}.", f"Yes, {a} is prime." if prime else f"No, {a} is not prime."

    truth = all(a % d for d in range(2, int(a**0.5) + 1))
    return Turn("is prime", scene.phrase.question(wordings, a=a), solve, lambda: ["Yes" if truth else "No"])


FAMILIES = {two_numbers: 9, one_number: 5, number_list: 5, sort_numbers: 2, expression: 3, is_prime: 1}
