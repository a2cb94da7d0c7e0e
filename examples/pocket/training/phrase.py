# examples/pocket/training/phrase.py: Draws a wording of a question; wordings that start with "!" are held out.
"""A wording is a template in the syntax of str.format. Those that start with "!" are never trained, only evaluated."""

_OPENERS = [""] * 12 + ["Please help: ", "Hello! ", "Quick question: ", "Hi. ", "I have a question. ", "Can you help me? ",
                        "Please check: ", "One more thing: "]
_OPENERS_HELD = [""] * 5 + ["Hi! ", "Please: ", "A question: "]
_CLOSERS = [""] * 12 + [" Thanks.", " Please.", " Thank you.", " Please check.", " I need to know."]


class Phrase:
    """Draws wordings; with `held` only held-out ones (all, where a list has none that is held out)."""

    def __init__(self, rng, held=False):
        self.rng, self.held = rng, held

    def __call__(self, wordings, **slots):
        held = [w[1:] for w in wordings if w.startswith("!")]
        known = [w for w in wordings if not w.startswith("!")]
        return self.rng.choice(held if self.held and held else known).format(**slots)

    def question(self, wordings, **slots):
        """A wording with an opener and a closer around it, and sometimes sloppy letters and marks."""
        text = self(wordings, **slots)
        if self.rng.random() < 0.12 and text[1:2].islower():
            text = text[0].lower() + text[1:]
        if self.rng.random() < 0.12 and text[-1] in "?.":
            text = text[:-1]
            return self.rng.choice(_OPENERS_HELD if self.held else _OPENERS) + text
        return self.rng.choice(_OPENERS_HELD if self.held else _OPENERS) + text + self.rng.choice(_CLOSERS)
