"""Writes sampling.json: what transformers' logits processors make of some logits.

    python make_sampling.py > sampling.json

Needs torch and transformers (made with 5.23.0). `logits` are rounded to float16, so that ties occur; `history`
are the tokens so far; `expected` are the probabilities of the candidates that are left, most likely first.
"""
import json

import torch
from transformers import GenerationConfig, GPT2Config, GPT2LMHeadModel

model = GPT2LMHeadModel(GPT2Config(n_layer=1, n_embd=8, n_head=1, vocab_size=120))
torch.manual_seed(0)
CASES = [
    dict(temperature=1.0, top_k=0),
    dict(temperature=0.6, top_k=0),
    dict(temperature=1.0, top_k=5),
    dict(temperature=1.3, top_k=1),
    dict(temperature=0.7, top_k=500),
    dict(temperature=1.0, top_k=0, top_p=0.9),
    dict(temperature=0.8, top_k=0, top_p=0.05),
    dict(temperature=1.0, top_k=0, min_p=0.1),
    dict(temperature=0.6, top_k=20, top_p=0.95),
    dict(temperature=0.6, top_k=20, top_p=0.95, repetition_penalty=1.3),
    dict(temperature=1.5, top_k=40, top_p=0.8, min_p=0.02, repetition_penalty=1.1),
    dict(temperature=1.0, top_k=0, repetition_penalty=0.7),
]
rows = []
for number in range(2 * len(CASES)):
    options = CASES[number % len(CASES)]
    logits = (torch.randn(1, 120) * (1 + number / 4)).half().float()
    history = torch.randint(0, 120, (1, 30))
    config = GenerationConfig(do_sample=True, num_beams=1, pad_token_id=0, eos_token_id=None,
                              **{'top_p': 1.0, 'min_p': None, 'repetition_penalty': 1.0, **options})
    processors = model._get_logits_processor(config, input_ids_seq_length=30, encoder_input_ids=history,
                                             prefix_allowed_tokens_fn=None, logits_processor=[], device='cpu')
    scores = processors(history, logits.clone())[0]
    probabilities = torch.softmax(scores.double(), -1)
    kept = [i for i in range(120) if scores[i] > -float('inf')]
    kept.sort(key=lambda i: (-probabilities[i].item(), i))
    rows.append(dict(options=options, logits=logits[0].tolist(), history=history[0].tolist(),
                     expected=[dict(id=i, probability=round(probabilities[i].item(), 12)) for i in kept]))
print('[\n' + ',\n'.join(json.dumps(row) for row in rows) + '\n]')
