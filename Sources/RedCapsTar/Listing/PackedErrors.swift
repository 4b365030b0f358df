package import RedCapsBase

extension PackedBytes {
    /// Adds errors of one file, which the reader knows.
    package mutating func append(_ errors: [StoreError]) {
        append(UInt64(errors.count), width: 8)
        for error in errors {
            append(error.code.description)
            append(error.member ?? "")
            append(error.byteOffset ?? .max, width: 8)
            append(error.reason)
        }
    }
}

extension PackedReader {
    /// Errors of a file; `nil` for bytes that aren't those of any.
    package mutating func errors(of file: String) -> [StoreError]? {
        guard let count = number(8) else { return nil }
        var errors: [StoreError] = []
        for _ in 0..<count {
            guard let code = string(), let member = string(), let offset = number(8),
                let reason = string()
            else { return nil }
            errors.append(
                StoreError(
                    StoreError.Code(code), file: file, member: member.isEmpty ? nil : member,
                    byteOffset: offset == .max ? nil : offset, reason: reason))
        }
        return errors
    }
}
