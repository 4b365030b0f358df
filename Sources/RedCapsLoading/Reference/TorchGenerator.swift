/// torch's generator on the CPU, `torch.Generator().manual_seed(seed)`: MT19937, started by
/// `init_genrand` from the low 32 bits of the seed.
package struct TorchGenerator: Sendable {
    private var twister: MersenneTwister

    /// `manual_seed(seed)`.
    package init(seed: Int) { twister = MersenneTwister(word: UInt32(truncatingIfNeeded: seed)) }

    /// 32 bits.
    package mutating func word() -> UInt32 { twister.next() }

    /// `torch.empty((), dtype=torch.int64).random_()`, from which a DataLoader's workers are seeded:
    /// 63 bits.
    package mutating func int64() -> Int64 {
        let high = UInt64(twister.next())
        return Int64(truncatingIfNeeded: high << 32 | UInt64(twister.next())) & .max
    }

    /// The size from which on torch draws 64 bits for each element.
    package static let permutationLimit = Int(UInt32.max) / 20

    /// `torch.randperm(count)`, written into an array that is kept from one to the next.
    /// - Precondition: `count` is below `permutationLimit`.
    package mutating func permute(_ count: Int, into permutation: inout [UInt32]) {
        precondition(count < Self.permutationLimit, "a permutation of \(count)")
        permutation.removeAll(keepingCapacity: true)
        permutation.append(contentsOf: 0..<UInt32(count))
        for i in 0..<max(0, count - 1) {
            permutation.swapAt(i, i + Int(twister.next() % UInt32(count - i)))
        }
    }

    /// Passes over permutations that nobody will look at.
    mutating func skipPermutations(_ number: Int, of count: Int) {
        for _ in 0..<number { twister.skip(max(0, count - 1)) }
    }
}
