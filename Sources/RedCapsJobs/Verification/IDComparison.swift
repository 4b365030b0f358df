/// Tells ids that contradict their image from ids that mean something else altogether.
struct IDComparison {
    private var equal = 0
    private var unequal: [Int] = []

    mutating func add(_ result: SampleCheck.Result) {
        guard let hasOwnID = result.hasOwnID else { return }
        if hasOwnID { equal += 1 } else { unequal.append(result.index) }
    }

    /// Samples with another id than their image, if most have the same.
    var contradictions: [Int] { equal > unequal.count ? unequal : [] }
}
