# Makes the golden merges of tests/merging: three LoRA experts on a linear layer and two convolutions, merged by
# every combination_type of peft's add_weighted_adapter, and applied together by diffusers' set_adapters.
# Random masks (DARE) are recorded. Versions: tests/golden/requirements.txt.
# Run from the project's root: python tests/golden/merging/make.py
import json

import torch
from diffusers.utils.peft_utils import set_weights_and_activate_adapters
from peft import LoraConfig, get_peft_model
from peft.tuners.lora import LoraLayer
from safetensors.torch import save_file

OUT = 'tests/golden/data/merging'
MODULES = ['attn.to_q', 'conv', 'proj_in']
WEIGHTS = [1.0, -0.6, 0.8]
torch.manual_seed(1)


class Toy(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.attn = torch.nn.Module()
        self.attn.to_q = torch.nn.Linear(12, 18, bias=False)
        self.conv = torch.nn.Conv2d(4, 14, 3)
        self.proj_in = torch.nn.Conv2d(10, 12, 1)


def toy(ranks, alphas):
    model = None
    for i, (rank, alpha) in enumerate(zip(ranks, alphas)):
        config = LoraConfig(r=rank, lora_alpha=alpha, target_modules=MODULES)
        if model is None:
            model = get_peft_model(Toy(), config, adapter_name=str(i))
        else:
            model.add_adapter(str(i), config)
    for name, parameter in sorted(model.named_parameters()):
        if 'lora_' in name:
            torch.nn.init.normal_(parameter)
    return model


def layers(model):
    found = {name.removeprefix('base_model.model.'): module for name, module in model.named_modules()
             if isinstance(module, LoraLayer)}
    assert list(found) == MODULES
    return found


tensors, cases = {}, []


def save_experts(group, model, ranks, alphas):
    for i in range(len(ranks)):
        for name, layer in layers(model).items():
            tensors[f'{group}.{i}.{name}.A'] = layer.lora_A[str(i)].weight.detach().clone()
            tensors[f'{group}.{i}.{name}.B'] = layer.lora_B[str(i)].weight.detach().clone()


def merge(group, model, method, **options):
    case = f'{group}-{method}' + ''.join(f'-{key}-{value}' for key, value in options.items())
    masks, draw = [], torch.bernoulli

    def recorded(probabilities):
        masks.append(draw(probabilities))
        return masks[-1]

    torch.bernoulli = recorded
    adapter = case.replace('.', ',')
    model.add_weighted_adapter(['0', '1', '2'], WEIGHTS, adapter, combination_type=method, **options)
    torch.bernoulli = draw
    for name, layer in layers(model).items():
        tensors[f'{case}:{name}'] = layer.get_delta_weight(adapter).detach().contiguous()
    if masks:
        parts = ['delta'] if method.endswith('svd') else ['A', 'B']
        sites = [(name, part, i) for name in MODULES for part in parts for i in range(3)]
        assert len(sites) == len(masks)
        for (name, part, i), mask in zip(sites, masks):
            tensors[f'{case}:{name}.{part}.{i}'] = mask.to(torch.uint8).contiguous()
    cases.append({'case': case, 'group': group, 'method': method, **options})


groups = {'same': ([4, 4, 4], [4, 8, 2]), 'mixed': ([2, 3, 4], [3, 3, 8])}
for group, (ranks, alphas) in groups.items():
    model = toy(ranks, alphas)
    save_experts(group, model, ranks, alphas)
    merge(group, model, 'cat')
    merge(group, model, 'svd')
    merge(group, model, 'svd', svd_rank=2)
    if group == 'mixed':
        merge(group, model, 'ties_svd', density=0.5)
        continue
    merge(group, model, 'linear')
    for suffix in ['', '_svd']:
        merge(group, model, 'magnitude_prune' + suffix, density=0.3)
        merge(group, model, 'dare_linear' + suffix, density=0.6)
        for sign in ['total', 'frequency']:
            merge(group, model, 'ties' + suffix, density=0.45, majority_sign_method=sign)
            merge(group, model, 'dare_ties' + suffix, density=0.7, majority_sign_method=sign)
    merge(group, model, 'ties', density=1.0)

    # What diffusers' set_adapters means: the output on unit vectors, less the base weight.
    set_weights_and_activate_adapters(model, ['0', '1', '2'], WEIGHTS)
    linear = layers(model)['attn.to_q']
    with torch.no_grad():
        tensors['set_adapters:attn.to_q'] = (linear(torch.eye(12)) - linear.base_layer(torch.eye(12))).T.contiguous()

save_file(tensors, f'{OUT}/merges.safetensors')
with open(f'{OUT}/merges.json', 'w') as file:
    json.dump({'weights': WEIGHTS, 'modules': MODULES, 'alphas': {g: a for g, (_, a) in groups.items()},
               'cases': cases}, file, indent=1)
    file.write('\n')
