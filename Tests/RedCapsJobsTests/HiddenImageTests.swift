import RedCapsImage
import RedCapsJobs
import RedCapsTar
import TestSupport
import Testing

@Suite("Hidden images")
struct HiddenImageTests {
    @Test("Hidden members of shards are no images that downsampling touches: they stay as they are")
    func downsampling() throws {
        let folder = try TemporaryFolder()
        try folder.write("in/._00000.tar", "no tar")
        let companion = Array("\0\u{5}Mac OS X".utf8)
        let image = try Fixture.bytes("jpegs/wide_420.jpg")
        let files = [
            ("0/._a.jpg", companion), ("0/a.jpg", image), (".thumbnails/a.jpg", image),
        ]
        let writer = try TarWriter.create(folder["in/00000.tar"])
        for (name, bytes) in files { try writer.add(name, bytes) }
        try writer.close()
        let report = try Downsampling(
            folder["in"], into: folder["out"], DownsamplingOptions(shortestEdge: 10, quality: 90),
            jobs: 2
        ).run()
        #expect((report.images, report.downsampled, report.others) == (1, 1, 2))
        #expect(report.broken.isEmpty)
        let made = TarShardStore(try TarIndex(folder: folder["out"]))
        #expect(try made.bytes(of: "0/._a.jpg") == companion)
        #expect(try made.bytes(of: ".thumbnails/a.jpg") == image)
        #expect(try made.bytes(of: "0/a.jpg").count < image.count)
    }
}
