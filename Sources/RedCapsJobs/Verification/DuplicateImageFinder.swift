/// Finds images that are the same bytes under several captions.
struct DuplicateImageFinder {
    private var images: [UInt64]
    private var captions: [UInt64]
    private var isKnown: [Bool]

    init(count: Int) {
        images = .init(repeating: 0, count: count)
        captions = images
        isKnown = .init(repeating: false, count: count)
    }

    mutating func add(_ result: SampleCheck.Result) {
        guard let image = result.imageHash, let caption = result.captionHash else { return }
        images[result.index] = image
        captions[result.index] = caption
        isKnown[result.index] = true
    }

    /// Samples with the same image and at least two captions, group by group.
    func groups() throws -> [[Int]] {
        let known = images.indices.filter { isKnown[$0] }.sorted {
            (images[$0], $0) < (images[$1], $1)
        }
        var groups: [[Int]] = []
        var start = 0
        for place in known.indices {
            let isLast =
                place + 1 == known.count || images[known[place + 1]] != images[known[place]]
            guard isLast else { continue }
            let group = known[start...place]
            if Set(group.map { captions[$0] }).count > 1 { groups.append(Array(group)) }
            start = place + 1
        }
        return groups.sorted { $0[0] < $1[0] }
    }
}
