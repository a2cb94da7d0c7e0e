# examples/pocket/training/folder.py: Fills a scene's folder with small files, and looks things up in it for the truths.

LINES = ["the {a} is near the {b}", "{a} and {b}", "a {a} for {n}", "{n} has a {a}", "no {a} in the {b}", "{a} {b}", "{n} likes {a}",
         "{a}: {i}", "{n} paid {i} for the {a}", "buy {i} {t}", "{a}", "call {n}", "{i} {t} in the {a}", "send the {a} to {n}",
         "{a}, {b}, {i}", "the {a} costs {i}"]


def line(scene):
    words = scene.words
    return scene.rng.choice(LINES).format(a=words.noun(), b=words.noun(), n=words.name(), i=words.number(3), t=words.thing())


def prose(scene, low=2, high=9):
    return [line(scene) for _ in range(scene.rng.randint(low, high))]


def numbers(scene, low=3, high=9, digits=3):
    return [str(scene.words.number(digits)) for _ in range(scene.rng.randint(low, high))]


def table(scene):
    """Rows of a CSV file: name and one or two columns of numbers."""
    columns = []
    while len(columns) < scene.rng.choice([1, 2]):
        column = scene.words.column()
        if column not in columns:
            columns.append(column)
    label = scene.rng.choice(["name", "item", "id", "city"])
    rows = [",".join([label, *columns])]
    for _ in range(scene.rng.randint(3, 7)):
        rows.append(",".join([scene.words.noun(), *(str(scene.words.number(3)) for _ in columns)]))
    return rows, columns


def content_for(scene, path):
    kind = path.rsplit(".", 1)[-1]
    if kind == "csv":
        return table(scene)[0]
    if kind == "json":
        return [f'{{"{scene.words.column()}": {scene.words.number(3)}}}']
    if kind == "py":
        return [f"print('{word}')" for word in scene.words.nouns(scene.rng.randint(1, 3))]
    if kind == "log":
        return [f"{scene.rng.choice(['info', 'error', 'warning'])}: {line(scene)}" for _ in range(scene.rng.randint(2, 8))]
    return prose(scene)


def add(scene, path, lines):
    scene.files[path] = "".join(text + "\n" for text in lines)
    return path


def fill(scene, low=2, high=5, nested=0.3):
    """Adds some files that the question may or may not be about, a share of them in a folder of its own."""
    folder = scene.words.folder()
    for _ in range(scene.rng.randint(low, high)):
        path = scene.new_path(folder=folder if scene.rng.random() < nested else "")
        add(scene, path, content_for(scene, path))


def lines_of(scene, path):
    return scene.files[path].splitlines()


def size_of(scene, path):
    return len(scene.files[path].encode())


class Tie(Exception):
    """Two files are equally large, so that the question has no one answer; the scene is drawn anew."""


def extreme(scene, largest):
    path = (max if largest else min)(scene.files, key=lambda p: size_of(scene, p))
    if sum(size_of(scene, p) == size_of(scene, path) for p in scene.files) > 1:
        raise Tie
    return path
