/// What a sample goes through.
public enum LoadingStage: Int, Sendable, CaseIterable, CustomStringConvertible {
    /// Its files are read.
    case read
    /// Its image is decoded.
    case decode
    /// Its square is resampled.
    case resample
    /// Its prompt is turned into ids.
    case tokenize
    /// A batch is made of it and others.
    case collate

    /// The stage's name.
    public var description: String {
        switch self {
        case .read: "read"
        case .decode: "decode"
        case .resample: "resample"
        case .tokenize: "tokenize"
        case .collate: "collate"
        }
    }
}
