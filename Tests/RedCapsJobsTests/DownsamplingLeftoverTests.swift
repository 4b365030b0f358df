import RedCapsBase
import RedCapsImage
import RedCapsJobs
import RedCapsTar
import TestSupport
import Testing

@Suite("Downsampling: what killed runs leave")
struct DownsamplingLeftoverTests {
    @Test("What a killed run left half written goes, unless somebody else writes to the folder")
    func leftovers() throws {
        let folder = try TemporaryFolder()
        let pixels = [UInt8](repeating: 7, count: 60 * 40 * 3)
        let jpeg = try JPEGEncoder().encode(PixelBuffer(width: 60, height: 40, pixels: pixels))
        try folder.write("in/1/1.jpg", jpeg)
        let tar = try TarWriter.create(folder["in/0.tar"])
        try tar.add("x.jpg", jpeg)
        try tar.close()
        let ours = [
            "out/.0.tar.part", "out/.0.tar.4711-1x2y3z.part", "out/1/.1.jpg.4711-1x2y3z.part",
        ]
        for name in ours + ["out/.mine.part", "out/1/.1.jpg"] { try folder.write(name, "half") }
        let job = try Downsampling(
            folder["in"], into: folder["out"], DownsamplingOptions(shortestEdge: 20))
        do {
            let other = try FileLock.share(folder: folder["out"], nil) {}
            #expect(other != nil)
            let report = try withExtendedLifetime(other) { try job.run() }
            #expect(report.downsampled == 2)
            for name in ours { #expect(Disk.exists(folder[name]), "\(name)") }
        }
        let report = try job.run()
        #expect(report.kept == 2)
        for name in ours { #expect(!Disk.exists(folder[name]), "\(name)") }
        #expect(Disk.exists(folder["out/.mine.part"]))
        #expect(Disk.exists(folder["out/1/.1.jpg"]))
    }
}
