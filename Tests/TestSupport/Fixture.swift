import Foundation

/// The committed files in `Tests/Fixtures`: inputs and golden values, made by the scripts there.
package enum Fixture {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures")

    package static func path(_ name: String) -> String { folder.appending(path: name).path() }

    package static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: name)))
    }

    package static func decode<Value: Decodable>(
        _ type: Value.Type = Value.self, from name: String
    ) throws -> Value {
        try JSONDecoder().decode(type, from: Data(contentsOf: folder.appending(path: name)))
    }
}
