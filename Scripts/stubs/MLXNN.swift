// What the documentation's code uses of mlx-swift's MLXNN; see MLX.swift.
public import MLX

public typealias ModuleParameters = NestedDictionary<String, MLXArray>

/// A layer, or a model.
open class Module {
    public init() {}

    open func parameters() -> ModuleParameters { ModuleParameters.unflattened([:]) }

    @discardableResult
    open func update(parameters: ModuleParameters) -> Self { self }
}

public func valueAndGrad<Model: Module>(
    model: Model, _ f: @escaping (Model, MLXArray, MLXArray) -> MLXArray
) -> (Model, MLXArray, MLXArray) -> (MLXArray, ModuleParameters) {
    { model, first, second in (f(model, first, second), model.parameters()) }
}
