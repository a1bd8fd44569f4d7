"""Makes full.json: full fine-tuning of the tiny models with transformers' modules and torch's AdamW.

usage: make_full.py FIXTURES_MODEL_DIR OUT.json

All weights are trained in float32 (tied heads stay tied), with weight decay where transformers' Trainer has it. `gradients`
are those of step 0 before clipping, `change` the last weights less the first.
"""
import json, os, sys
import torch
from reference import case, decayed, groups, load, run

root, out = sys.argv[1], sys.argv[2]
result = {}
for name in sorted(os.listdir(root)):
    model = load(f"{root}/{name}").train()
    optimizer = torch.optim.AdamW(groups(model, 0.1), lr=2e-3, betas=(0.9, 0.95), eps=1e-8, foreach=False)
    result[name] = run(model, case(root, name)["steps"], optimizer) | {"decayed": sorted(decayed(model))}
    print(name, [s["loss"] for s in result[name]["steps"]])
json.dump(result, open(out, "w"), indent=0)
