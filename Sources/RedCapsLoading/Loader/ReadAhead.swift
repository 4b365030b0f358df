/// Which files are read ahead of the threads that decode: bookkeeping only, as a plain value.
///
/// While files come at once, out of memory or a quick disk, whoever decodes a sample reads it, and
/// finds its bytes in the cache. When reads take long, threads of their own read ahead, several at a
/// time, and the decoders take what is there.
package struct ReadAhead<Files: Sendable>: Sendable {
    /// How many reads may be in flight.
    package let limit: Int
    /// How many bytes may wait to be decoded before no new read is begun.
    package let byteLimit: Int
    /// Whether reads are slow enough for threads of their own.
    package private(set) var isNeeded = false

    /// The share of samples lately, a moving average over about sixteen, whose reads took more than
    /// 0.3 ms: one that a busy machine delayed says nothing.
    private var slowShare = 0.0
    private var isDisabled = false
    private var next = 0
    private var reading: Set<Int> = []
    private var ready: [Int: (files: Files, bytes: Int)] = [:]
    private var heldBytes = 0
    private var idle: [Files] = []

    package init(limit: Int, byteLimit: Int) {
        (self.limit, self.byteLimit) = (limit, byteLimit)
    }

    /// Takes account of how long a sample's reads took.
    package mutating func learn(nanoseconds: UInt64) {
        slowShare += ((nanoseconds > 300_000 ? 1 : 0) - slowShare) / 16
        // Between the two it stays as it is.
        if slowShare > 0.3, !isDisabled { isNeeded = true }
        if slowShare < 0.05, isNeeded {
            isNeeded = false
            idle.removeAll()
        }
    }

    /// Whether nothing is read ahead, nor was: decoders may take several samples at once.
    package var isAtRest: Bool { !isNeeded && reading.isEmpty && ready.isEmpty }

    /// Whether a sample may be taken by a decoder that will read it itself or finds it read.
    package func mayDecode(_ sample: Int) -> Bool {
        !reading.contains(sample) && (!isNeeded || sample < next || ready[sample] != nil)
    }

    /// The sample to read next, if one may be read.
    package mutating func sampleToRead(from first: Int) -> Int? {
        guard isNeeded, reading.count < limit, ready.count + reading.count < 2 * limit,
            heldBytes < byteLimit
        else { return nil }
        next = max(next, first)
        return next
    }

    /// Begins a read.
    /// - Returns: Memory of an earlier one, if there is any.
    package mutating func begin(_ sample: Int) -> Files? {
        next = sample + 1
        reading.insert(sample)
        return idle.popLast()
    }

    /// Keeps what was read until it is decoded.
    package mutating func finish(_ sample: Int, _ files: Files, bytes: Int) {
        guard reading.remove(sample) != nil else { return }
        ready[sample] = (files, bytes)
        heldBytes += bytes
    }

    /// What was read of a sample, for decoding it.
    package mutating func take(_ sample: Int) -> Files? {
        guard let read = ready.removeValue(forKey: sample) else { return nil }
        heldBytes -= read.bytes
        return read.files
    }

    /// Takes memory back that can be used again.
    package mutating func recycle(_ files: Files) {
        if isNeeded, idle.count < 2 * limit { idle.append(files) }
    }

    /// Leaves reading to the decoders for good: there are no threads for it.
    package mutating func disable() {
        (isNeeded, isDisabled) = (false, true)
        reading.removeAll()
    }

    /// Forgets everything.
    package mutating func cancel() {
        reading.removeAll()
        ready.removeAll()
        idle.removeAll()
        heldBytes = 0
    }
}
