"""Trains three small tokenizers in SentencePiece's style and writes what Hugging Face's library makes of texts.

    python make_sentencepiece.py        # needs tokenizers 0.23; reads the repository's own README and Datasets

`llama-style.json` marks spaces by normalizers, as Llama 2 and Mistral 7B v0.1 do; `mistral-style.json` by a
pre-tokenizer, as Mistral 7B v0.3 does; `unsplit.json` is like the first, with merges that reach across spaces. Each line of a `.jsonl` is {"text", "ids", "decoded"}, or {"ids", "decoded",
"without_special"} for ids that no text gives.
"""

import json
import pathlib
import random

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

here = pathlib.Path(__file__).parent
root = here.parents[2]
MARK = "\u2581"


def corpus():
    for path in [*sorted((root / "Datasets").glob("*.jsonl"))]:
        for line in path.read_text(encoding="utf8").splitlines():
            row = json.loads(line)
            for message in row.get("messages", [{"content": row.get("query")}, {"content": row.get("response")}]):
                yield message["content"] or ""
    for path in [root / "README.md", root / "Datasets/README.md"]:
        yield from path.read_text(encoding="utf8").splitlines()


def added(content, number, special):
    flags = dict(single_word=False, lstrip=False, rstrip=False, normalized=not special, special=special)
    return {"id": number, "content": content, **flags}


def build(kind):
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    if kind != "mistral-style":
        tokenizer.normalizer = normalizers.Sequence(
            [normalizers.Prepend(MARK), normalizers.Replace(" ", MARK)]
        )
        if kind == "llama-style":
            tokenizer.pre_tokenizer = pre_tokenizers.Split(MARK, "merged_with_next")
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(MARK, "first", split=True)
    reserved = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(
        vocab_size=800 if kind == "unsplit" else 1200, special_tokens=reserved, min_frequency=2, limit_alphabet=120, show_progress=False
    )
    tokenizer.train_from_iterator(corpus(), trainer)
    # Training cuts at spaces; the files themselves do not.
    metaspace = pre_tokenizers.Metaspace(MARK, "first", split=False)
    tokenizer.pre_tokenizer = metaspace if kind == "mistral-style" else None
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace(MARK, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    file = json.loads(tokenizer.to_str())
    file["model"].update(fuse_unk=True, byte_fallback=True, unk_token="<unk>")
    size = len(file["model"]["vocab"])
    own = [("[INST]", True), ("[/INST]", True)] if kind == "mistral-style" else [("<tool>", False)]
    file["added_tokens"] = file["added_tokens"][:3] + [
        added(content, size + index, special) for index, (content, special) in enumerate(own)
    ]
    return file


PARTS = [
    "hello", " ", "  ", "\n", "\r\n", "\t", "'s", "12", "3.5", "é", "e\u0301", "中文", "杭州", "\u3000", "\u200b", "각",
    "🙂", "👩🏽\u200d🚀", "<s>", "</s>", "[INST]", " [/INST] ", "<tool>", "<|im_end|>", MARK, MARK * 2, "_", "The model",
    "<think>\n\n</think>\n\n", "learns", "\0", "\u0085", "हिन्दी", "<0x41>", "a", "answer ", ".", " swift-robot",
]
TEXTS = [
    "", " ", "  ", "hello", " hello", MARK + "hello", "  two  spaces  ", "<s>hello", "<s> hello", "hello</s> again",
    "a\nb", "中文 text", "🙂", "x<tool>y z", " <tool> ", MARK * 2 + "x", "Who are you?", "中" * 40 + " " + "the " * 60,
    "x" * 200,
]


def main():
    random.seed(5)
    rows = [text[:300] for text in corpus()]
    texts = TEXTS + random.sample(rows, 12)
    texts += ["".join(random.choice(PARTS) for _ in range(random.randrange(1, 14))) for _ in range(240)]
    for kind in ["llama-style", "mistral-style", "unsplit"]:
        path = here / f"{kind}.json"
        path.write_text(json.dumps(build(kind), ensure_ascii=False, separators=(",", ":")), encoding="utf8")
        tokenizer = Tokenizer.from_file(str(path))
        lines = []
        for text in texts:
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            lines.append({"text": text, "ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=False)})
        bytes_first = 3
        frequent = [bytes_first + byte for byte in (0xE4, 0xB8, 0xAD, 0x20)]
        for _ in range(60):
            ids = [
                random.choice([random.randrange(tokenizer.get_vocab_size()), random.randrange(3, 259), *frequent])
                for _ in range(random.randrange(1, 12))
            ]
            lines.append(
                {
                    "ids": ids,
                    "decoded": tokenizer.decode(ids, skip_special_tokens=False),
                    "without_special": tokenizer.decode(ids),
                }
            )
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (here / f"{kind}.jsonl").write_text(text, encoding="utf8")


main()
