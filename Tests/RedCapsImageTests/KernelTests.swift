import CResample
import RedCapsImage
import TestSupport
import Testing

extension ResampleKernel {
    static let available = allCases.filter(\.isAvailable)

    fileprivate var functions: UnsafePointer<rc_kernels>? {
        let set: rc_instruction_set =
            switch self {
            case .automatic: RC_AUTOMATIC
            case .portable: RC_PORTABLE
            case .avx2: RC_AVX2
            case .neon: RC_NEON
            case .avx512: RC_AVX512
            }
        return rc_resample_kernels(set)
    }
}

/// Coefficients and pixels for the C kernels, and the sums that they should give, spelled out.
private struct Workload {
    let groups: Int
    let inSize: Int
    let outSize: Int
    let starts: [UInt32]
    /// 22 fraction bits, `groups * 4` for each output.
    let coefficients: [Int32]
    let pixels: [UInt8]

    var tapCount: Int { groups * 4 }

    init(_ round: Int, _ draw: inout Congruential) {
        func number(below bound: Int) -> Int { Int(draw.next() >> 8) % bound }
        groups = 1 + number(below: 5)
        outSize = 1 + round % 41
        inSize = groups * 4 + number(below: 50)
        let room = inSize - groups * 4 + 1
        // In order, as those of a picture, or at random, which some kernels have no plan for.
        let places = (0..<outSize).map { _ in UInt32(number(below: room)) }
        starts = round % 2 == 0 ? places.sorted() : places
        // Within ±1, ±4, or as large as the format allows: sums of those wrap.
        let bits = [23, 25, 27][round % 3]
        coefficients = (0..<(outSize * groups * 4)).map { _ in
            Int32(bitPattern: draw.next()) >> Int32(32 - bits)
        }
        let extreme = round / 3 % 4
        pixels = (0..<(groups * 4 * inSize * 3)).map { _ in
            let byte = UInt8(draw.next() >> 24)
            return extreme == 0 ? byte : extreme == 1 ? 255 * (byte & 1) : extreme == 2 ? 255 : 0
        }
    }

    /// The coefficients as the kernels want them: two halves, in groups of four.
    var taps: [Int16] {
        stride(from: 0, to: coefficients.count, by: 4).flatMap { start in
            let four = coefficients[start..<(start + 4)]
            return four.map { Int16($0 >> 11) } + four.map { Int16($0 & 2047) }
        }
    }

    /// Output `index` from the pixels at `position(k)`.
    func sum(_ index: Int, _ position: (Int) -> Int) -> UInt8 {
        var sum: Int32 = 1 << 21
        for k in 0..<tapCount {
            sum &+= coefficients[index * tapCount + k] &* Int32(pixels[position(k)])
        }
        return UInt8(max(0, min(255, sum >> 22)))
    }

    func withAxis(_ body: (UnsafePointer<rc_axis>) -> Void) {
        starts.withUnsafeBufferPointer { starts in
            taps.withUnsafeBufferPointer { taps in
                guard let starts = starts.baseAddress, let taps = taps.baseAddress else { return }
                var axis = rc_axis(
                    in_size: UInt32(inSize), out_size: UInt32(outSize), groups: UInt32(groups),
                    starts: starts, taps: taps)
                body(&axis)
            }
        }
    }
}

