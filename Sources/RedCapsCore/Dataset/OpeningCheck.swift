import RedCapsBase
import RedCapsTar

// What is looked at when a data set is opened. A mistake by which no sample can ever be loaded is told
// at once, and not after hundreds of attempts for each place of a batch; what is merely damaged is left
// to the failure policy. Nothing is decoded, nothing is drawn, and stores of one's own aren't asked:
// their reads may be slow.
extension CaptionDataset {
    /// How many samples are looked at, at most, spread over the list; the first that is right ends the
    /// look. Of fewer samples nothing is concluded.
    private static let lookCount = 8

    /// What one sample says of the configuration.
    private enum Verdict {
        case right
        case missing(String)
        case lacksKey(String)
        /// Damaged, say: that may be the sample's own fault.
        case unknown
    }

    /// Makes sure that some samples have their files, and that the caption's key isn't wrong for all.
    /// - Throws: `ConfigurationError` with the key that can't be right.
    static func check(
        _ samples: SampleIndex, _ configuration: CaptionDatasetConfiguration
    ) throws(ConfigurationError) {
        guard samples.count >= lookCount else { return }
        if samples.missingCount == samples.count {
            let paths = try? samples.paths(0)
            throw noFiles(of: samples, configuration, paths?.image ?? "")
        }
        var missing: [String] = []
        var lacking: [String] = []
        for look in 0..<lookCount {
            switch verdict(on: samples.count * look / lookCount, of: samples, configuration) {
            case .right: return
            case .missing(let path): missing.append(path)
            case .lacksKey(let reason): lacking.append(reason)
            case .unknown: break
            }
        }
        if missing.count == lookCount { throw noFiles(of: samples, configuration, missing[0]) }
        guard 2 * lacking.count > lookCount, case .json(let key) = configuration.captionFormat
        else { return }
        throw ConfigurationError(
            "cap_source", value: "\"\(key)\"",
            "no annotation of the \(lookCount) that were looked at has this key; the first says: "
                + lacking[0])
    }

    private static func noFiles(
        of samples: SampleIndex, _ configuration: CaptionDatasetConfiguration, _ path: String
    ) -> ConfigurationError {
        ConfigurationError(
            "image_folder, cap_folder",
            value:
                "\"\(configuration.imageFolder ?? "")\", \"\(configuration.captionFolder ?? "")\"",
            "none of the \(samples.count) samples has its files there, \(path) for one: is the root "
                + "(--root) or a folder another, or is the list one of another data set?")
    }

    private static func verdict(
        on entry: Int, of samples: SampleIndex, _ configuration: CaptionDatasetConfiguration
    ) -> Verdict {
        let columns = samples.table.columns
        guard let images = columns[0].folder, columns[1].folder != nil,
            let paths = try? samples.paths(entry)
        else { return .right }
        do {
            _ = try images.locate(paths.image)
            let lookup = RowLookup()
            var buffer = ReadBuffer()
            try samples.look(up: entry, lookup)
            try samples.read(1, lookup, into: &buffer)
            _ = try Annotation.caption(in: buffer.copy(), configuration.captionFormat)
            return .right
        } catch let error as StoreError where error.code == .missing {
            return .missing(error.description)
        } catch let error as AnnotationError where error.isOfKey {
            return .lacksKey(error.reason)
        } catch { return .unknown }
    }
}
