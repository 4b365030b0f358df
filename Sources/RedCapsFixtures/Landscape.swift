import RedCapsImage
import RedCapsLoading

/// Draws a landscape that is as busy as a photograph: sky with clouds, ridges one behind the other,
/// a lake or a meadow, and grain. What it shows follows from its seed alone.
struct Landscape {
    private let width: Int
    private let height: Int
    private let noise: Noise
    private var draws: PositionalDraws
    private let grain: Float

    init(width: Int, height: Int, seed: UInt64, number: Int) {
        self.width = width
        self.height = height
        draws = PositionalDraws(seed: seed, position: number)
        noise = Noise(seed: UInt32(draws.integer(below: 1 << 31)))
        grain = 4 + Float(draws.unitInterval()) * 10
    }

    mutating func draw() throws(ImageError) -> PixelBuffer {
        let hour = Float(draws.unitInterval())
        let zenith = Colour(40 + 60 * hour, 90 + 40 * hour, 190 - 50 * hour)
        let horizon = Colour(225 + 25 * hour, 205 - 40 * hour, 190 - 90 * hour)
        let sun = (x: Float(draws.unitInterval()), y: 0.12 + 0.3 * Float(draws.unitInterval()))
        let cloudCover = Float(draws.unitInterval())
        let ridges = (0..<(3 + draws.integer(below: 3))).map { number in
            Ridge(
                base: 0.42 + 0.12 * Float(number), roughness: 0.30 - 0.04 * Float(number),
                offset: Float(draws.integer(below: 1000)),
                colour: Colour.mix(
                    horizon, Colour(30 + 20 * hour, 60, 40), 0.25 + 0.16 * Float(number)))
        }
        let ground = Colour(70 + 80 * hour, 100 + 30 * hour, 50)
        let scale = 1 / Float(min(width, height))

        let skylines = ridges.map { ridge in
            (0..<width).map { x in
                ridge.base + ridge.roughness
                    * (noise.fractal(Float(x) * scale * 2.2 + ridge.offset, 7.5, octaves: 6) - 0.5)
            }
        }
        var pixels = [UInt8]()
        pixels.reserveCapacity(width * height * 3)
        for y in 0..<height {
            let v = Float(y) / Float(height)
            for x in 0..<width {
                let (px, py) = (Float(x) * scale, Float(y) * scale)
                var colour = Colour.mix(zenith, horizon, min(1, v * 1.9))
                let (dx, dy) = (px - sun.x, v - sun.y)
                colour = .mix(
                    colour, Colour(255, 245, 215), min(1, 0.006 / (dx * dx + dy * dy + 0.004)))
                let front = ridges.indices.last { v > skylines[$0][x] }
                if let front {
                    let texture = noise.fractal(px * 14, py * 14 + ridges[front].offset, octaves: 4)
                    colour = .mix(ridges[front].colour, Colour(20, 30, 25), 0.7 * texture)
                    if front == ridges.count - 1 {
                        let blades = noise.fractal(px * 60, py * 22, octaves: 3)
                        colour = .mix(colour, ground, 0.25 + 0.7 * blades)
                    }
                } else {
                    let cloud = noise.fractal(px * 2.4, py * 6.5, octaves: 5)
                    colour = .mix(
                        colour, Colour(250, 248, 246),
                        max(0, min(1, (cloud - 0.62 + 0.25 * cloudCover) * 3)))
                }
                let speckle = (noise.white(x, y) - 0.5) * grain
                pixels.append(colour.red.byte(speckle))
                pixels.append(colour.green.byte(speckle))
                pixels.append(colour.blue.byte(speckle))
            }
        }
        return try PixelBuffer(width: width, height: height, pixels: pixels)
    }
}

private struct Ridge {
    let base: Float
    let roughness: Float
    let offset: Float
    let colour: Colour
}

private struct Colour {
    let red: Float
    let green: Float
    let blue: Float

    init(_ red: Float, _ green: Float, _ blue: Float) {
        (self.red, self.green, self.blue) = (red, green, blue)
    }

    static func mix(_ a: Colour, _ b: Colour, _ share: Float) -> Colour {
        Colour(
            a.red + (b.red - a.red) * share, a.green + (b.green - a.green) * share,
            a.blue + (b.blue - a.blue) * share)
    }
}

extension Float {
    fileprivate func byte(_ change: Float) -> UInt8 {
        UInt8(Swift.max(0, Swift.min(255, self + change)))
    }
}

/// Values between 0 and 1 that vary smoothly over the plane, by hashing the corners of a lattice.
private struct Noise {
    let seed: UInt32

    func white(_ x: Int, _ y: Int) -> Float {
        var h =
            UInt32(truncatingIfNeeded: x) &* 0x85EB_CA6B ^ UInt32(truncatingIfNeeded: y)
            &* 0xC2B2_AE35
        h = (h ^ seed) &* 0x9E37_79B1
        h = (h ^ h >> 15) &* 0x2C1B_3C6D
        return Float((h ^ h >> 13) & 0xFFFF) / 65535
    }

    private func smooth(_ x: Float, _ y: Float) -> Float {
        let (cellX, cellY) = (x.rounded(.down), y.rounded(.down))
        let (fx, fy) = (x - cellX, y - cellY)
        let (u, v) = (fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy))
        let (ix, iy) = (Int(cellX), Int(cellY))
        let top = white(ix, iy) * (1 - u) + white(ix + 1, iy) * u
        let bottom = white(ix, iy + 1) * (1 - u) + white(ix + 1, iy + 1) * u
        return top * (1 - v) + bottom * v
    }

    func fractal(_ x: Float, _ y: Float, octaves: Int) -> Float {
        var (sum, weight, total, scale): (Float, Float, Float, Float) = (0, 1, 0, 1)
        for octave in 0..<octaves {
            sum += weight * smooth(x * scale + Float(octave * 17), y * scale)
            total += weight
            weight *= 0.55
            scale *= 2.03
        }
        return sum / total
    }
}
