internal import Synchronization

/// Nanoseconds by stage, written by one thread and read by others.
final class StageCounters: Sendable {
    private let read = Atomic<UInt64>(0)
    private let decode = Atomic<UInt64>(0)
    private let resample = Atomic<UInt64>(0)
    private let tokenize = Atomic<UInt64>(0)
    private let collate = Atomic<UInt64>(0)

    func add(_ nanoseconds: UInt64, to stage: LoadingStage) {
        switch stage {
        case .read: read.wrappingAdd(nanoseconds, ordering: .relaxed)
        case .decode: decode.wrappingAdd(nanoseconds, ordering: .relaxed)
        case .resample: resample.wrappingAdd(nanoseconds, ordering: .relaxed)
        case .tokenize: tokenize.wrappingAdd(nanoseconds, ordering: .relaxed)
        case .collate: collate.wrappingAdd(nanoseconds, ordering: .relaxed)
        }
    }

    func nanoseconds(of stage: LoadingStage) -> UInt64 {
        switch stage {
        case .read: read.load(ordering: .relaxed)
        case .decode: decode.load(ordering: .relaxed)
        case .resample: resample.load(ordering: .relaxed)
        case .tokenize: tokenize.load(ordering: .relaxed)
        case .collate: collate.load(ordering: .relaxed)
        }
    }
}
