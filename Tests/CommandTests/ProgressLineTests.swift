import Testing
import redcaps

@Suite("Progress in a line")
struct ProgressLineTests {
    private let line = ProgressLine(done: 250, total: 1000, unit: "samples", seconds: 5)

    @Test("With room enough it has all there is to say")
    func wide() {
        let bar = String(repeating: "█", count: 8) + String(repeating: "░", count: 24)
        #expect(line.text(width: 200) == "\(bar) 25 %  250/1000 samples  50/s  15 s left")
    }

    @Test("It never is longer than its width, and keeps the percentage where that fits")
    func fits() {
        for width in 0...120 {
            let text = line.text(width: width)
            #expect(text.count <= width)
            #expect(text.contains("25 %") == (width >= 4), "\(text)")
        }
    }

    @Test("The bar becomes shorter first, then the later words go")
    func shrinks() {
        #expect(
            line.text(width: 60)
                == "█████░░░░░░░░░░░░░░░ 25 %  250/1000 samples  50/s  15 s left")
        #expect(line.text(width: 47).hasSuffix("░ 25 %  250/1000 samples  50/s"))
        #expect(line.text(width: 36).hasSuffix("░ 25 %  250/1000 samples"))
        #expect(line.text(width: 24).hasSuffix("░ 25 %"))
        #expect(line.text(width: 13) == "██░░░░░░ 25 %")
    }

    @Test("Nothing done, more done than there is, and no total make a line as well")
    func ends() {
        #expect(
            ProgressLine(done: 0, total: 0, unit: "", seconds: 0).text(width: 80).contains("0 %"))
        let over = ProgressLine(done: .max, total: 1, unit: "MB", seconds: 1).text(width: 200)
        #expect(over.contains("100 %") && !over.contains("░"))
        let none = ProgressLine(done: 0, total: .max, unit: "MB", seconds: 1e9).text(width: 200)
        #expect(none.contains(" 0 %"))
    }
}
