internal import MimoFiles

/// Checks data sets: every row gets a verdict, and the whole a summary in which all rows are accounted for.
public struct DataDoctor: Sendable {
    private let loader: DatasetLoader

    /// A doctor for what a loader would load.
    public init(_ loader: DatasetLoader) {
        self.loader = loader
    }

    /// What the doctor found in all rows together.
    public struct Summary: Sendable {
        /// How many rows were read, kept and dropped, and why.
        public internal(set) var report = RowReport()
        /// How many rows have each finding.
        public internal(set) var findings: [RowFinding.Kind: Int] = [:]
        /// How many samples have a length of at least 2^k and below 2^(k+1) tokens, by k.
        public internal(set) var histogram: [Int] = []
        /// The length of the longest sample, in tokens.
        public internal(set) var longest = 0

        /// Whether every row is used and nothing is odd.
        public var isFine: Bool { report.droppedCount == 0 && findings.isEmpty }
    }

    /// Checks every row of the items of `--dataset`, in order, without keeping any.
    ///
    /// - Parameter take: gets each row's check.
    /// - Returns: the summary.
    /// - Throws: ``FileError`` or ``DataError`` where an item cannot be read, and what `take` throws.
    public func check(take: (RowCheck) throws -> Void) throws -> Summary {
        var summary = Summary()
        var seen = SeenRows()
        guard let encoder = loader.encoder as? RowEncoder else {
            throw DataError.badOption(
                "model",
                reason: "has no tokenizer or no template, so conversations cannot be checked"
            )
        }
        let controlTokens = ControlTokens(encoder.tokenizer)
        try DatasetInspector(loader).forEach(
            work: { raw, standardizer in
                RowExamination.check(
                    raw,
                    standardizer: standardizer,
                    encoder: encoder,
                    controlTokens: controlTokens
                )
            },
            take: { _, _, result in
                var check = try result.get()
                if let fingerprint = check.fingerprint, let first = seen.insert(fingerprint, at: check.origin)
                {
                    check.findings.append(RowFinding(.duplicate, "it is the same row as \(first)"))
                }
                summary.count(check)
                try take(check)
            }
        )
        return summary
    }
}

/// Where each row was first seen, in 16 bytes a row.
private struct SeenRows {
    private var places: [UInt64: (path: UInt32, line: UInt32)] = [:]
    private var paths: [String] = []

    /// The place where the same row was seen before, or nil where it is new.
    mutating func insert(_ fingerprint: UInt64, at origin: RowOrigin) -> RowOrigin? {
        if let place = places[fingerprint] {
            return RowOrigin(path: paths[Int(place.path)], line: Int(place.line))
        }
        if paths.last != origin.path { paths.append(origin.path) }
        places[fingerprint] = (UInt32(paths.count - 1), UInt32(clamping: origin.line))
        return nil
    }
}

extension DataDoctor.Summary {
    mutating func count(_ check: RowCheck) {
        if let defect = check.defect {
            report.drop(check.origin, reason: defect.reason, message: defect.message)
        } else {
            report.keep(
                lengths: check.lengths,
                countedTokens: check.countedTokens,
                spelledControlTokens: check.spelledControlTokens
            )
        }
        for kind in Set(check.findings.map(\.kind)) { findings[kind, default: 0] += 1 }
        for length in check.lengths {
            let bin = length < 1 ? 0 : Int.bitWidth - 1 - length.leadingZeroBitCount
            while histogram.count <= bin { histogram.append(0) }
            histogram[bin] += 1
            longest = max(longest, length)
        }
    }
}

extension DataDoctor.Summary: CustomStringConvertible {
    /// The report, the findings by how many rows have them, and the lengths as bars.
    public var description: String {
        var lines = ["\(report)"]
        for kind in RowFinding.Kind.allCases {
            if let count = findings[kind] { lines.append("  \(count) odd: \(kind.rawValue)") }
        }
        if let first = histogram.firstIndex(where: { $0 > 0 }), let most = histogram.max() {
            lines.append("lengths in tokens, the longest \(longest):")
            let width = String(1 << histogram.count).count
            for bin in first..<histogram.count {
                let bar = String(repeating: "█", count: (histogram[bin] * 40 + most - 1) / most)
                lines.append(
                    "  \(padded(1 << bin, width))–\(padded(1 << (bin + 1) - 1, width)) \(bar) \(histogram[bin])"
                )
            }
        }
        return lines.joined(separator: "\n")
    }

    private func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
