internal import MimoFiles

/// A row that is tokenized already: `{"input_ids": […], "labels": […], "loss_scale": […]?}`.
struct TokenizedRow {
    let sample: Sample

    /// Checks the row. Without labels every token but the first is learned.
    ///
    /// - Throws: ``DataError/badTokenizedRow(_:)``.
    init(_ row: JSON, vocabularySize: Int, origin: RowOrigin) throws {
        let ids = try Self.integers(row["input_ids"], "input_ids")
        guard !ids.isEmpty else { throw DataError.empty }
        if let place = ids.firstIndex(where: { !(0..<vocabularySize).contains($0) }) {
            throw DataError.badTokenizedRow(
                "\"input_ids\"[\(place)] is \(ids[place]); the model's ids are 0 to \(vocabularySize - 1)"
            )
        }
        var labels = ids
        if let given = row["labels"], !given.isNull {
            labels = try Self.integers(given, "labels")
            try Self.checkCount(labels.count, ids.count, "labels")
            if let place = labels.indices.first(where: {
                labels[$0] != Int(Sample.ignored) && labels[$0] != ids[$0]
            }) {
                throw DataError.badTokenizedRow(
                    "\"labels\"[\(place)] is \(labels[place]); expected -100 or the id at that place, \(ids[place])"
                )
            }
        }
        var weights: [Float]?
        if let given = row["loss_scale"], !given.isNull {
            let scale = try Self.weights(given)
            try Self.checkCount(scale.count, ids.count, "loss_scale")
            weights = scale
        }
        var sample = Sample(
            ids: ids.map(Int32.init),
            labels: labels.map(Int32.init),
            lossScale: weights,
            origin: origin
        )
        sample.labels[0] = Sample.ignored
        sample.lossScale?[0] = 0
        self.sample = sample
    }

    private static func integers(_ value: JSON?, _ name: String) throws -> [Int] {
        guard let elements = value?.arrayValue else {
            throw DataError.badTokenizedRow(
                "\"\(name)\" is \(value?.kind ?? "missing"); expected an array of integers"
            )
        }
        return try elements.enumerated().map { place, element in
            guard let number = element.intValue, Int32(exactly: number) != nil else {
                throw DataError.badTokenizedRow(
                    "\"\(name)\"[\(place)] is \(element.text()); expected an integer"
                )
            }
            return number
        }
    }

    private static func weights(_ value: JSON) throws -> [Float] {
        guard let elements = value.arrayValue else {
            throw DataError.badTokenizedRow("\"loss_scale\" is \(value.kind); expected an array of numbers")
        }
        return try elements.enumerated().map { place, element in
            guard let number = element.doubleValue, number.isFinite, number >= 0 else {
                throw DataError.badTokenizedRow(
                    "\"loss_scale\"[\(place)] is \(element.text()); expected a number of at least 0"
                )
            }
            return Float(number)
        }
    }

    private static func checkCount(_ found: Int, _ expected: Int, _ name: String) throws {
        guard found == expected else {
            throw DataError.badTokenizedRow("\"\(name)\" has \(found) elements, \"input_ids\" \(expected)")
        }
    }
}
