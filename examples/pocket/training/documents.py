# examples/pocket/training/documents.py: Questions that documents of the local index answer, by search, open and find.
"""A conversation of this kind has these three tools and no others. Its files lie in one folder, which is indexed before it."""

import re

import folder
from task import Turn, find, open_link, search

TEXTS = "owner color city shape taste".split()  # what is told in a word; columns are told in a number
TEXTS_HELD = "mother flavor".split()
LISTS = "prices orders stocks scores debts ages points weights fees hours".split()
LISTS_HELD = "wages lengths".split()
EXTENSIONS = ["md", "md", "html"]


def _home(scene):
    """The folder that is indexed: one a conversation."""
    for path in scene.files:
        return path.split("/")[0]
    return scene.words.folder()


def _add(scene, title, items):
    """A document of `title` and short paragraphs or list items, none of which is wrapped."""
    extension = scene.rng.choice(EXTENSIONS)
    path = scene.new_path(extension, _home(scene))
    if extension == "html":
        lines = [f"<html><body><h1>{title}</h1>", *(f"<p>{item}</p>" for item in items), "</body></html>"]
    else:
        bullets = scene.rng.random() < 0.5
        lines = [f"# {title}", "", *(f"* {item}" if bullets else f"{item}\n" for item in items)]
    return folder.add(scene, path, lines)


def _is_free(scene, word):
    return not any(word in text for text in scene.files.values())


def _new_noun(scene):
    while True:
        word = scene.words.noun()
        if _is_free(scene, word):
            return word


def _facts(scene, count):
    """Names of qualities with their values, each once."""
    facts = {}
    while len(facts) < count:
        if scene.rng.random() < 0.4:
            key = scene.words.listed_or_made_up(TEXTS, TEXTS_HELD)
            facts[key] = scene.rng.choice([scene.words.noun(), scene.words.name()])
        else:
            facts[scene.words.column()] = scene.words.number(4)
    return facts


def _topic(scene, noun, beside=None):
    """A document about one thing; `beside` is mentioned in it."""
    facts = _facts(scene, scene.rng.randint(2, 6))
    items = [f"The {key} of the {noun} is {value}." for key, value in facts.items()]
    if scene.rng.random() < 0.5:
        items = [f"{key}: {value}" for key, value in facts.items()]
    if beside or scene.rng.random() < 0.5:
        items.insert(scene.rng.randint(0, len(items)), f"The {noun} is near the {beside or scene.words.noun()}.")
    _add(scene, scene.phrase(["The {n} of {p}", "The {n}", "About the {n}", "The {n} in the {m}"], n=noun, p=scene.words.name(),
                             m=scene.words.noun()), items)
    return facts


def _list(scene, name, owner, keys):
    values = {key: scene.words.number(4) for key in keys}
    _add(scene, f"{name} of {owner}", [f"{key}: {value}" for key, value in values.items()])
    return values


def _link(results, *words):
    """Number and title of the first link whose title has all the words. [id, title]"""
    for number, title in re.findall(r"【(\d+)†(.*?); publish_date", results.replace("\n", " ")):
        if all(word in title.split() for word in words):
            return int(number), title
    raise ValueError("no such link")


def look_up(scene):
    """Search, open the right one, read a line of it."""
    noun = _new_noun(scene)
    missing = scene.rng.random() < 0.1
    facts = _facts(scene, 1) if missing else _topic(scene, noun)
    for _ in range(scene.rng.randint(1, 4)):
        _topic(scene, _new_noun(scene), beside=noun if scene.rng.random() < 0.25 and not missing else None)
    key = scene.rng.choice(list(facts))
    wordings = ["What is the {k} of the {n}?", "Look up the {k} of the {n}.", "Search for the {n}. What is its {k}?",
                "What do the documents say about the {k} of the {n}?", "Find the {k} of the {n}.", "I look for the {k} of the {n}.",
                "Tell me the {k} of the {n}.", "Which {k} does the {n} have?", "!Search the documents for the {k} of the {n}.",
                "!Look for the {n} and tell me its {k}.", "!Please look up the {k} of the {n}."]

    def solve():
        (results,) = yield f"I search for {noun}.", [search(noun)]
        if "No results." in results:
            return "Nothing was found.", f"I found nothing about the {noun}."
        number, title = _link(results, noun)
        (page,) = yield f"Link {number} is {title}. I open it.", [open_link(number)]
        text = re.findall(rf"^L\d+:\s+(?:\* )?({key}: .*|The {key} of .* is .*)$", page, re.M)[0]
        value = re.split(r": | is ", text)[-1].rstrip(".")
        return f"The line is: {text}", f"The {key} of the {noun} is {value}."

    return Turn("look up", scene.phrase.question(wordings, k=key, n=noun), solve,
                lambda: ["nothing about"] if missing else [facts[key]])


def find_in_list(scene):
    """Search, open the beginning of a long list, find one entry of it."""
    owner = scene.words.name()
    name = scene.words.listed_or_made_up(LISTS, LISTS_HELD)
    title = f"{name} of {owner}"
    while not _is_free(scene, title):
        owner = scene.words.name()
        title = f"{name} of {owner}"
    keys = scene.words.nouns(scene.rng.randint(15, 60))
    wanted = scene.rng.choice(keys)
    keys = [key for key in keys if key == wanted or wanted not in key]
    values = _list(scene, name, owner, keys)
    missing = scene.rng.random() < 0.1
    if missing:
        wanted = _new_noun(scene)
    for _ in range(scene.rng.randint(0, 2)):
        _topic(scene, _new_noun(scene))
    if scene.rng.random() < 0.4:  # another one's list of the same kind, or another list of the same one
        other = (name, scene.words.name()) if scene.rng.random() < 0.5 else (scene.rng.choice(LISTS), owner)
        if _is_free(scene, f"{other[0]} of {other[1]}"):
            _list(scene, *other, scene.words.nouns(scene.rng.randint(3, 8)))
    wordings = ["What is the number for {w} in the {t}?", "Find {w} in the {t}.", "Which number has {w} in the {t}?",
                "Open the {t} and find {w}.", "Look for {w} in the {t}. What is the number?", "In the {t}, what is the number for {w}?",
                "Find the number for {w} in the {t}.", "!Tell me the number for {w} in the {t}.", "!Look in the {t} for {w}.",
                "!What number does {w} have in the {t}?"]

    def solve():
        (results,) = yield f"I search for the {title}.", [search(title)]
        number, found = _link(results, name, owner)
        yield f"Link {number} is {found}. I open it.", [open_link(number, num_lines=5)]
        (page,) = yield f"It is long. I look for {wanted} in it.", [find(f"{wanted}:")]
        if page.startswith("No `find` results"):
            return "Nothing was found.", f"There is no {wanted} in the {title}."
        value = re.search(rf"^L\d+: (?:\s*\* )?{wanted}: (\d+)", page, re.M).group(1)
        return f"The line is {wanted}: {value}.", f"The number for {wanted} is {value}."

    return Turn("find in list", scene.phrase.question(wordings, w=wanted, t=title), solve,
                lambda: [f"no {wanted}"] if missing else [values[wanted]])


FAMILIES = {look_up: 5, find_in_list: 4}
