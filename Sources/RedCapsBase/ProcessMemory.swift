internal import CSystem

/// How the process's allocator treats large blocks.
public enum ProcessMemory {
    /// Keeps glibc's allocator from raising its thresholds to the size of the largest block that
    /// was ever freed: from then on it wouldn't give blocks below that size back to the system, and
    /// memory would creep with every larger image. Call it once, before threads load; on other
    /// systems it does nothing. `redcaps` calls it at its start.
    public static func keepSmall() { rc_keep_malloc_small() }
}
