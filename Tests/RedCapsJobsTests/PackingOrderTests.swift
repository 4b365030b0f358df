import RedCapsBase
import RedCapsJobs
import RedCapsTar
import TestSupport
import Testing

@Suite("The order of packed files")
struct PackingOrderTests {
    @Test(
        "A key goes up to the first dot of the last component",
        arguments: [
            ("a/x.jpg", "a/x"), ("a/x.seg.png", "a/x"), ("a.b/x.jpg", "a.b/x"), ("x", "x"),
            ("a.b/x", "a.b/x"), ("a/.x.jpg", "a/.x"), ("a/.x", "a/.x"), ("a/...", "a/..."),
            ("a/x.", "a/x"),
        ])
    func keys(path: String, key: String) {
        #expect(SampleKey.length(of: Array(path.utf8)) == key.utf8.count)
    }

    @Test(
        "An image is directly followed by its annotation, the rest comes after",
        arguments: [
            (["x.json", "x.jpg"], ["x.jpg", "x.json"], [0]),
            (["x.txt", "x.json", "x.JPEG", "x.cls"], ["x.JPEG", "x.json", "x.txt", "x.cls"], [0]),
            (["x.cls", "x.txt", "x.WebP"], ["x.WebP", "x.txt", "x.cls"], [0]),
            (["x.png", "x.gif", "x.jpg", "x.json"], ["x.jpg", "x.json", "x.png", "x.gif"], [0]),
            (["x.seg.png", "x.json", "x.jpg"], ["x.jpg", "x.json", "x.seg.png"], [0]),
            // Names with dots of their own.
            (
                ["x.2.json", "x.1.jpg", "x.2.jpg", "x.1.json"],
                ["x.1.jpg", "x.1.json", "x.2.jpg", "x.2.json"], [0, 2]
            ),
            (["x.jpg.json", "x.jpg"], ["x.jpg", "x.jpg.json"], [0]),
            (["x.info.json", "x.cls", "x.jpg"], ["x.jpg", "x.info.json", "x.cls"], [0]),
            (["x.jpg", "x.cls"], ["x.jpg", "x.cls"], []),
            (["x.txt", "x.json"], ["x.json", "x.txt"], []),
            (["x"], ["x"], []),
        ] as [([String], [String], [Int])])
    func arrangement(files: [String], expected: [String], pairs: [Int]) {
        for order in [files, files.reversed(), files.sorted()] {
            let arrangement = SampleArrangement(order.map { Array($0.utf8) })
            #expect(arrangement.places.map { order[$0] } == expected)
            #expect(arrangement.pairs == pairs)
        }
    }

    @Test("The hash is XXH64", arguments: [0, 1, 3, 7, 31, 32, 33, 63, 100, 5000])
    func hash(count: Int) throws {
        // From the xxhash package for Python: xxh64(bytes(i * 7 % 251 for i in range(n))).
        let golden: [Int: UInt64] = [
            0: 0xEF46_DB37_51D8_E999, 1: 0xE934_A84A_DB05_2768, 3: 0x9FF7_0A63_5A62_09AB,
            7: 0xD734_A6B2_6F3D_A63E, 31: 0x0F18_7C62_B1E7_22B7, 32: 0x91B0_CB09_31A8_C629,
            33: 0x931B_043C_F8D6_5B94, 63: 0x5751_86C1_2DCE_BCFD, 100: 0xB7FE_1D84_B2F2_3A05,
            5000: 0xF7BB_37CD_25B3_BB34,
        ]
        let bytes = (0..<count).map { UInt8($0 * 7 % 251) }
        var whole = XXH64()
        whole.update(bytes.span)
        #expect(whole.value == golden[count])
        var parts = XXH64()
        for start in stride(from: 0, to: count, by: 13) {
            parts.update(Array(bytes[start..<min(start + 13, count)]).span)
        }
        #expect(parts.value == whole.value)
    }

    @Test("Groups are sorted by the bytes of their keys")
    func keysSorted() throws {
        let folder = try TemporaryFolder()
        for name in ["b.jpg", "a-.jpg", "a.jpg", "a/z.jpg", "a0.jpg", "é.jpg", "Z.jpg", "a.json"] {
            try folder.write("tree/\(name)", name)
        }
        try Packing.pack(folder["tree"], into: folder["raw"])
        #expect(
            try memberNames(folder["raw/00000.tar"]) == [
                "Z.jpg", "a.jpg", "a.json", "a-.jpg", "a/z.jpg", "a0.jpg", "b.jpg", "é.jpg",
            ])
        #expect(try listedPairs(folder["raw/data.json"]) == [["a.jpg", "a.json"]])
    }

    @Test("The bytes are the same for any number of threads and any order in which files were made")
    func deterministic() throws {
        let folder = try TemporaryFolder()
        try writeTree(folder, "a/tree", seed: 1)
        try writeTree(folder, "b/tree", seed: 2)
        for (tree, jobs) in [("a", 1), ("a", 4), ("b", 3)] {
            try Packing.pack(
                folder["\(tree)/tree"], into: folder["\(tree)\(jobs)"], .samples(7), jobs: jobs)
        }
        let first = try contents(folder["a1"])
        #expect(
            first.keys.sorted() == [
                "00000.tar", "00001.tar", "00002.tar", "00003.tar", "00004.tar", "00005.tar",
                "data.json",
            ])
        #expect(try contents(folder["a4"]) == first)
        #expect(try contents(folder["b3"]) == first)
    }
}
