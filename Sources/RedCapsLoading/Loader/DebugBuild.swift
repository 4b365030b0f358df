package import Logging
internal import RedCapsBase

/// What a program should know of a build without optimisation.
package enum DebugBuild {
    private static let isTold = ConditionLock(false)

    /// How much slower samples load, as measured on a data set of 1024-pixel JPEGs.
    private static let factor = 45

    /// Says once in a process that this is a debug build, if it is one.
    package static func tell(_ logger: Logger) {
        #if DEBUG
        let isFirst = isTold.update { told in
            defer { told = true }
            return !told
        }
        guard isFirst else { return }
        logger.warning(
            "this is a debug build, in which samples load some \(factor) times slower; build with -c release"
        )
        #endif
    }
}
