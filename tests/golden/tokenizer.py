"""Token ids of transformers' CLIPTokenizer over a small vocabulary, and the tokenizer.json it writes.

`data/tokenizer/vocab.json` and `merges.txt` are this project's own: byte-pair merges of a few dozen words.
Beside make.py because it needs transformers alone: `python tests/golden/tokenizer.py`.
"""

import json
from pathlib import Path

from transformers import CLIPTokenizer
from transformers import __version__ as version

DATA = Path(__file__).parent / "data"
FOLDER = DATA / "tokenizer"
LENGTH = 24

TEXTS = [
    "",
    " ",
    "\t\n  \r\n",
    "three red squares",
    "three red squares.",
    "Three RED Squares",
    "  two   blue\tcircles \n",
    "a red square to the left of a blue circle",
    "a red square to the left of a blue circle, and a green triangle above a yellow star on a grey background",
    "red " * 22,
    "red " * 23,
    "red " * 60,
    "square",
    "squares",
    "squarest",
    "redblue",
    "red-blue",
    "red/blue",
    "red_blue",
    "red,blue;green:yellow",
    "it's a square",
    "they're we've I'm you'll he'd don't",
    "IT'S A SQUARE",
    "' 's 't '",
    "\"quoted\" text",
    "(brackets) [and] {braces}",
    "12 squares",
    "1234567890",
    "3.5 circles, 1,000 stars",
    "50% off!!!",
    "hello... world?!",
    "!?!?#$&*@",
    "<tag> & entity;",
    "<|startoftext|>",
    "a <|endoftext|> b",
    "<|endoftext|>red",
    # Not alone: @huggingface/tokenizers takes a text for a special token when its lower-cased whole is one.
    "a <|ENDOFTEXT|>",
    "café",
    "cafe\u0301",
    "naïve façade Äpfel ÖL",
    "ÀÉÎÕÜ",
    "straße STRASSE ẞ",
    "İstanbul ılık",
    "Σίσυφος ΟΔΟΣ",
    "красный квадрат",
    "三个红色方块",
    "赤い四角 テスト",
    "مربع أحمر",
    "हिन्दी पाठ",
    "한국어 문장",
    "emoji 🟥🟦 👩‍👩‍👧 ✅",
    "non\u00a0breaking\u2003em\u200bzero",
    "ﬁne ﬂour",
    "x² ½ Ⅳ ①",
    "“curly” – dash — and …",
    "tab\tseparated\u0000null",
    "\u0085next\u2028line",
    "a" * 60,
    "zyxwv qponm",
]


def main() -> None:
    tokenizer = CLIPTokenizer.from_pretrained(FOLDER, model_max_length=LENGTH)
    ids = [tokenizer(t, padding="max_length", truncation=True, max_length=LENGTH)["input_ids"] for t in TEXTS]
    whole = [len(tokenizer(t)["input_ids"]) for t in TEXTS]
    cases = [{"text": t, "ids": row, "tokens": n} for t, row, n in zip(TEXTS, ids, whole)]
    out = {"transformers": version, "max_length": LENGTH, "cases": cases}
    lines = ",\n".join("  " + json.dumps(case) for case in out.pop("cases"))
    head = json.dumps(out)[1:-1]
    (FOLDER / "ids.json").write_text(f'{{{head}, "cases": [\n{lines}\n]}}\n')
    # As transformers writes it; without padding and truncation, which save_pretrained would record.
    target = DATA / "tokenizer-json"
    target.mkdir(exist_ok=True)
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.backend_tokenizer.no_truncation()
    (target / "tokenizer.json").write_text(tokenizer.backend_tokenizer.to_str() + "\n")


if __name__ == "__main__":
    main()
