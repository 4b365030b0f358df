/// Small `tokenizer.json` files that are written by hand.
enum Models {
    static let byteLevel = #"{"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}"#
    static let bytePairs =
        #"{"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "Ġ": 3}, "merges": ["a b"]}"#

    /// A file of its parts.
    static func json(
        normalizer: String = "null", preTokenizer: String = byteLevel,
        postProcessor: String = "null", decoder: String = byteLevel, model: String = bytePairs,
        added: String = "[]", version: String = "1.0"
    ) -> String {
        """
        {"version": "\(version)", "truncation": null, "padding": null, "added_tokens": \(added),
         "normalizer": \(normalizer), "pre_tokenizer": \(preTokenizer),
         "post_processor": \(postProcessor), "decoder": \(decoder), "model": \(model)}
        """
    }
}
