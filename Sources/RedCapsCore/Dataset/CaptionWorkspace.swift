import RedCapsImage
import RedCapsLoading

extension CaptionDataset {
    /// What a thread keeps from sample to sample: buffers for files, and a decoder.
    public final class Workspace {
        var files = SampleFiles()
        let reader: ImageReader
        let probe: LoadingProbe
        private var loads = 0
        private let lease: PixelPool.Lease?
        /// Whether `imageBytes` keeps each sample's H × W × 3 bytes; by default it doesn't.
        public var keepsImageBytes: Bool {
            get { reader.keepsBytes }
            set { reader.keepsBytes = newValue }
        }
        /// The last image after resampling and before normalising, if `keepsImageBytes` is set.
        public var imageBytes: [UInt8] { reader.bytes }

        /// - Parameter pool: Where the memory of batches comes from while there are such threads.
        init(_ options: ImageOptions, _ probe: LoadingProbe, pool: PixelPool? = nil)
            throws(ImageError)
        {
            reader = try ImageReader(options)
            self.probe = probe
            lease = pool.map(PixelPool.Lease.init)
        }

        /// Of every sixteenth image it is measured what of its decoding is resampling, which goes on
        /// row by row in between; the others are taken to be like it.
        func measuringDecoding<Result>(
            of index: Int, _ body: () throws -> Result
        ) throws -> Result {
            reader.measuresResampling = loads % 16 == 8
            loads += 1
            defer {
                if reader.measuresResampling {
                    probe.move(
                        nanoseconds: 16 * reader.resamplingNanoseconds, from: .decode,
                        to: .resample)
                }
            }
            return try probe.measure(.decode, of: index, body)
        }
    }
}
