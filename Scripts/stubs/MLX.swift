// What the documentation's code uses of mlx-swift, declared so that it is type-checked where MLX can't be
// built. Nothing here is ever run.
public import Foundation

/// A type of elements.
public struct DType: Sendable {
    public static let float32 = DType()
    public static let bfloat16 = DType()
    public static let int32 = DType()
    public static let int64 = DType()
}

/// An array.
public final class MLXArray {
    public init(
        rawPointer: UnsafeMutableRawPointer, _ shape: (some Collection<Int>)?, dtype: DType,
        finalizer: @escaping () -> Void
    ) {}

    public func item<Value: ExpressibleByIntegerLiteral>() -> Value { 0 }
}

/// A tree of arrays.
public struct NestedDictionary<Key: Hashable, Element> {
    public func flattened(prefix: String? = nil) -> [(String, Element)] { [] }

    public static func unflattened(_ flat: [Key: Element]) -> NestedDictionary {
        NestedDictionary()
    }
}

public func eval(_ values: Any...) {}

public func seed(_ seed: UInt64) {}

public func save(arrays: [String: MLXArray], metadata: [String: String] = [:], url: URL) throws {}

public func loadArrays(url: URL) throws -> [String: MLXArray] { [:] }
