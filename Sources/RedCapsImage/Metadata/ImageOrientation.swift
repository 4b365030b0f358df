/// How an image is to be turned for display: the values of EXIF's orientation tag.
public enum ImageOrientation: Int, Sendable, Hashable, CaseIterable {
    /// As it is stored.
    case upright = 1
    /// Left and right exchanged.
    case mirrored
    /// Turned by 180°.
    case upsideDown
    /// Top and bottom exchanged.
    case flipped
    /// Columns become rows.
    case transposed
    /// Turned clockwise by 90°.
    case clockwise
    /// Columns become rows, and the whole is turned by 180°.
    case transverse
    /// Turned counter-clockwise by 90°.
    case counterClockwise

    /// Whether width and height change places.
    public var swapsAxes: Bool { rawValue >= 5 }

    /// Whether a step to the right or down in the shown image leads to the left in the stored one.
    private var runsLeft: Bool { [2, 3, 7, 8].contains(rawValue) }
    /// Whether one leads up.
    private var runsUp: Bool { [3, 4, 6, 7].contains(rawValue) }

    /// Where a region of the shown image lies in the stored one.
    /// - Parameters:
    ///   - width: The stored width.
    ///   - height: The stored height.
    func stored(_ region: PixelRegion, _ width: Int, _ height: Int) -> PixelRegion {
        var stored = region
        if swapsAxes {
            stored = PixelRegion(
                x: region.y, y: region.x, width: region.height, height: region.width)
        }
        if runsLeft { stored.x = width - stored.x - stored.width }
        if runsUp { stored.y = height - stored.y - stored.height }
        return stored
    }

    /// A stored image, or the like part of one, as it is shown.
    func shown<Axis>(_ axes: StoredAxes<Axis>, reversed: (Axis) -> Axis) -> StoredAxes<Axis> {
        let columns = runsLeft ? reversed(axes.columns) : axes.columns
        let rows = runsUp ? reversed(axes.rows) : axes.rows
        return swapsAxes
            ? StoredAxes(columns: rows, rows: columns) : StoredAxes(columns: columns, rows: rows)
    }

    /// Turns pixels.
    /// - Parameters:
    ///   - pixels: `height` × `width` × 3 bytes, as they are stored.
    ///   - out: As many bytes; they become the shown image.
    func turn(
        _ pixels: UnsafePointer<UInt8>, width: Int, height: Int,
        into out: UnsafeMutablePointer<UInt8>
    ) {
        // The step in the stored pixels for one to the right and for one down.
        let column = runsLeft ? -3 : 3
        let row = (runsUp ? -3 : 3) * width
        let first =
            unsafe pixels + (runsLeft ? (width - 1) * 3 : 0)
            + (runsUp ? (height - 1) * width * 3 : 0)
        let (right, down) = swapsAxes ? (row, column) : (column, row)
        let (outWidth, outHeight) = swapsAxes ? (height, width) : (width, height)
        var target = unsafe out
        for y in 0..<outHeight {
            var source = unsafe first + y * down
            for _ in 0..<outWidth {
                unsafe target[0] = source[0]
                unsafe target[1] = source[1]
                unsafe target[2] = source[2]
                unsafe target += 3
                unsafe source += right
            }
        }
    }
}

/// Something that there is of the columns and of the rows.
struct StoredAxes<Axis> {
    let columns: Axis
    let rows: Axis
}
