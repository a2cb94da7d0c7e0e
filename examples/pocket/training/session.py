# examples/pocket/training/session.py: Draws whole conversations over one folder, and plays them with the real tools.

import re
from dataclasses import dataclass, field

import calculations
import chains
import documents
import files
import folder
import stories
import talk
from task import Scene

FAMILIES = {**calculations.FAMILIES, **stories.FAMILIES, **files.FAMILIES, **chains.FAMILIES, **talk.FAMILIES}


DOCUMENT_TOOLS = ["search", "open", "find"]


@dataclass
class Session:
    files: dict
    turns: list
    documents: str = ""  # the folder of the files, where the conversation is about an index of it
    messages: list = field(default_factory=list)  # OpenAI style, filled by play()


def draw_turn(scene, families=FAMILIES):
    family = scene.rng.choices(list(families), weights=list(families.values()))[0]
    return family(scene)


def draw_on_documents(rng, held=False, turns=1):
    """A conversation of `turns` turns over an index of documents, with DOCUMENT_TOOLS."""
    scene = Scene(rng, held)
    drawn = [draw_turn(scene, documents.FAMILIES) for _ in range(turns)]
    return Session(scene.files, drawn, next(iter(scene.files)).split("/")[0])


def _follow_up(scene, last):
    """A turn that leans on the last one, or None where it offers nothing to lean on."""
    if last.family in ("one line", "first or last line", "count in file"):
        path = next((p for p in scene.files if p in last.question), None)
        if path:
            return talk.on_file(scene, path)
    try:
        truth = last.truth()
    except folder.Tie:
        return None
    if len(truth) == 1 and type(truth[0]) is int and abs(truth[0]) < 10**7:
        return talk.on_number(scene, truth[0])
    return None


def draw(rng, held=False, turns=1, follow_ups=0.5):
    """A conversation of `turns` turns. Truths are settled before the files are written."""
    while True:
        scene = Scene(rng, held)
        drawn = [draw_turn(scene)]
        while len(drawn) < turns:
            follow = _follow_up(scene, drawn[-1]) if rng.random() < follow_ups else None
            drawn.append(follow or draw_turn(scene))
        try:
            for turn in drawn:
                turn.truth()
        except folder.Tie:
            continue
        if rng.random() < 0.03 and not scene.files:
            scene.files["readme.txt"] = "nothing here\n"
        if not any(path + "/" in other for path in scene.files for other in scene.files):
            return Session(scene.files, drawn)


def holds(answer, truth):
    """Whether an answer contains every text and number of the truth."""
    numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", answer)]
    for part in truth:
        if isinstance(part, (int, float)):
            if not any(abs(n - part) <= 1e-9 * max(1, abs(part)) for n in numbers):
                return False
        elif str(part) not in answer:
            return False
    return True


def play(session, call, begin_turn=lambda: None):
    """Runs the policies with `call(name, arguments) -> result text`; fills `messages`. False where a policy fails."""
    messages = []
    for turn in session.turns:
        messages.append({"role": "user", "content": turn.question})
        begin_turn()
        policy = turn.solve()
        try:
            reasoning, calls = next(policy)
            while True:
                messages.append({"role": "assistant", "reasoning_content": reasoning, "content": "", "tool_calls": [
                    {"id": f"call_{i}", "name": name, "arguments": arguments} for i, (name, arguments) in enumerate(calls)]})
                results = [call(name, arguments) for name, arguments in calls]
                for index, text in enumerate(results):
                    messages.append({"role": "tool", "call_id": f"call_{index}", "content": text})
                reasoning, calls = policy.send(results)
        except StopIteration as end:
            reasoning, answer = end.value
        except (IndexError, ValueError):
            return False  # a result that the policy did not expect; the episode is dropped
        if not holds(answer, turn.truth()):
            return False
        messages.append({"role": "assistant", "reasoning_content": reasoning, "content": answer})
    session.messages = messages
    return True
