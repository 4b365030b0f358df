/// `torch.randperm` again and again with one generator, of which positions are looked up in
/// ascending order.
///
/// It holds one permutation, 4 bytes for each sample. A position of a later epoch costs the drawing
/// of all numbers before it, though not the shuffling.
struct TorchPermutations: Sendable {
    private let count: Int
    private let seed: Int
    private let shuffles: Bool
    private var generator: TorchGenerator
    /// The epoch that `permutation` is of; before the first there is none.
    private var epoch = -1
    private var permutation: [UInt32] = []

    init(count: Int, seed: Int, shuffles: Bool) throws(LoaderError) {
        guard !shuffles || count < TorchGenerator.permutationLimit else {
            throw LoaderError(
                "torch's shuffle of \(count) samples isn't supported; it must be less than "
                    + "\(TorchGenerator.permutationLimit). Use .infinite or .epochs")
        }
        self.count = count
        self.seed = seed
        self.shuffles = shuffles
        generator = TorchGenerator(seed: seed)
    }

    /// The sample at a position of the endless order.
    mutating func element(at position: Int) -> Int {
        let (epoch, place) = position.quotientAndRemainder(dividingBy: count)
        guard shuffles else { return place }
        if epoch != self.epoch { move(to: epoch) }
        return Int(permutation[place])
    }

    private mutating func move(to epoch: Int) {
        if epoch < self.epoch {
            generator = TorchGenerator(seed: seed)
            self.epoch = -1
        }
        generator.skipPermutations(epoch - self.epoch - 1, of: count)
        generator.permute(count, into: &permutation)
        self.epoch = epoch
    }
}
