// The device in settings of jobs and uses: named where it is not the CPU, absent where it is.
import type { Provider } from '../runtime/index.ts'

/** `{ device }`, or nothing for the CPU: a job from before there was a choice is still the same job. */
export const onDevice = (device: Provider): { device?: Provider } => (device === 'cpu' ? {} : { device })
