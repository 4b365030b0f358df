/// A token that is found in a text before anything else is done with it.
struct AddedToken: Sendable, Hashable {
    var content: String
    /// Whether it is left out on decoding, and may be told to mean nothing in a text.
    var isSpecial = false
    /// Whether it must not touch letters, digits or the like.
    var isSingleWord = false
    /// Whether white space before it belongs to it.
    var stripsLeft = false
    /// Whether white space after it belongs to it.
    var stripsRight = false
    /// Whether it is looked for in the normalized text, in its own normalized form.
    var isNormalized = true
}
