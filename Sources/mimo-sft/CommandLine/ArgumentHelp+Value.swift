import ArgumentParser

extension ArgumentHelp {
    /// The help of an option, with the word that stands for its value: `--save-steps <n>`.
    static func taking(_ value: String, _ abstract: String) -> ArgumentHelp {
        ArgumentHelp(abstract, valueName: value)
    }
}
