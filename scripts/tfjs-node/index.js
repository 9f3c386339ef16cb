// What danfojs-node needs of TensorFlow.js, without the native binary that
// @tensorflow/tfjs-node downloads when it is installed. Not for training: danfojs uses tensors
// as containers for numbers, and frames here are built once from finished records.
require('@tensorflow/tfjs-backend-cpu')
const tf = require('@tensorflow/tfjs-core')
require('@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops')
module.exports = { ...tf, data: { array: (items) => ({ toArray: async () => items }) } }