@Suite("Resampling kernels")
struct KernelTests {
    @Test(
        "Rows are the sums of 32 bits that the arithmetic says", arguments: ResampleKernel.available
    )
    func horizontal(kernel: ResampleKernel) throws {
        let functions = try #require(kernel.functions)
        var draw = Congruential(3)
        for round in 0..<90 {
            let work = Workload(round, &draw)
            let padding = Int(RC_ROW_PADDING)
            let row = work.pixels[..<(work.inSize * 3)] + [UInt8](repeating: 77, count: padding)
            let expected = (0..<(work.outSize * 3)).map { i in
                work.sum(i / 3) { k in (Int(work.starts[i / 3]) + k) * 3 + i % 3 }
            }
            // As many rows as may come together, or fewer; with what the kernel likes to know, or
            // without.
            let count = round % Int(RC_ROWS) + 1
            for isPlanned in [true, false] {
                var outs = [[UInt8]](
                    repeating: [UInt8](repeating: 0, count: work.outSize * 3 + padding),
                    count: count)
                let pointers = (0..<count).map { _ in
                    UnsafeMutablePointer<UInt8>.allocate(capacity: work.outSize * 3 + padding)
                }
                defer { pointers.forEach { $0.deallocate() } }
                row.withUnsafeBufferPointer { row in
                    guard let start = row.baseAddress else { return }
                    work.withAxis { axis in
                        let plan = isPlanned ? functions.pointee.make_plan?(axis) : nil
                        functions.pointee.horizontal(
                            axis, plan, [UnsafePointer](repeating: start, count: count), pointers,
                            UInt32(count))
                        functions.pointee.release_plan?(plan)
                    }
                }
                for (number, pointer) in pointers.enumerated() {
                    outs[number] = Array(
                        UnsafeBufferPointer(start: pointer, count: work.outSize * 3))
                    #expect(outs[number] == expected, "round \(round), row \(number)")
                }
            }
        }
    }

    @Test("So are columns, and not a byte more is written", arguments: ResampleKernel.available)
    func vertical(kernel: ResampleKernel) throws {
        let functions = try #require(kernel.functions)
        var draw = Congruential(4)
        for round in 0..<90 {
            let work = Workload(round, &draw)
            let count = 1 + round  // every remainder of the vectors' widths
            guard count <= work.inSize * 3 else { continue }
            let index = round % work.outSize
            var out = [UInt8](repeating: 77, count: count + 1)
            work.pixels.withUnsafeBufferPointer { pixels in
                guard let start = pixels.baseAddress else { return }
                let rows = (0..<work.tapCount).map { start + $0 * count }
                work.withAxis { functions.pointee.vertical($0, UInt32(index), rows, &out, count) }
            }
            let expected = (0..<count).map { i in work.sum(index) { k in k * count + i } }
            #expect(out == expected + [77], "round \(round)")
        }
    }

    @Test(
        "Bytes become numpy's float32 2 * (v / 255) - 1, in planes",
        arguments: ResampleKernel.available)
    func normalized(kernel: ResampleKernel) throws {
        struct Golden: Decodable { let normalized: [UInt32] }
        let golden = try Fixture.decode(Golden.self, from: "resample.json").normalized
        let functions = try #require(kernel.functions)
        // Lengths around the width of a vector, each value in each channel.
        for count in Array(1...35) + [255, 256, 257, 300] {
            var rgb: [UInt8] = []
            for pixel in 0..<count {
                rgb.append(UInt8(pixel % 256))
                rgb.append(UInt8((pixel + 85) % 256))
                rgb.append(UInt8(255 - pixel % 256))
            }
            let plane = count + 1  // and one float that must not be touched
            let floats = UnsafeMutableBufferPointer<Float>.allocate(capacity: 3 * plane)
            defer { floats.deallocate() }
            floats.initialize(repeating: .nan)
            let red = try #require(floats.baseAddress)
            functions.pointee.normalize(rgb, count, red, red + plane, red + 2 * plane)
            for channel in 0..<3 {
                let expected = (0..<count).map { golden[Int(rgb[3 * $0 + channel])] }
                let start = channel * plane
                #expect(floats[start..<(start + count)].map(\.bitPattern) == expected)
                #expect(floats[start + count].isNaN)
            }
        }
    }

    @Test("Instructions that the processor lacks are refused")
    func unavailable() throws {
        let lacking = ResampleKernel.allCases.filter { !$0.isAvailable }
        #expect(!lacking.isEmpty)  // no processor has all
        #expect(ResampleKernel.automatic.isAvailable && ResampleKernel.portable.isAvailable)
        for kernel in lacking {
            let expected = ImageError(
                .unsupported, "this processor has no \(kernel) instructions")
            #expect(throws: expected) { try Resampler(.bicubic, kernel: kernel) }
            #expect(throws: expected) { try SquareImageReader(imageSize: 8, kernel: kernel) }
        }
    }
}
