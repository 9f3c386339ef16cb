// Device and dtype in settings of jobs and uses: named where they are not the CPU and float32, absent where they are.
import type { WeightDtype } from '../diffusion/weights.ts'
import type { Provider } from '../runtime/index.ts'

/** `{ device, dtype }` without the defaults: a job from before there was a choice is still the same job. */
export const computedOn = (
  device: Provider,
  dtype: WeightDtype,
): { device?: Provider; dtype?: WeightDtype } => ({
  ...(device === 'cpu' ? {} : { device }),
  ...(dtype === 'float32' ? {} : { dtype }),
})
