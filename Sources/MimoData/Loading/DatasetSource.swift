internal import MimoFiles

/// An item of `--dataset` looked up: its files and what its rows need.
struct DatasetSource {
    let files: [String]
    let standardizer: RowStandardizer

    /// - Throws: ``DataError/badItem(_:reason:)`` where nothing is found or a subset is unknown, ``FileError``.
    init(_ item: DatasetItem, options: DatasetOptions) throws {
        guard Folder.exists(item.dataset) else {
            throw DataError.badItem(
                item.dataset,
                reason: item.dataset.utf8Starts(with: "/")
                    || item.hub == nil && item.dataset.utf8Contains(".")
                    ? "there is no such file or folder"
                    : "there is no such file or folder, and data sets are not downloaded; fetch it and give its path"
            )
        }
        if let sample = item.sample, sample < 1 {
            throw DataError.badItem(item.dataset, reason: "#\(sample) asks for no rows; expected at least 1")
        }
        files = try DatasetFiles.files(at: item.dataset)
        var standardizer = RowStandardizer(columns: options.columns)
        let selfCognition = { (subset: String) in
            try SelfCognition(subset: subset, name: options.modelName, author: options.modelAuthor)
        }
        let subsets = item.subsets.filter { !$0.isEmpty }
        if subsets.count > 1 {
            throw DataError.badItem(item.dataset, reason: "several subsets of a local data set; name one")
        }
        if let subset = subsets.first {
            standardizer.selfCognition = try selfCognition(subset)
        } else if Self.isSelfCognition(item.dataset) {
            standardizer.selfCognition = try selfCognition("default")
        } else if !options.modelName.isEmpty || !options.modelAuthor.isEmpty {
            standardizer.selfCognitionWherePlaceholdersStand = try selfCognition("default")
        }
        self.standardizer = standardizer
    }

    /// The reference's set is known by its name.
    private static func isSelfCognition(_ path: String) -> Bool {
        let name = Folder.name(of: path).lowercased().replacing("_", with: "-")
        return name.split(separator: ".").first.map(String.init) == "self-cognition"
    }
}
