# examples/pocket/training/vocabulary.py: Trains the byte-level BPE on recorded episodes and writes tokenizer.json.
"""Usage: vocabulary.py EPISODES.jsonl SYSTEM.json OUT/tokenizer.json   (and sets the vocabulary's size in ../model/config.json)

The pieces are cut so that a word is the same tokens wherever it stands (after a space, a quote or a slash): copying is then
a copy of tokens. Only the fixed words of the tasks take the space before them along. Digits stand alone. The markup of
calls and results is one token a stretch.
"""

import collections
import json
import os
import re
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

import words

CONTROL = ["<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜▁pad▁｜>", "<｜User｜>", "<｜Assistant｜>", "<think>", "</think>", "｜DSML｜"]
SIZE = 1536
FIXED_WORDS = 260

MARKUP = (r'\n\n<function_results>\n<result>|</result>\n</function_results>\n\n|</result>\n<result>|function_calls>\n<|function_calls>'
          r'|invoke name="[a-z_]+">\n<|parameter name="[a-z_]+" string="(?:true|false)">|parameter>\n</?|invoke>\n</?|\n\n<|</(?![^\n]|\n)')
CODE = r"print\(|sum\(|max\(|min\(|len\(|sorted\(|open\(|int\(|wc -[lwc] < |(?:head|tail) -n 1 |\./"


def texts(path):
    with open(path) as file:
        for row in file:
            for entry in json.loads(row)["entries"]:
                yield from (text for kind, text in entry if kind == "text")


def fixed_words(path):
    """The commonest words that follow a space and that no task fills in."""
    known = {word.lower() for name, value in vars(words).items() if name[0].isupper() and isinstance(value, list) for word in value}
    counts = collections.Counter(word for text in texts(path) for word in re.findall(r"(?<= )[A-Za-z]+(?![\w'/.])", text))
    known |= {"txt", "md", "csv", "log", "py", "json", "head", "tail"}
    found = [word for word, _ in counts.most_common(4 * FIXED_WORDS) if word.lower() not in known]
    return [word for word in found if len(word) > 1 or word in "aI"][:FIXED_WORDS]


def train(episodes, system):
    with open(system) as file:
        fixed = [text for kind, text in json.load(file) if kind == "text"]
    prompt_words = {word for text in fixed for word in re.findall(r"(?<= )[A-Za-z]+(?![\w/.])", text)}
    joined = "|".join(sorted(prompt_words.union(fixed_words(episodes))))
    cut = (rf" (?:{joined})(?![\p{{L}}_])|{MARKUP}|{CODE}|\p{{N}}|\p{{L}}+| ?'|\"(?:[:,] )?[{{\[\"]*|, |: |\. |/"
           rf"|[^\s\p{{L}}\p{{N}}'\"/<]+|<|\s*[\r\n]+| |\s+")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(cut), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    specials = [AddedToken(name, special=True, normalized=False) for name in CONTROL]
    trainer = trainers.BpeTrainer(vocab_size=SIZE, special_tokens=specials, show_progress=False,
                                  initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator([*texts(episodes), *(fixed * 60)], trainer)
    return tokenizer


def set_vocabulary_size(model, size):
    """In the config.json of a model's folder, whose other lines stay as they are."""
    with open(f"{model}/config.json") as file:
        config = file.read()
    with open(f"{model}/config.json", "w") as file:
        file.write(re.sub(r'"vocab_size": \d+', f'"vocab_size": {size}', config))


if __name__ == "__main__":
    tokenizer = train(sys.argv[1], sys.argv[2])
    tokenizer.save(sys.argv[3])
    set_vocabulary_size(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../model"), tokenizer.get_vocab_size())
