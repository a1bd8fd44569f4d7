"""Makes schedules.json: learning rates of transformers' schedules, step by step. usage: make_schedules.py OUT.json"""
import json, sys
import torch
from transformers import get_scheduler

CASES = [
    ("linear", 3, 20, {}), ("cosine", 3, 20, {}), ("cosine", 0, 7, {"num_cycles": 1.0}), ("constant", 3, 20, {}),
    ("constant_with_warmup", 3, 20, {}), ("polynomial", 3, 20, {}), ("polynomial", 0, 9, {"power": 2.0, "lr_end": 1e-6}),
    ("cosine_with_restarts", 2, 20, {}), ("cosine_with_restarts", 2, 20, {"num_cycles": 3}),
    ("cosine_with_min_lr", 3, 20, {"min_lr": 1e-5}), ("cosine_with_min_lr", 0, 20, {"min_lr_rate": 0.1}),
    ("inverse_sqrt", 4, 20, {}), ("inverse_sqrt", 0, 20, {"timescale": 7}),
    ("warmup_stable_decay", 3, 20, {"num_decay_steps": 5}),
    ("warmup_stable_decay", 3, 20, {"num_decay_steps": 5, "num_stable_steps": 6, "min_lr_ratio": 0.1}),
    ("warmup_stable_decay", 4, 20, {"num_decay_steps": 8, "decay_type": "linear", "warmup_type": "cosine"}),
    ("warmup_stable_decay", 4, 20, {"num_decay_steps": 8, "decay_type": "1-sqrt", "warmup_type": "1-sqrt", "min_lr_ratio": 0.05}),
]
out = []
for name, warmup, total, kwargs in CASES:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2e-4)
    schedule = get_scheduler(name, optimizer, num_warmup_steps=warmup, num_training_steps=total, scheduler_specific_kwargs=dict(kwargs))
    rates = []
    for _ in range(total + 1):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    out.append({"name": name, "warmup": warmup, "total": total, "kwargs": kwargs, "rates": rates})
json.dump(out, open(sys.argv[1], "w"), indent=0)
