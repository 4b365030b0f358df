import RedCapsBase

/// A token that is found in a text before anything else is done with it.
struct AddedToken: Sendable, Hashable {
    /// What it is told from others by: its bytes, never what Unicode calls the same.
    let spelling: ExactText
    /// Whether it is left out on decoding, and may be told to mean nothing in a text.
    var isSpecial: Bool
    /// Whether it must not touch letters, digits or the like.
    var isSingleWord: Bool
    /// Whether white space before it belongs to it.
    var stripsLeft: Bool
    /// Whether white space after it belongs to it.
    var stripsRight: Bool
    /// Whether it is looked for in the normalized text, in its own normalized form.
    var isNormalized: Bool

    var content: String { spelling.text }

    init(
        content: String, isSpecial: Bool = false, isSingleWord: Bool = false,
        stripsLeft: Bool = false, stripsRight: Bool = false, isNormalized: Bool = true
    ) {
        spelling = ExactText(content)
        self.isSpecial = isSpecial
        self.isSingleWord = isSingleWord
        self.stripsLeft = stripsLeft
        self.stripsRight = stripsRight
        self.isNormalized = isNormalized
    }
}
