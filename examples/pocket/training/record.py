# examples/pocket/training/record.py: Plays drawn conversations with the real tools and writes them as rendered episodes.
"""Usage: record.py RECORDER OUT.jsonl --count N --seed S [--held] [--long | --documents] [--system SYSTEM.json]

RECORDER is the built program pocket_recorder: it runs each call through the project's own dispatcher and sandbox, and
renders each conversation with the project's own renderer; `heddle`, beside it, indexes the documents. One line an episode: family, entries (the pieces of each
message after the system message) and the index of the last user message among them.
"""

import argparse
import json
import os
import random
import subprocess
import tempfile

import place
import session

TURNS = ([1, 2, 3, 4], [70, 18, 8, 4])
DOCUMENT_TURNS = ([1, 2], [85, 15])  # their pages are long
LONG = range(6, 46)  # turns of a long conversation


class Recorder:
    """One recorder process: a line of JSON in, a line of JSON out."""

    def __init__(self, program, outputs):
        self.process = subprocess.Popen([program, outputs], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request, ensure_ascii=False) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(f"recorder: {answer['error']}")
        return answer

    def call(self, name, arguments):
        return self.ask(op="call", name=name, arguments=arguments)["text"]

    def render(self, messages):
        """Entries of the whole conversation; the first is the standard system message."""
        return self.ask(op="render", messages=messages, thinking=True, retention="until_user")["entries"]


def begin(recorder, program, drawn, base):
    """The drawn files are there, and so is the index of them where the conversation is about one."""
    workspace = os.path.join(base, "folder")
    place.write_files(drawn.files, workspace)
    if not drawn.documents:
        recorder.ask(op="begin", workspace=workspace)
        return
    home = os.path.join(base, "home")
    place.index(os.path.join(os.path.dirname(program), "heddle"), os.path.join(workspace, drawn.documents), home)
    recorder.ask(op="begin", workspace=workspace, tools=session.DOCUMENT_TOOLS, documents=os.path.join(home, "documents.db"))


def plain(entries):
    return [[[piece["kind"], piece["text"]] for piece in entry] for entry in entries]


def openai_style(messages):
    """Arguments as JSON text, as the OpenAI format has them."""
    out = []
    for message in messages:
        message = dict(message)
        if "tool_calls" in message:
            message["tool_calls"] = [
                {"id": call["id"], "type": "function",
                 "function": {"name": call["name"], "arguments": json.dumps(call["arguments"], ensure_ascii=False)}}
                for call in message["tool_calls"]]
        if "call_id" in message:
            message["tool_call_id"] = message.pop("call_id")
        out.append(message)
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("recorder")
    parser.add_argument("out")
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--held", action="store_true")
    parser.add_argument("--long", action="store_true", help="conversations of many turns")
    parser.add_argument("--documents", action="store_true", help="conversations over an index of documents")
    parser.add_argument("--system", help="where the system message goes that stands before them")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    written = dropped = 0
    with tempfile.TemporaryDirectory() as base, open(options.out, "w") as out:
        recorder = Recorder(options.recorder, os.path.join(base, "outputs"))
        while written < options.count:
            turns = rng.choice(LONG) if options.long else rng.choices(*(DOCUMENT_TURNS if options.documents else TURNS))[0]
            drawn = (session.draw_on_documents if options.documents else session.draw)(rng, options.held, turns=turns)
            begin(recorder, options.recorder, drawn, base)
            if not session.play(drawn, recorder.call, lambda: recorder.ask(op="turn")):
                dropped += 1
                continue
            system, *entries = plain(recorder.render(openai_style(drawn.messages)))
            last = max(i for i, message in enumerate(drawn.messages) if message["role"] == "user")
            row = {"family": drawn.turns[-1].family, "entries": entries, "last_user": last}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            written += 1
    if options.system:
        with open(options.system, "w") as file:
            json.dump(system, file, ensure_ascii=False)
    print(f"{written} episodes, {dropped} dropped where a policy met what it did not expect")


if __name__ == "__main__":
    main()
