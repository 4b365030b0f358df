"""Texts to try tokenizers on, drawn from a seed; Tests/RedCapsTokenizersTests/Texts.swift draws the same.

Captions as people write them, strings meant to break a tokenizer, and random bytes decoded with U+FFFD for what isn't UTF-8.
"""
from pathlib import Path

WORDS = (Path(__file__).parent / "tokenizers" / "words.txt").read_text().split()
FOREIGN = ["café", "naïve", "crème brûlée", "jalapeño", "Zürich", "東京", "富士山の夕焼け", "小さな猫", "一只可爱的小狗", "서울", "한복을 입은", "Москва", "закат",
           "القاهرة", "שלום", "Αθήνα", "दिल्ली", "ไทย", "🎨", "👩🏽‍🚀", "🇫🇷", "❤️", "“old”", "—", "…", "½", "№", "°C", "×"]
SYLLABLES = ["ka", "ri", "ton", "mar", "el", "vi", "sho", "ber", "lin", "da", "qu", "zen", "os", "th", "ar", "wy", "mi", "gr"]
RANGES = [(0x00, 0x7F), (0x20, 0x7E), (0x80, 0xFF), (0x100, 0x24F), (0x250, 0x36F), (0x300, 0x36F), (0x370, 0x52F), (0x530, 0x5FF), (0x600, 0x6FF),
          (0x700, 0x8FF), (0x900, 0x9FF), (0xA00, 0xDFF), (0xE00, 0x109F), (0x10A0, 0x139F), (0x1400, 0x17FF), (0x1800, 0x1CFF), (0x1D00, 0x1FFF),
          (0x2000, 0x206F), (0x2070, 0x20FF), (0x2100, 0x23FF), (0x2460, 0x27BF), (0x2800, 0x2BFF), (0x2C00, 0x2E7F), (0x2E80, 0x303F), (0x3040, 0x33FF),
          (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA000, 0xABFF), (0xAC00, 0xD7FF), (0xE000, 0xFDFF), (0xFE00, 0xFFFF), (0x10000, 0x10FFF),
          (0x11000, 0x11FFF), (0x12000, 0x16FFF), (0x17000, 0x1CFFF), (0x1D000, 0x1DFFF), (0x1E000, 0x1EFFF), (0x1F000, 0x1FAFF), (0x1FB00, 0x2FFFF),
          (0x30000, 0x3FFFF), (0xE0000, 0xE01FF), (0xF0000, 0x10FFFF)]
SPACES = [" ", "  ", "\t", "\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1f", "\x85", "\xa0", "\u1680", "\u2003", "\u2028", "\u2029", "\u202f", "\u3000", "\u200b", "\ufeff"]
PIECES = ["'s", "'S", "'ſ", "'ll", "'LL", "'Re", "'ve", "'VE", "'d", "'m", "'t", "'", "''", "’s", "don't", "I'M", "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|im_start|",
          "<img>", "</img>", "<IMG_CONTEXT>", "<s>", "</s>", "<pad>", "<mask>", "</w>", "<|endofprompt|>", "[INST]", "\0", "1", "12", "1234567", "١٢٣", "½", "Ⅷ", "²", "10,000.50",
          "a/b", "http://x.y/z?q=1", "_", "__init__", "#", "!!!", "...", "\n\n", " \n ", "  \r\n\r\n", "İ", "ǅ", "ß", "ﬁ", "Å", "A\u030a", "e\u0301\u0323", "e\u0323\u0301", "\u1100\u1161\u11a8",
          "가\u11a8", "각", "\u0958", "\u0344", "\u1e9b\u0323", "\u2126", "㎢", "Ａ", "ｶﾞ", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🤦🏽‍♀️", "🇩🇪", "1️⃣", "مرحبا", "\u202eabc\u202c", "\u200d", "\u200f", "\ufffd",
          "ab", "The", "THE", "iPhone", "XMLHttp", "é", "日本", "ñ", "Привет", "ΑΣ", "\U0001d400", "\U00010400", "\u0345", "\U00011935\U00011930"]


class Draws:
    """SplitMix64."""

    def __init__(self, seed: int):
        self.state = seed

    def next(self) -> int:
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    def below(self, n: int) -> int:
        return ((self.next() >> 32) * n) >> 32

    def choose(self, values):
        return values[self.below(len(values))]


def scalar(draws: Draws) -> str:
    low, high = draws.choose(RANGES)
    return chr(low + draws.below(high - low + 1))


def word(draws: Draws) -> str:
    index = draws.below(1 << 16)
    text = WORDS[(index * index >> 16) * len(WORDS) >> 16]
    kind = draws.below(200)
    if kind < 4:
        text += "'s"
    elif kind < 7:
        text += "-" + draws.choose(WORDS)
    elif kind < 10:
        text = str(draws.below(2000))
    elif kind < 12:
        text = draws.choose(FOREIGN)
    elif kind < 16:
        text = "".join(draws.choose(SYLLABLES) for _ in range(2 + draws.below(3))).capitalize()
    elif kind < 18:
        text = '"' + text + '"'
    elif kind < 19:
        text = "(" + text + ")"
    elif kind < 20:
        text = text.upper()
    return text


def caption(draws: Draws) -> str:
    text = ""
    for sentence in range(2 + draws.below(7)):
        if sentence:
            text += " "
        count = 6 + draws.below(13)
        for position in range(count):
            chosen = word(draws)
            if position == 0:
                chosen = chosen[:1].upper() + chosen[1:] if chosen.isascii() else chosen
            text += (" " if position else "") + chosen
            if position + 1 < count and draws.below(12) == 0:
                text += ","
        text += "."
    return text


def hostile(draws: Draws) -> str:
    kind = draws.below(8)
    if kind == 0:
        return "".join(scalar(draws) for _ in range(1 + draws.below(24)))
    if kind == 1:
        return draws.choose(PIECES + SPACES + ["a", "é", "日", "🙂", "!", "\0"]) * (1 + draws.below(300))
    if kind == 2:
        return "".join(draws.choose(SPACES) for _ in range(1 + draws.below(12)))
    if kind == 3:
        return "".join(draws.choose(PIECES) + draws.choose(SPACES) for _ in range(1 + draws.below(8)))
    if kind == 4:
        base = scalar(draws)
        return base + "".join(chr(0x300 + draws.below(0x70)) for _ in range(draws.below(8))) + scalar(draws)
    text = ""
    for _ in range(1 + draws.below(16)):
        pick = draws.below(4)
        text += scalar(draws) if pick == 0 else draws.choose(PIECES) if pick == 1 else draws.choose(SPACES) if pick == 2 else draws.choose(WORDS)
    return text


def noise(draws: Draws) -> str:
    kind = draws.below(3)
    values = [draws.below(256) if kind == 0 else draws.below(128) if draws.below(3) else 0x80 + draws.below(128) for _ in range(draws.below(40))]
    return bytes(values).decode("utf-8", "replace")


def texts(kind: str, count: int) -> list[str]:
    draw, seed = {"captions": (caption, 1), "hostile": (hostile, 2), "noise": (noise, 3)}[kind]
    draws = Draws(seed)
    return [draw(draws) for _ in range(count)]
