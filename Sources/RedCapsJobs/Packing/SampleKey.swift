import RedCapsImage

/// What makes files one sample: webdataset's key, the path up to the first dot of its last
/// component.
package enum SampleKey {
    private static let slash = UInt8(ascii: "/")
    private static let dot = UInt8(ascii: ".")

    /// The length of a path's key. Dots that a name begins with belong to the name.
    package static func length(of path: [UInt8]) -> Int {
        let start = (path.lastIndex(of: slash) ?? -1) + 1
        let name = path[start...].drop { $0 == dot }
        return name.firstIndex(of: dot) ?? path.count
    }

    /// The first component, if it is a folder with a number of five or more digits for its name.
    static func numberedFolder(of path: [UInt8]) -> ArraySlice<UInt8>? {
        guard let end = path.firstIndex(of: slash), end >= 5 else { return nil }
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        return path[..<end].allSatisfy { digits.contains($0) } ? path[..<end] : nil
    }
}

/// The order of a sample's files: each image is directly followed by its annotation.
///
/// An annotation has its image's path with another extension: `.json`, else `.txt`. If no image has
/// one, but there is just one image and one annotation, they belong together.
package struct SampleArrangement {
    /// For each place, which of the files comes there.
    package private(set) var places: [Int] = []
    /// The places of the images whose annotation comes next.
    package private(set) var pairs: [Int] = []

    private struct File {
        enum Kind: Int { case image, json, text, other }

        let index: Int
        let path: [UInt8]
        let stem: ArraySlice<UInt8>
        let kind: Kind
        /// Where its extension stands among those of images.
        let rank: Int

        init(_ index: Int, _ path: [UInt8]) {
            self.index = index
            self.path = path
            let keyLength = SampleKey.length(of: path)
            let end = path.lastIndex(of: UInt8(ascii: ".")) ?? path.count
            guard end >= keyLength, end < path.count else {
                (stem, kind, rank) = (path[...], .other, 0)
                return
            }
            stem = path[..<end]
            let name = String(decoding: path[(end + 1)...], as: UTF8.self).lowercased()
            if let place = ImageFormat.rank(ofSuffix: name) {
                (kind, rank) = (.image, place)
            } else {
                (kind, rank) = (name == "json" ? .json : name == "txt" ? .text : .other, 0)
            }
        }

        func precedes(_ other: File) -> Bool {
            if !stem.elementsEqual(other.stem) {
                return stem.lexicographicallyPrecedes(other.stem)
            }
            if kind != other.kind { return kind.rawValue < other.kind.rawValue }
            if rank != other.rank { return rank < other.rank }
            return path.lexicographicallyPrecedes(other.path)
        }
    }

    /// Arranges the files of a group.
    /// - Parameter paths: Their paths, in any order; the outcome doesn't depend on it.
    package init(_ paths: [[UInt8]]) {
        let files = paths.enumerated().map { File($0.offset, $0.element) }
            .sorted { $0.precedes($1) }
        var start = 0
        while start < files.count {
            let stem = files[start].stem
            let end =
                files[start...].firstIndex { !$0.stem.elementsEqual(stem) } ?? files.count
            let first = files[start]
            let annotation =
                files[start..<end].first { $0.kind == .json }
                ?? files[start..<end].first { $0.kind == .text }
            if first.kind == .image, let annotation {
                pairs.append(places.count)
                places += [first.index, annotation.index]
                places += files[start..<end].map(\.index)
                    .filter { $0 != first.index && $0 != annotation.index }
            } else {
                places += files[start..<end].map(\.index)
            }
            start = end
        }
        guard pairs.isEmpty, let pair = Self.onlyPair(files) else { return }
        pairs = [0]
        places = [pair.0, pair.1] + places.filter { $0 != pair.0 && $0 != pair.1 }
    }

    private static func onlyPair(_ files: [File]) -> (Int, Int)? {
        let images = files.filter { $0.kind == .image }
        var annotations = files.filter { $0.kind == .json }
        if annotations.isEmpty { annotations = files.filter { $0.kind == .text } }
        guard images.count == 1, annotations.count == 1 else { return nil }
        return (images[0].index, annotations[0].index)
    }
}
