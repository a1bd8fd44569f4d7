import MimoFiles

/// What `logging.jsonl` tells of a run, as series over the steps.
struct RunHistory {
    /// A number over the steps.
    struct Series {
        /// Its name in the log, such as `loss` or `eval_loss`.
        let name: String
        /// Steps and values, in order.
        var points: [(step: Double, value: Double)]
    }

    /// The series in the order in which their names first occur.
    private(set) var series: [Series] = []
    /// Alarms by step, in order.
    private(set) var alarms: [(step: Int, text: String)] = []
    /// The last line of the log that tells of training.
    private(set) var lastLine: JSON?

    /// Reads a log; lines that are no JSON are passed over.
    ///
    /// - Throws: ``MimoFiles/FileError`` where the file cannot be read.
    init(log path: String) throws {
        let reader = try LineReader(path: path)
        while let line = try reader.next() {
            guard let json = try? JSON(parsing: line.bytes), let members = json.objectValue,
                let step = AppendedLog.step(of: json)
            else { continue }
            if members["loss"] != nil { lastLine = json }
            for (name, value) in members {
                guard let value = value.doubleValue else { continue }
                let place = series.firstIndex { $0.name == name } ?? series.count
                if place == series.count { series.append(Series(name: name, points: [])) }
                series[place].points.append((Double(step), value))
            }
            for alarm in json["alarms"]?.arrayValue ?? [] {
                if let text = alarm.stringValue { alarms.append((step, text)) }
            }
        }
    }

    /// The series of a name.
    subscript(name: String) -> Series? { series.first { $0.name == name } }

    /// Name and value of each number in a line of the log, as TensorBoard groups them: `train/loss`, `eval/loss`.
    static func scalars(_ line: JSON) -> [(tag: String, value: Double)] {
        (line.objectValue ?? JSONObject()).compactMap { name, value in
            value.doubleValue.map {
                (name.hasPrefix("eval_") ? "eval/\(name.dropFirst(5))" : "train/\(name)", $0)
            }
        }
    }
}
