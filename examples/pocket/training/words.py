# examples/pocket/training/words.py: Vocabularies of the tasks, and what of each is held out from training.
"""Words, names and numbers. `Words(rng, held)` draws from the training share, or from the held-out share when `held`.

Most nouns and names are made up anew, half of them from syllables and half from the letter tokens of the vocabulary (once
there is one), so that the model learns to copy any token after any other.
"""

import json
import os
import re

NAMES = ("Mara Tom Lena Paul Nina Omar Ida Ben Ruth Carl Vera Hugo Alma Finn Rosa Kurt Jana Leo Edith Max Olga Sven Tara "
         "Igor Lucy Adam Elsa Noah Wanda Felix Greta Oscar Sofia Emil Clara Jonas Irene Victor").split()
NAMES_HELD = "Hanna Peter Yara Simon Dora Marco Selma Anton Ellen Ralf".split()

THINGS = ("apples pens boxes stones shells coins stamps cards books cups lamps eggs nails seeds plums keys rings bricks ropes "
          "bags pears bolts candles marbles jars masks boots kites tiles wheels spoons hats figs plates flags drums").split()
THINGS_HELD = "buttons melons shirts bells forks grapes pins tickets".split()

NOUNS = ("river stone cloud garden window copper silver winter summer castle bridge forest lantern meadow harbor island "
         "falcon tiger rabbit spider pepper ginger carrot bottle basket hammer ladder mirror needle pillow rocket saddle "
         "ticket tunnel violin wagon anchor arrow barrel beacon branch butter canyon cherry circle coffee comet cotton "
         "desert dragon engine feather finger flower guitar helmet honey jacket jungle kettle kitten lemon magnet maple "
         "market monkey mountain ocean olive onion orange oyster palace paper parrot pencil pirate planet pocket potato "
         "prince puzzle ribbon salmon school shadow sheep signal spring square statue sugar temple thunder tomato tower "
         "turtle valley velvet village walnut whale yellow zebra").split()
NOUNS_HELD = ("almond badger candle donkey eagle fountain glacier hazel iron jasmine kernel lizard mango nutmeg orchid "
              "pigeon quartz raven sunset trumpet").split()

STEMS = ("notes report data list plan draft log summary table info items memo story result index todo budget letter "
         "survey orders stock prices people cities visits scores input values numbers readings").split()
STEMS_HELD = "agenda invoice recipe sample diary archive".split()

FOLDERS = "docs src lib old archive pages parts work input books texts store misc extra".split()
FOLDERS_HELD = "drawer shelf vault attic".split()

EXTENSIONS = ["txt", "md", "csv", "log", "py", "json"]
COLUMNS = "price amount count score weight age size points hours cost".split()
COLUMNS_HELD = "height width total".split()

_ONSETS = "b d f g h k l m n p r s t v w z br dr gr kl pl st tr sh".split()
_VOWELS = "a e i o u".split() * 3 + ["ai", "oo", "ea"]
_CODAS = ["", "", "", "n", "r", "l", "s", "m", "t", "x", "k", "nd", "rt"]


def _letter_tokens():
    path = os.environ.get("POCKET_TOKENIZER", "")
    if not path:
        return []
    with open(path) as file:
        return [token for token in json.load(file)["model"]["vocab"] if re.fullmatch("[a-z]{1,6}", token)]


PIECES = _letter_tokens()  # environment POCKET_TOKENIZER: a tokenizer.json


class Words:
    """Draws words; with `held` the listed ones come from the held-out share only."""

    def __init__(self, rng, held=False):
        self.rng, self.held = rng, held

    def _draw(self, known, held, made_up):
        if self.rng.random() < made_up:
            return self.made_up()
        return self.rng.choice(held if self.held else known)

    def made_up(self):
        if PIECES and self.rng.random() < 0.5:
            return "".join(self.rng.choice(PIECES) for _ in range(self.rng.choice([1, 2, 2, 2, 3])))
        parts = self.rng.choice([1, 2, 2, 2, 3])
        word = "".join(self.rng.choice(_ONSETS) + self.rng.choice(_VOWELS) for _ in range(parts))
        return word + self.rng.choice(_CODAS)

    def name(self):
        return self._draw(NAMES, NAMES_HELD, 0.5).capitalize()

    def thing(self):
        word = self._draw(THINGS, THINGS_HELD, 0.5)
        return word if word.endswith("s") else word + "s"

    def noun(self):
        return self._draw(NOUNS, NOUNS_HELD, 0.6)

    def nouns(self, count):
        found = []
        while len(found) < count:
            word = self.noun()
            if word not in found:
                found.append(word)
        return found

    def column(self):
        return self._draw(COLUMNS, COLUMNS_HELD, 0.4)

    def listed_or_made_up(self, known, held):
        return self._draw(known, held, 0.5)

    def folder(self):
        return self._draw(FOLDERS, FOLDERS_HELD, 0.5)

    def stem(self):
        stem = self._draw(STEMS, STEMS_HELD, 0.65)
        roll = self.rng.random()
        if roll < 0.15:
            return f"{stem}{self.rng.randint(1, 30)}"
        if roll < 0.25:
            return f"{stem}_{self.noun()}"
        return stem

    def file_name(self, extension=None):
        return f"{self.stem()}.{extension or self.rng.choice(EXTENSIONS)}"

    def number(self, digits=4):
        """A positive whole number of at most `digits` digits; each length is equally likely."""
        length = self.rng.randint(1, digits)
        return self.rng.randint(1 if length == 1 else 10 ** (length - 1), 10**length - 1)
