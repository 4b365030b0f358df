public import RedCapsCore
public import RedCapsLoading

/// What a run writes down as it goes: its state, every second and at the end, and its ledger.
///
///     let loader = try DataLoader(dataset, options, resuming: point)
///     var record = try RunRecord(state: state, ledger: ledger, of: loader.state)
///     for try await batch in loader {
///         try record.add(batch)
///         // train
///     }
///     try record.save()
public struct RunRecord {
    private let state: StateFile?
    private let ledger: Ledger?
    private let clock = ContinuousClock()
    private var lastSave: ContinuousClock.Instant
    private var unsaved: ResumePoint

    /// Begins to write.
    /// - Parameters:
    ///   - state: Where the state is kept; `nil` keeps none.
    ///   - ledger: The run's ledger, opened where the run goes on; `nil` keeps none.
    ///   - point: Where the run begins: it is the state of a run that delivers no batch.
    public init(state: StateFile?, ledger: Ledger?, of point: ResumePoint) {
        (self.state, self.ledger) = (state, ledger)
        lastSave = clock.now
        unsaved = point
    }

    /// Takes in a batch that was delivered.
    /// - Throws: `RunFileError` if something can't be written.
    public mutating func add(_ batch: CaptionBatch) throws(RunFileError) {
        try ledger?.append(batch)
        unsaved = batch.resumePoint
        if clock.now - lastSave > .seconds(1) { try save() }
    }

    /// Writes the state down.
    /// - Throws: `RunFileError` if it can't be written.
    public mutating func save() throws(RunFileError) {
        try state?.save(unsaved)
        lastSave = clock.now
    }
}
