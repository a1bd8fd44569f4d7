"""Makes adapters.json and adapters/: tuning of adapters with PEFT and transformers on two tiny models.

usage: make_adapters.py FIXTURES_MODEL_DIR OUT_DIR

Each case runs the six steps of the model's train/case.json from train/initial_adapter or from an adapter of its own. `delta`
are the weights that `merge_and_unload` gives less the base's; for PiSSA those of the converted adapter on the base.
"""
import json, math, os, shutil, sys, tempfile
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.optimizers import create_loraplus_optimizer
from reference import case, groups, load, run, sketch

root, out = sys.argv[1], sys.argv[2]
LINEARS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
LR = 2e-3


def plain(name):
    """The name of a parameter as PEFT's files have it, without the prefix."""
    name = name.replace(".modules_to_save.default", "").replace("lora_magnitude_vector.default.weight", "lora_magnitude_vector")
    return name.replace(".default", "").removeprefix("base_model.model.")


def renamed(result):
    for key in ("gradients", "change"):
        result[key] = {plain(n): v for n, v in result[key].items()}
    return result


def start(folder):
    return PeftModel.from_pretrained(load(folder), f"{folder}/train/initial_adapter", is_trainable=True).train()


def adamw(model, lr=LR):
    return torch.optim.AdamW(groups(model, 0.1), lr=lr, betas=(0.9, 0.95), eps=1e-8, foreach=False)


def delta(model, folder):
    base = dict(load(folder).named_parameters())
    merged = model.merge_and_unload()
    tensors = {n: sketch(p - base[n]) for n, p in merged.named_parameters() if n in base and not torch.equal(p, base[n])}
    # A head that was tied is one of its own where it was trained.
    if "lm_head.weight" not in base and not torch.equal(merged.lm_head.weight, base["model.embed_tokens.weight"]):
        tensors["lm_head.weight"] = sketch(merged.lm_head.weight - base["model.embed_tokens.weight"])
    return tensors


def first_weights(model, folder):
    """A and B of the golden adapter."""
    golden = dict(start(folder).named_parameters())
    with torch.no_grad():
        for n, p in model.named_parameters():
            if "lora_A" in n or "lora_B" in n:
                p.copy_(golden[n])


def save(model, name):
    """PEFT's files, without what it writes beside them, and targets in a fixed order."""
    path = f"{out}/adapters/{name}"
    shutil.rmtree(path, ignore_errors=True)
    model.save_pretrained(path)
    for other in os.listdir(path):
        if other not in ("adapter_config.json", "adapter_model.safetensors"):
            os.remove(f"{path}/{other}")
    config = json.load(open(f"{path}/adapter_config.json"))
    config["base_model_name_or_path"] = None
    config["target_modules"] = sorted(config["target_modules"])
    json.dump(config, open(f"{path}/adapter_config.json", "w"), indent=2)


def dora(folder, name, **more):
    model = get_peft_model(load(folder), LoraConfig(r=4, lora_alpha=8, target_modules=LINEARS, lora_dropout=0.0, use_dora=True, task_type="CAUSAL_LM", **more)).train()
    first_weights(model, folder)
    with torch.no_grad():
        for n, p in model.named_parameters():
            if "lora_magnitude_vector" in n:
                p.mul_(1 + 0.1 * torch.cos(torch.arange(len(p), dtype=torch.float32)))
    save(model, name)
    result = renamed(run(model, case(root, os.path.basename(folder))["steps"], adamw(model)))
    result["delta"] = delta(model, folder)
    return result


def pissa(folder, init):
    torch.manual_seed(0)
    model = get_peft_model(load(folder), LoraConfig(r=4, lora_alpha=8, target_modules=LINEARS, lora_dropout=0.0, init_lora_weights=init, task_type="CAUSAL_LM")).train()
    initial, converted = tempfile.mkdtemp(), tempfile.mkdtemp()
    model.peft_config["default"].init_lora_weights = True
    model.save_pretrained(initial)
    model.peft_config["default"].init_lora_weights = init
    # The largest eigenvalues first: their products do not depend on the vectors' signs.
    products = {n.replace("lora_A.default.weight", "product"): (dict(model.named_parameters())[n.replace("lora_A", "lora_B")] @ p).detach()
                for n, p in model.named_parameters() if "lora_A" in n}
    result = run(model, case(root, os.path.basename(folder))["steps"], adamw(model))
    model.save_pretrained(converted, path_initial_model_for_weight_conversion=initial)
    config = json.load(open(f"{converted}/adapter_config.json"))
    whole = PeftModel.from_pretrained(load(folder), converted)
    return {
        "steps": result["steps"], "products": {plain(n): sketch(p) for n, p in products.items()},
        "config": {k: config[k] for k in ("r", "lora_alpha", "init_lora_weights")}, "delta": delta(whole, folder),
    }


def saved_modules(folder, name, modules):
    model = get_peft_model(load(folder), LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"], lora_dropout=0.0, modules_to_save=modules, task_type="CAUSAL_LM")).train()
    first_weights(model, folder)
    save(model, name)
    result = renamed(run(model, case(root, os.path.basename(folder))["steps"], adamw(model)))
    result["delta"] = delta(model, folder)
    return result


def golden(folder, optimizer, **more):
    model = start(folder)
    return renamed(run(model, case(root, os.path.basename(folder))["steps"], optimizer(model), **more))


def loraplus(model):
    return create_loraplus_optimizer(model, torch.optim.AdamW, lr=LR, loraplus_lr_ratio=16, loraplus_weight_decay=0.1, betas=(0.9, 0.95), eps=1e-8, foreach=False)


def sgd(**more):
    return lambda model: torch.optim.SGD(groups(model, 0.1), lr=0.05, foreach=False, **more)


result = {}
for name in ["tiny-mimo", "tiny-llama"]:
    folder = f"{root}/{name}"
    result[name] = {
        "dora": dora(folder, f"{name}-dora"),
        "pissa": pissa(folder, "pissa"),
        "lora_plus": golden(folder, loraplus),
        "sgd": golden(folder, sgd()),
        "sgd_momentum": golden(folder, sgd(momentum=0.9)),
        "sgd_nesterov": golden(folder, sgd(momentum=0.9, nesterov=True)),
        "label_smoothing": golden(folder, adamw, smoothing=0.1),
    }
result["tiny-mimo"]["saved"] = saved_modules(f"{root}/tiny-mimo", "tiny-mimo-saved", ["embed_tokens", "lm_head", "norm"])
result["tiny-llama"]["saved_head"] = saved_modules(f"{root}/tiny-llama", "tiny-llama-saved-head", ["lm_head"])
result["tiny-llama"]["saved_embedding"] = saved_modules(f"{root}/tiny-llama", "tiny-llama-saved-embedding", ["embed_tokens"])
for name, cases in result.items():
    for key, value in cases.items():
        print(name, key, [round(s["loss"], 5) for s in value["steps"]], len(value.get("delta", {})))
json.dump(result, open(f"{out}/adapters.json", "w"), indent=0)
