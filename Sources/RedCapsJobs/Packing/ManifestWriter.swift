import RedCapsBase

/// Writes the manifest, the list of samples: a JSON array of each image with its annotation, in the
/// order of the shards.
enum ManifestWriter {
    /// Writes the list, piece by piece.
    /// - Returns: How many samples it has.
    static func write(
        _ table: FileTable, to path: String, _ monitor: PackingMonitor,
        _ observer: PackingObserver
    ) throws(StoreError) -> Int {
        let file = try OutputFile(path)
        try file.append("[".utf8)
        var listed = 0
        var start = 0
        var groups = 0
        while start < table.count {
            groups += 1
            if groups % 1024 == 0 { try monitor.pulse(observer) }
            let group = start..<table.groupEnd(start)
            let paths = group.map { table.path($0) }
            for place in SampleArrangement(paths).pairs {
                var line: [UInt8] = Array((listed == 0 ? "\n" : ",\n").utf8)
                line += #"{"image": "#.utf8
                quote(paths[place], into: &line)
                line += #", "annotation": "#.utf8
                quote(paths[place + 1], into: &line)
                line.append(UInt8(ascii: "}"))
                try file.append(line)
                listed += 1
            }
            start = group.upperBound
        }
        try file.append((listed == 0 ? "]\n" : "\n]\n").utf8)
        try file.finish()
        return listed
    }

    /// Whether a path is text.
    static func canList(_ path: [UInt8]) -> Bool {
        path.allSatisfy { $0 < 0x80 } || String(validating: path, as: UTF8.self) != nil
    }

    private static func quote(_ path: [UInt8], into line: inout [UInt8]) {
        let hex = Array("0123456789abcdef".utf8)
        line.append(UInt8(ascii: "\""))
        for byte in path {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                line.append(UInt8(ascii: "\\"))
                line.append(byte)
            case 0..<0x20:
                line += #"\u00"#.utf8
                line.append(hex[Int(byte >> 4)])
                line.append(hex[Int(byte & 15)])
            default: line.append(byte)
            }
        }
        line.append(UInt8(ascii: "\""))
    }
}
