# Makes the golden LoRA files of tests/formats with diffusers and peft: a tiny UNet with adapters of two ranks
# and alphas, on linear layers and on convolutions, in every spelling, and the weight changes they mean.
# Versions: tests/golden/requirements.txt. Run from the project's root: python tests/golden/formats/make_lora.py
import os
import shutil

import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from diffusers.training_utils import _collate_lora_metadata
from diffusers.utils import convert_state_dict_to_diffusers, convert_state_dict_to_kohya
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from peft.tuners.lora import LoraLayer
from safetensors.torch import save_file

OUT = 'tests/golden/data/formats/lora'
shutil.rmtree(OUT, ignore_errors=True)
os.makedirs(OUT)
torch.manual_seed(0)


def tiny_unet():
    return UNet2DConditionModel(
        sample_size=8, layers_per_block=1, block_out_channels=(8, 16), norm_num_groups=4, cross_attention_dim=12,
        attention_head_dim=4, down_block_types=('DownBlock2D', 'CrossAttnDownBlock2D'),
        up_block_types=('CrossAttnUpBlock2D', 'UpBlock2D'))


def config():
    return LoraConfig(
        r=2, lora_alpha=3, target_modules=['to_q', 'to_out.0', 'proj_in', 'conv1', 'ff.net.0.proj', 'time_emb_proj'],
        rank_pattern={'attn2.to_q': 3, r'up_blocks.*to_out.0': 1}, alpha_pattern={'to_out.0': 0.5, 'mid_block.*to_q': 8})


def deltas(model, prefix=''):
    return {prefix + name.removeprefix('base_model.model.'): module.get_delta_weight('default').contiguous()
            for name, module in model.named_modules() if isinstance(module, LoraLayer)}


unet = tiny_unet()
unet.add_adapter(config())
for name, parameter in unet.named_parameters():
    if 'lora_' in name:
        torch.nn.init.normal_(parameter)
save_file(deltas(unet, 'unet.'), f'{OUT}/deltas.safetensors')

state = get_peft_model_state_dict(unet)
StableDiffusionPipeline.save_lora_weights(f'{OUT}/diffusers', unet_lora_layers=state,
                                          **_collate_lora_metadata({'unet': unet}))

# Older files have no alpha: the same matrices then mean alpha = rank.
old = convert_state_dict_to_diffusers(state)
StableDiffusionPipeline.save_lora_weights(f'{OUT}/diffusers-old', unet_lora_layers=old)

# kohya, with the alphas that diffusers' converter leaves at the rank put right.
kohya = convert_state_dict_to_kohya({f'unet.{key}': value for key, value in state.items()})
for name, module in unet.named_modules():
    if isinstance(module, LoraLayer):
        kohya[f'lora_unet_{name.replace(".", "_")}.alpha'] = torch.tensor(float(module.lora_alpha['default']))
save_file(kohya, f'{OUT}/kohya.safetensors', metadata={'ss_network_module': 'networks.lora'})

# A PEFT folder, rank-stabilised (scale alpha / sqrt(r)).
model = get_peft_model(tiny_unet(), LoraConfig(r=4, lora_alpha=3, use_rslora=True, target_modules=['to_q', 'to_v']))
for name, parameter in model.named_parameters():
    if 'lora_' in name:
        torch.nn.init.normal_(parameter)
model.save_pretrained(f'{OUT}/peft')
os.remove(f'{OUT}/peft/README.md')
save_file(deltas(model, 'unet.'), f'{OUT}/peft-deltas.safetensors')
