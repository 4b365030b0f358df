import RedCapsBase

/// One run of a packing, from the look at its inputs to the list of samples.
struct PackingRun {
    private let packing: Packing
    private let monitor: PackingMonitor
    private let table = FileTable()

    init(_ packing: Packing, _ monitor: PackingMonitor) {
        self.packing = packing
        self.monitor = monitor
    }

    func run(_ observer: PackingObserver) throws(StoreError) -> Packing.Report {
        let tree = try self.tree()
        if let tree {
            for output in [packing.raw, packing.manifest] where FilePath.isInside(output, tree) {
                throw StoreError(
                    .occupied, file: output,
                    reason: "lies in \(tree), which is to be packed; choose another place")
            }
        }
        let folder = try PackingFolder(packing.raw)
        try folder.removeLeftovers(manifest: packing.manifest)
        try Disk.makeFolder(FilePath.split(packing.manifest).folder)
        // Whatever happens, the plain forms of compressed inputs go.
        defer {
            if tree == nil {
                for number in packing.inputs.indices {
                    unsafe _ = unlink(folder.decompressed(number))
                }
            }
        }
        var meter = ListingMeter(monitor)
        var walk = TreeWalk(tree ?? "", into: table)
        let hidden: HiddenFiles
        let place: PackingSource.Place
        var (below, warnings) = (0, [StoreError]())
        if let tree {
            try walk.run(&meter, observer)
            try table.sort(monitor, observer)
            hidden = walk.hidden
            place = .tree(tree)
        } else {
            var tars = try TarInputs(
                packing.inputs, temporary: { folder.decompressed($0) }, jobs: packing.options.jobs,
                monitor: monitor, report: observer)
            below = try list(&tars, &meter, observer)
            hidden = tars.hidden
            place = .tars(tars)
            warnings = tars.warnings
        }
        monitor.advance { $0.totalFiles = table.count }
        let replaced = tree == nil ? table.dropReplaced() : 0
        guard table.count > 0 else {
            throw StoreError(
                .missing, file: packing.inputs[0],
                reason: "there are no files to be packed"
                    + (hidden.first.map { ", only hidden ones such as \($0)" } ?? ""))
        }
        let plan = try ShardPlan(table, packing.options.sharding, monitor, observer)
        try folder.check(
            plan, inputs: tree == nil ? packing.inputs : [], manifest: packing.manifest)
        try write(plan, place, folder, observer)
        monitor.advance { $0.stage = .finishing }
        try monitor.pulse(observer)
        let listed = try ManifestWriter.write(
            table, to: packing.manifest, monitor, observer)
        return Packing.Report(
            shards: plan.shards.count, samples: plan.samples, files: table.count,
            bytes: plan.byteCount, unpaired: plan.unpaired, firstUnpaired: plan.firstUnpaired,
            listed: listed, kept: monitor.progress.kept, replaced: replaced,
            belowShardNames: below, warnings: warnings,
            skippedLinks: walk.skippedLinks, firstSkippedLink: walk.firstSkippedLink,
            hidden: hidden.count, firstHidden: hidden.first)
    }

    /// Lists tars and sorts their files. If names without a folder begin anew in each, as webdataset's
    /// do, all such names go below their tar's, under which the tars themselves are served.
    /// - Returns: How many files go there.
    private func list(
        _ tars: inout TarInputs, _ meter: inout ListingMeter, _ observer: PackingObserver
    ) throws(StoreError) -> Int {
        _ = try tars.list(into: table, isBelowShards: false, &meter, observer)
        try table.sort(monitor, observer)
        guard table.sharedBareName() != nil else { return 0 }
        table.removeAll()
        let below = try tars.list(into: table, isBelowShards: true, &meter, observer)
        try table.sort(monitor, observer)
        return below
    }

    /// The tree to be packed, or `nil` if the inputs are tars.
    private func tree() throws(StoreError) -> String? {
        for input in packing.inputs {
            var status = stat()
            guard unsafe stat(input, &status) == 0 else { throw .system(input, "open") }
            switch status.st_mode & S_IFMT {
            case S_IFDIR where packing.inputs.count == 1: return input
            case S_IFDIR:
                throw StoreError(
                    .invalid, file: input, reason: "a folder is packed alone, not with other inputs"
                )
            case S_IFREG: continue
            default: throw StoreError(.notAFile, file: input, reason: "neither a folder nor a tar")
            }
        }
        return nil
    }

    private func write(
        _ plan: ShardPlan, _ place: PackingSource.Place, _ folder: PackingFolder,
        _ observer: PackingObserver
    ) throws(StoreError) {
        monitor.advance {
            $0.stage = .writing
            $0.totalFiles = table.count
            $0.totalBytes = plan.byteCount
            $0.totalShards = plan.shards.count
        }
        try monitor.forEach(plan.shards.count, jobs: packing.options.jobs, report: observer) {
            [table, monitor] (number) throws(StoreError) in
            let source = PackingSource(table, place)
            let packer = ShardPacker(table, source, folder, monitor)
            try packer.pack(plan.shards[number])
        }
    }
}
