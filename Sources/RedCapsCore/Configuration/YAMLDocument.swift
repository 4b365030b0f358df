#if YAML
package import RedCapsBase
internal import Yams

extension JSONValue {
    /// Parses a document of YAML, with the types that PyYAML gives it.
    ///
    /// So `1e5` is text, `010` is 8 and `yes` is true. Tuples and sets of Python's are arrays, and keys
    /// are text. An alias stands for a copy of what its anchor marks; a document of more than a
    /// million values, copies included, is refused.
    /// - Throws: `YAMLError` with the line.
    package init(parsingYAML bytes: [UInt8]) throws(YAMLError) {
        guard bytes.count <= 1 << 24 else {
            throw YAMLError("a configuration of more than 16 MiB isn't read")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw YAMLError("the file isn't UTF-8")
        }
        var document = try YAMLDocument(text)
        self = try document.read()
    }
}

/// Makes values of the nodes that Yams finds.
///
/// Yams loses a U+FEFF that a text begins with, where PyYAML keeps it. So another private character goes
/// before each, and before each escape of it, and is taken out of what Yams gives.
///
/// Yams would put copies in the place of aliases, and compare even those that are keys: a few lines
/// could keep it busy for ever. So it never sees an alias: every asterisk is replaced with a private
/// character, which turns `*name` into plain text that begins with it, as no plain text can begin
/// with an asterisk. Copies are then made here, and counted. Refusing anchors would be less, but files that
/// are written by hand share prompt templates with them, and what PyYAML reads is to be read.
private struct YAMLDocument {
    private static let maximumCount = 1_000_000
    /// As deep as JSON may be.
    private static let maximumDepth = 900

    /// A value with the number of values in it, itself included, and how deep they are nested.
    private struct Value {
        var json: JSONValue
        var count = 1
        var depth = 0

        mutating func contain(_ other: Value) {
            count += other.count
            depth = max(depth, other.depth + 1)
        }
    }

    private let text: String
    private let marker: Unicode.Scalar
    private let shield: Unicode.Scalar
    private var anchors: [ExactText: Value] = [:]

    init(_ text: String) throws(YAMLError) {
        // Neither in the text nor, as an escape, in what it stands for.
        let lowercased = text.lowercased()
        let free = (UInt32(0xE000)..<0xE100).lazy.compactMap(Unicode.Scalar.init).filter {
            scalar in
            !text.unicodeScalars.contains(scalar)
                && !lowercased.contains(String(scalar.value, radix: 16))
        }.prefix(2)
        guard let marker = free.first, let shield = free.last, marker != shield else {
            throw YAMLError("too many characters of private use")
        }
        self.marker = marker
        self.shield = shield
        self.text = Self.prepared(text, marker: marker, shield: shield)
    }

    mutating func read() throws(YAMLError) -> JSONValue {
        do {
            let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
            defer { withExtendedLifetime(parser) {} }  // it owns the anchors
            guard let root = try parser.singleRoot() else { return .null }
            return try value(of: root, depth: 0).json
        } catch let error as YAMLError {
            throw error
        } catch {
            throw failure(error)
        }
    }

    // MARK: Nodes

    private mutating func value(of node: Node, depth: Int) throws(YAMLError) -> Value {
        // What is deeper isn't even looked into.
        guard depth <= Self.maximumDepth else { throw tooDeep(node) }
        var value: Value
        switch node {
        case .scalar(let scalar): value = try self.value(of: scalar, node)
        case .sequence(let sequence):
            try check(sequence.tag, ["seq", "python/list", "python/tuple"], node)
            value = Value(json: .null)
            var elements: [JSONValue] = []
            for element in sequence {
                let element = try self.value(of: element, depth: depth + 1)
                elements.append(element.json)
                value.contain(element)
            }
            value.json = .array(elements)
        case .mapping(let mapping): value = try self.value(of: mapping, node, depth)
        case .alias: throw failure(node, "an alias in an odd place")
        }
        guard depth + value.depth <= Self.maximumDepth else { throw tooDeep(node) }
        guard value.count <= Self.maximumCount else {
            throw failure(node, "with its aliases it has more than \(Self.maximumCount) values")
        }
        if let anchor = node.anchor { anchors[ExactText(anchor.rawValue)] = value }
        return value
    }

    private mutating func value(
        of mapping: Node.Mapping, _ node: Node, _ depth: Int
    ) throws(YAMLError) -> Value {
        let isSet = mapping.tag.description == Self.tag("set")
        try check(mapping.tag, ["map", "python/dict", "set"], node)
        var value = Value(json: .null)
        var own: [ExactText: JSONValue] = [:]
        var merged: [ExactText: JSONValue] = [:]
        for (key, inner) in mapping {
            let isMerge = key.scalar?.style == .plain && key.scalar?.string == "<<"
            let name = isMerge ? "<<" : try self.key(key)
            let inner = try self.value(of: inner, depth: depth + 1)
            value.contain(inner)
            if isMerge {
                try merge(inner.json, into: &merged, node)
            } else {
                own[ExactText(name)] = inner.json
            }
        }
        if isSet {
            value.json = .array(own.keys.sorted().map { .string($0.text) })
        } else {
            value.json = .object(merged.merging(own) { $1 })
        }
        return value
    }

