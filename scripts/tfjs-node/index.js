// What danfojs-node needs of TensorFlow.js, without the native binary that
// @tensorflow/tfjs-node downloads when it is installed. Not for training: danfojs uses tensors
// as containers for numbers, and frames here are built once from finished records.
require('@tensorflow/tfjs-backend-cpu')
const tf = require('@tensorflow/tfjs-core')

// The package's own register_all_chained_ops is an ES module without file extensions, which
// Node does not load; so the methods are put on tensors here.
const chained = `
  abs acos acosh add all any argMax argMin asin asinh atan atan2 atanh batchNorm ceil
  clipByValue concat cos cosh cumprod cumsum div divNoNan dot elu equal erf euclideanNorm exp
  expandDims expm1 floor floorDiv gather greater greaterEqual isFinite isInf isNaN leakyRelu
  less lessEqual log log1p logSigmoid logSoftmax logSumExp logicalAnd logicalNot logicalOr
  logicalXor matMul max maximum mean min minimum mod mul neg norm notEqual oneHot onesLike pad
  pow prelu prod reciprocal relu relu6 reshape reverse round rsqrt selu sigmoid sign sin sinh
  slice softmax softplus split sqrt square squaredDifference squeeze stack step stridedSlice sub
  sum tan tanh tile topk transpose unique unstack where zerosLike
`
for (const name of chained.trim().split(/\s+/)) {
  tf.Tensor.prototype[name] = function (...rest) {
    return tf[name](this, ...rest)
  }
}
module.exports = { ...tf, data: { array: (items) => ({ toArray: async () => items }) } }
