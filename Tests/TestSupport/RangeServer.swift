import Foundation
package import RedCapsBase
package import Synchronization

/// A server on the loopback interface that gives ranges of files, each after a while: a line `NAME
/// OFFSET COUNT` brings a status byte and the bytes; the name `/` brings the names and lengths of all
/// files.
package final class RangeServer: Sendable {
    /// How it answers.
    package struct Behavior: Sendable {
        /// How long it waits before it answers, in milliseconds.
        package var delay = 20
        /// Files of which it never gives a byte.
        package var silent: Set<String> = []
        /// How many requests it refuses before it gives the first byte of a range, by its start.
        package var refusals = 0
    }

    package let port: UInt16
    package let behavior = ConditionLock(Behavior())
    /// Requests so far.
    package let requests = Atomic(0)
    private let files: [String: [UInt8]]
    private let listener: CInt
    private let refused = ConditionLock<[String: Int]>([:])

    package init(folder: String) throws {
        var files: [String: [UInt8]] = [:]
        for name in try FolderListing.fileNames(folder) where name.hasSuffix(".tar") {
            files[name] = try OpenFile.contents(of: folder + "/" + name)
        }
        self.files = files
        let listener = Self.makeSocket()
        var address = Self.address(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, pointer, &length) == 0
            }
        }
        guard listener >= 0, bound else {
            throw StoreError.system("loopback", "listen")
        }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        try WorkerThread.start { [weak self] in
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                guard let self else {
                    close(connection)
                    return
                }
                _ = WorkerThread.start(1) { [self] in serve(connection) }
            }
        }
    }

    deinit {
        shutdown(listener, CInt(SHUT_RDWR))
        close(listener)
    }

    static func makeSocket() -> CInt {
        #if canImport(Darwin)
        socket(AF_INET, SOCK_STREAM, 0)
        #else
        socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        #endif
    }

    static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private func serve(_ connection: CInt) {
        defer { close(connection) }
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(connection, &byte, 1) == 1, byte != 10 { line.append(byte) }
        let parts = String(decoding: line, as: UTF8.self).split(separator: " ").map(String.init)
        guard let name = parts.first else { return }
        requests.wrappingAdd(1, ordering: .relaxed)
        let behavior = behavior.update { $0 }
        MonotonicTime.sleep(milliseconds: behavior.delay)
        if behavior.silent.contains(name) {
            // Until whoever has asked gives up.
            while read(connection, &byte, 1) > 0 {}
            return
        }
        var answer: [UInt8]
        if name == "/" {
            let lines = files.keys.sorted().map { "\($0) \(files[$0]?.count ?? 0)\n" }
            answer = Array(lines.joined().utf8)
        } else {
            guard parts.count == 3, let file = files[name], let offset = Int(parts[1]),
                let count = Int(parts[2]), offset <= file.count
            else { return }
            answer = Array(file[offset..<min(offset + count, file.count)])
        }
        let refuses = refused.update { refused in
            let key = line.isEmpty ? "" : String(decoding: line, as: UTF8.self)
            refused[key, default: 0] += 1
            return refused[key] ?? 0 <= behavior.refusals
        }
        let status: UInt8 = refuses ? 1 : 0
        answer = [status] + (refuses ? [] : answer)
        answer.withUnsafeBytes { _ = System.write($0, to: connection) }
    }
}

/// Asks a range server, with a connection for each request.
package enum RangeClient {
    /// The answer to a request.
    /// - Throws: `StoreError` with `ETIMEDOUT` if there is none within 300 milliseconds, with `EIO`
    ///   if the server refuses.
    package static func ask(_ request: String, port: UInt16) throws(StoreError) -> [UInt8] {
        let name = String(request.prefix { $0 != " " })
        let connection = RangeServer.makeSocket()
        guard connection >= 0 else { throw .system(name, "connect") }
        defer { close(connection) }
        var limit = timeval(tv_sec: 0, tv_usec: 300_000)
        setsockopt(
            connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = RangeServer.address(port: port)
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard connected else { throw .system(name, "connect") }
        _ = Array((request + "\n").utf8).withUnsafeBytes { System.write($0, to: connection) }
        var answer: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(connection, &piece, piece.count, 0)
            if count < 0 {
                throw StoreError(
                    .system, file: name, reason: "no answer in time", systemError: ETIMEDOUT)
            }
            if count == 0 { break }
            answer += piece[..<count]
        }
        guard answer.first == 0 else {
            throw StoreError(.system, file: name, reason: "refused", systemError: EIO)
        }
        return Array(answer.dropFirst())
    }
}