    private mutating func key(_ node: Node) throws(YAMLError) -> String {
        guard let scalar = node.scalar else {
            throw failure(node, "keys that are lists or dictionaries aren't supported")
        }
        guard scalar.style == .plain, scalar.string.unicodeScalars.first == marker else {
            let key = original(scalar.string)
            if let anchor = node.anchor {
                anchors[ExactText(anchor.rawValue)] = Value(json: .string(key))
            }
            return key
        }
        guard case .string(let key) = try value(of: scalar, node).json else {
            throw failure(node, "an alias that is a key must be that of text")
        }
        return key
    }

    /// Takes over what `<<` names: of several dictionaries the first that has a key counts.
    private func merge(
        _ value: JSONValue, into merged: inout [ExactText: JSONValue], _ node: Node
    ) throws(YAMLError) {
        let parts = if case .array(let parts) = value { parts } else { [value] }
        for part in parts {
            guard case .object(let values) = part else {
                throw failure(node, "<< takes a dictionary, or a list of dictionaries")
            }
            merged.merge(values) { first, _ in first }
        }
    }

    private func value(of scalar: Node.Scalar, _ node: Node) throws(YAMLError) -> Value {
        let text = original(scalar.string)
        let isPlain = scalar.style == .plain
        if isPlain, scalar.string.unicodeScalars.first == marker {
            let name = String(text.unicodeScalars.dropFirst())
            guard let value = anchors[ExactText(name)] else {
                throw failure(node, "the alias *\(name) has no anchor before it")
            }
            return value
        }
        let tag = scalar.tag.description
        if isPlain, tag.isEmpty || tag == "!" { return Value(json: YAMLScalar.value(of: text)) }
        let json: JSONValue? =
            switch tag {
            case "", "!", Self.tag("str"), Self.tag("python/str"), Self.tag("python/unicode"):
                .string(text)
            case Self.tag("null"), Self.tag("python/none"): .null
            case Self.tag("bool"), Self.tag("python/bool"): YAMLScalar.bool(text)
            case Self.tag("int"), Self.tag("python/int"), Self.tag("python/long"):
                YAMLScalar.integer(text)
            case Self.tag("float"), Self.tag("python/float"):
                YAMLScalar.float(text) ?? Double(text).map(JSONValue.number)
            default: nil
            }
        guard let json else {
            throw failure(node, "\"\(text)\" can't be read with the tag \(tag)")
        }
        return Value(json: json)
    }

    // MARK: Text

    private static func tag(_ name: String) -> String { "tag:yaml.org,2002:\(name)" }

    private func check(_ tag: Tag, _ names: [String], _ node: Node) throws(YAMLError) {
        let tag = tag.description
        guard tag.isEmpty || tag == "!" || names.contains(where: { tag == Self.tag($0) }) else {
            throw failure(node, "the tag \(tag) isn't supported")
        }
    }

    private func original(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where scalar != shield {
            result.append(scalar == marker ? "*" : scalar)
        }
        return String(result)
    }

    /// A text without asterisks, and with a shield before each U+FEFF, and before each escape of it: where
    /// that is no escape, the shield goes again like any other. Of those that begin the file, two are no
    /// text: one tells the encoding, and one may begin a document.
    private static func prepared(
        _ text: String, marker: Unicode.Scalar, shield: Unicode.Scalar
    ) -> String {
        var scalars = text.unicodeScalars[...]
        for _ in 0..<2 where scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        var result = String.UnicodeScalarView()
        var isEscaped = false
        for (place, scalar) in zip(scalars.indices, scalars) {
            switch scalar {
            case "*": result.append(marker)
            case "\u{FEFF}":
                result.append(shield)
                result.append(scalar)
            case "\\":
                if !isEscaped, isEscapedMark(scalars[place...]) { result.append(shield) }
                result.append(scalar)
            default: result.append(scalar)
            }
            isEscaped = scalar == "\\" && !isEscaped
        }
        return String(result)
    }

    private static func isEscapedMark(_ text: Substring.UnicodeScalarView) -> Bool {
        let ahead = String(text.prefix(10))
        return ahead.hasPrefix("\\u") && ahead.dropFirst(2).prefix(4).lowercased() == "feff"
            || ahead.hasPrefix("\\U") && ahead.dropFirst(2).lowercased() == "0000feff"
    }

    // MARK: Failures

    private func failure(_ node: Node, _ reason: String) -> YAMLError {
        YAMLError(reason, line: node.mark?.line)
    }

    private func tooDeep(_ node: Node) -> YAMLError {
        failure(node, "nested more than \(Self.maximumDepth) deep")
    }

    private func failure(_ error: any Error) -> YAMLError {
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _),
            .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            YAMLError(
                original([context?.text, problem].compactMap(\.self).joined(separator: ", ")),
                line: mark.line)
        case .reader(let problem, _, _, _): YAMLError(problem)
        case .duplicatedKeysInMapping(let keys, let context):
            YAMLError(
                "a key comes twice: \(original(keys.joined(separator: ", ")))",
                line: context.mark.line)
        default: YAMLError("\(error)")
        }
    }
}
#endif
