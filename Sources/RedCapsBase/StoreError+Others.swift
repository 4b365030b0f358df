extension StoreError {
    /// The same error, which tells those of other files as well, a line each.
    package func and(_ others: some Collection<StoreError>) -> StoreError {
        guard !others.isEmpty else { return self }
        return StoreError(
            code, file: file, member: member, byteOffset: byteOffset,
            reason: reason + others.map { "\n\($0)" }.joined(), systemError: systemError)
    }
}
