"""Makes ../data/prompts/rouge-l.json with Google's rouge_score: pair scores, and the decisions of a pool.

    pip install -r requirements.txt && python make.py
"""
import json
import pathlib
import random
import sys

from rouge_score import rouge_scorer

scorer = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)
rng = random.Random(7)

COLORS = "red green blue yellow purple orange white black".split()
THINGS = "square ring triangle star cross heart dog cat child chef kite boat lamp teapot".split()
RELATIONS = ["to the left of", "to the right of", "above", "below", "next to", "inside"]
PLACES = ["on a sandy beach", "in a kitchen", "at night", "under a cloudy sky", "on a black background"]
STYLES = ["watercolor", "oil painting", "35mm photo", "pixel-art", "pencil sketch, highly detailed"]


def caption():
    words = f"a {rng.choice(COLORS)} {rng.choice(THINGS)} {rng.choice(RELATIONS)} a {rng.choice(COLORS)} {rng.choice(THINGS)}"
    if rng.random() < 0.5:
        words += " " + rng.choice(PLACES)
    if rng.random() < 0.4:
        words += ", " + rng.choice(STYLES)
    return words[0].upper() + words[1:] + "." if rng.random() < 0.3 else words


def noise(length):
    return " ".join(rng.choice("a b c d e f".split()) for _ in range(length))


pairs = [
    ("", ""),
    ("", "a cat"),
    ("!!! ...", "a cat"),
    ("three red squares", "three red squares"),
    ("Three RED squares!", "three red-squares"),
    ("a b c d e", "a b c d x"),  # 4/5 against 4/5 is 0.8000000000000002 in floating point
    ("a b c d e f g h i j", "a b c d e f g h x y"),
    ("a b c d", "a b c d e f"),  # 2*4/10, 0.8 or a bit beside it
    ("a b", "a b c"),
    ("the cat's 35mm photo", "the cats 35 mm photo"),
    ("caf\u00e9 na\u00efve \u00dcber", "cafe naive uber"),
    ("\u0130stanbul \u212a2 mountain", "istanbul k2 mountain"),
    ("tabs\tand\nnew lines\u00a0here", "tabs and new lines here"),
    ("snake_case word", "snake case word"),
    ("\u732b and \u72ac", "cat and dog"),
    ("repeat repeat repeat", "repeat repeat"),
    ("one two three " * 15, "three two one " * 15),
    ("long " + noise(70), "long " + noise(40)),
]
pairs += [(caption(), caption()) for _ in range(120)]
pairs += [(noise(rng.randint(1, 40)), noise(rng.randint(1, 40))) for _ in range(80)]
pairs += [(noise(rng.choice([31, 32, 33, 63, 64, 65, 97])), noise(rng.choice([31, 32, 33, 64, 96]))) for _ in range(30)]

scores = []
for target, prediction in pairs:
    s = scorer.score(target, prediction)["rougeL"]
    scores.append([target, prediction, s.precision, s.recall, s.fmeasure])

pool, decisions = [], []
for text in [caption() for _ in range(220)] + [f"{n} {c} {t}s" for n in ("two", "three") for c in COLORS[:4] for t in THINGS[:4]]:
    best, index = 0.0, 0
    for i, known in enumerate(pool):
        f = scorer.score(known, text)["rougeL"].fmeasure
        if f > best:
            best, index = f, i
    accepted = not best > 0.8
    decisions.append([text, best, index, accepted])
    if accepted:
        pool.append(text)

made = {
    "made_with": {"python": sys.version.split()[0], "rouge_score": "0.1.2"},
    "pairs": {"columns": ["target", "prediction", "precision", "recall", "fmeasure"], "rows": scores},
    "pool": {"threshold": 0.8, "columns": ["text", "best", "index", "accepted"], "rows": decisions},
}
out = pathlib.Path(__file__).resolve().parent.parent / "data" / "prompts" / "rouge-l.json"
out.parent.mkdir(parents=True, exist_ok=True)
out.write_text(json.dumps(made, ensure_ascii=True, separators=(",", ":")).replace("],[", "],\n["), encoding="utf-8")
print(out.stat().st_size, "bytes,", sum(d[3] for d in decisions), "of", len(decisions), "accepted")
