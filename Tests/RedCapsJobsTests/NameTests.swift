import RedCapsImage
import RedCapsJobs
import RedCapsTar
import TestSupport
import Testing

@Suite("Names of files")
struct NameTests {
    @Test("A shard is told by the end of its name in any case, wherever it is asked for")
    func shards() throws {
        let folder = try TemporaryFolder()
        try folder.write("in/x", "")
        try folder.remove("in/x")
        let tar = try TarWriter.create(folder["in/A.TAR"])
        let jpeg = try Fixture.bytes("jpegs/wide_420.jpg")
        try tar.add("x.JPG", jpeg)
        try tar.add("x.json", Array("{}".utf8))
        try tar.close()
        let report = try Downsampling(
            folder["in"], into: folder["small"], DownsamplingOptions(shortestEdge: 20)
        ).run()
        #expect((report.shards, report.downsampled, report.others) == (1, 1, 1))
        let index = try TarIndex(folder: folder["small"])
        #expect(index.shards.map(\.name) == ["A.TAR"])
        #expect(try DatasetFolder(folder["small"]).index?.memberCount == 2)
        let options = try Extraction.Options(layout: .perShard)
        try Extraction(folder["small"], into: folder["tree"], options: options).run()
        #expect(try folder.names("tree/A") == ["x.JPG", "x.json"])
        let checked = try Verification(folder["small"]).run()
        #expect((checked.shards, checked.members) == (1, 2))
    }

    @Test("Names of shards, plain and compressed")
    func shardNames() {
        for name in ["a.tar", "a.TAR", "a.b.Tar"] {
            #expect(ShardName.isShard(name) && ShardName.isPlain(name), "\(name)")
            #expect(!ShardName.isCompressed(name))
        }
        for name in ["a.tar.gz", "a.TGZ", "a.Tar.Zst", "a.tar.xz", "a.tar.BZ2"] {
            #expect(ShardName.isShard(name) && ShardName.isCompressed(name), "\(name)")
            #expect(!ShardName.isPlain(name))
            #expect(ShardName.stem(name) == "a")
        }
        for name in [".a.tar", "tar", "a.tar.part", "a.gz", "a.tarx"] {
            #expect(!ShardName.isShard(name), "\(name)")
        }
    }

    @Test("Names of images, in any case")
    func images() {
        for name in ["a.jpg", "b/a.JPEG", "a.b.PNG", "a.jfif", "a.tiff", "a.AVIF"] {
            #expect(ImageFormat.isImageName(name), "\(name)")
        }
        for name in ["jpg", "a.json", "a.jpg.json", "a.", ""] {
            #expect(!ImageFormat.isImageName(name), "\(name)")
        }
        let ranks = ["jpg", "JPEG", "png", "webp", "gif"].map {
            ImageFormat.rank(ofSuffix: $0) ?? -1
        }
        #expect(ranks == ranks.sorted() && ranks[0] == 0)
        #expect(ImageFormat.rank(ofSuffix: "tiff") == nil)
    }
}
