// What the documentation's code uses of mlx-swift's MLXOptimizers; see MLX.swift.
public import MLX
public import MLXNN

/// An optimizer.
open class AdamW {
    public var learningRate: Float

    public init(learningRate: Float) { self.learningRate = learningRate }

    final public func update(model: Module, gradients: ModuleParameters) {}
}
