"""What the scripts of this folder share: models in float32, the loss of a step, runs of six steps, and sketches of tensors.

Data are those of each model's train/case.json. The loss is formed in float64 from float32 logits, as in the other
fixtures: torch's float32 cross entropy is biased.
"""
import json, os, tempfile
import torch
from transformers import AutoModelForCausalLM, get_scheduler
from transformers.trainer_pt_utils import get_parameter_names

torch.set_num_threads(1)
STEPS = 6
# What transformers' Trainer takes off weight decay.
UNDECAYED = [r"bias", r"layernorm", r"rmsnorm", r"(?:^|\.)norm(?:$|\.)", r"_norm(?:$|\.)"]


def loadable(folder):
    """The folder, or one with the same weights where MiMo's architecture is called Qwen2, which it is."""
    config = json.load(open(f"{folder}/config.json"))
    if config["model_type"] != "mimo":
        return folder
    config.update(model_type="qwen2", architectures=["Qwen2ForCausalLM"])
    copy = tempfile.mkdtemp()
    for name in os.listdir(folder):
        if name != "config.json" and os.path.isfile(f"{folder}/{name}"):
            os.symlink(os.path.abspath(f"{folder}/{name}"), f"{copy}/{name}")
    json.dump(config, open(f"{copy}/config.json", "w"))
    return copy


def load(folder):
    return AutoModelForCausalLM.from_pretrained(loadable(folder), dtype=torch.float32, attn_implementation="eager")


def case(root, name):
    return json.load(open(f"{root}/{name}/train/case.json"))


def counted(rows):
    return sum(sum(l != -100 for l in r["labels"][1:]) for r in rows)


def loss_of(model, rows, smoothing=0.0):
    total = 0
    for r in rows:
        logits = model(input_ids=torch.tensor([r["ids"]])).logits[0, :-1].double()
        labels = torch.tensor(r["labels"][1:])
        weights = torch.tensor(r["loss_scale"][1:] if r["loss_scale"] else [1.0] * len(labels), dtype=torch.float64)
        ce = torch.nn.functional.cross_entropy(
            logits, labels, reduction="none", ignore_index=-100, label_smoothing=smoothing)
        total = total + (ce * weights).sum()
    return total / counted(rows)


def decayed(model):
    return set(get_parameter_names(model, [torch.nn.LayerNorm], UNDECAYED))


def groups(model, weight_decay):
    """transformers' parameter groups: with decay and without."""
    names = decayed(model)
    trained = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    return [
        {"params": [p for n, p in trained if n in names], "weight_decay": weight_decay},
        {"params": [p for n, p in trained if n not in names], "weight_decay": 0.0},
    ]


def rounded(x):
    return float(f"{x:.9g}")


def sketch(t, count=12):
    """The norm and elements that are spread evenly."""
    flat = t.detach().double().flatten()
    places = [i * len(flat) // count for i in range(min(count, len(flat)))]
    return {"norm": rounded(flat.norm().item()), "elements": [rounded(flat[i].item()) for i in places]}


def run(model, steps, optimizer, scheduler="cosine", warmup=1, smoothing=0.0, loss=loss_of, kwargs=None):
    """Six steps; tensors are sketched under the names of the model's parameters."""
    trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
    initial = {n: p.detach().clone() for n, p in trained.items()}
    schedule = get_scheduler(
        scheduler, optimizer, num_warmup_steps=warmup, num_training_steps=STEPS, scheduler_specific_kwargs=kwargs)
    records, gradients = [], None
    for rows in steps:
        optimizer.zero_grad()
        value = loss(model, rows, smoothing) if smoothing else loss(model, rows)
        value.backward()
        if gradients is None:
            gradients = {n: sketch(p.grad) for n, p in trained.items() if p.grad is not None}
        norm = torch.nn.utils.clip_grad_norm_(list(trained.values()), 1.0).item()
        records.append({"loss": value.item(), "grad_norm": rounded(norm), "lr": schedule.get_last_lr()[0]})
        optimizer.step()
        schedule.step()
    return {
        "steps": records, "gradients": gradients,
        "change": {n: sketch(p - initial[n]) for n, p in trained.items()},
    }
