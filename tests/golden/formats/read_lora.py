# Loads LoRA files as their users would, into the tiny UNet of make_lora.py, and saves the weight changes.
# Usage: read_lora.py diffusers|kohya|peft <file or folder> <deltas.safetensors>
import sys

from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from peft import PeftModel
from peft.tuners.lora import LoraLayer
from safetensors.torch import save_file

form, source, target = sys.argv[1:]
unet = UNet2DConditionModel(
    sample_size=8, layers_per_block=1, block_out_channels=(8, 16), norm_num_groups=4, cross_attention_dim=12,
    attention_head_dim=4, down_block_types=('DownBlock2D', 'CrossAttnDownBlock2D'),
    up_block_types=('CrossAttnUpBlock2D', 'UpBlock2D'))
if form == 'peft':
    PeftModel.from_pretrained(unet, source)
else:
    state, alphas, metadata = StableDiffusionPipeline.lora_state_dict(source, return_lora_metadata=True)
    StableDiffusionPipeline.load_lora_into_unet(state, alphas, unet, adapter_name='default', metadata=metadata)
save_file({'unet.' + name: module.get_delta_weight('default').contiguous()
           for name, module in unet.named_modules() if isinstance(module, LoraLayer)}, target)
