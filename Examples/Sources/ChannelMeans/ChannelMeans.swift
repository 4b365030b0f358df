import RedCapsCore

/// Prints the mean and the standard deviation of each colour channel of a data set, in the units
/// that a model sees (-1 ... 1).
@main
struct ChannelMeans {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard (2...3).contains(arguments.count) else {
            return print("usage: ChannelMeans CONFIG.json [ROOT]")
        }
        let training = try TrainingConfiguration(file: arguments[1])
        let dataset = try ConcatDataset(
            training, root: arguments.count == 3 ? arguments[2] : nil)
        let loader = try DataLoader(
            dataset, LoaderOptions(batchSize: 32, sampler: .sequential))

        var channels = [Moments](repeating: Moments(), count: 3)
        var samples = 0
        for try await batch in loader {
            samples += batch.count
            let plane = batch.pixelValues.width * batch.pixelValues.height
            try batch.pixelValues.withSpan { floats in
                for start in stride(from: 0, to: floats.count, by: plane) {
                    channels[start / plane % 3].add(floats.extracting(start..<(start + plane)))
                }
            }
        }
        print("\(samples) samples of \(dataset.imageSize)²")
        for (name, moments) in zip(["red", "green", "blue"], channels) {
            print("\(name): mean \(moments.mean), deviation \(moments.deviation)")
        }
    }
}

/// Sums that mean and deviation follow from.
struct Moments {
    private var count = 0.0
    private var sum = 0.0
    private var squares = 0.0

    mutating func add(_ values: Span<Float>) {
        for index in values.indices {
            let value = Double(values[index])
            sum += value
            squares += value * value
        }
        count += Double(values.count)
    }

    var mean: Double { sum / count }
    var deviation: Double { (squares / count - mean * mean).squareRoot() }
}
