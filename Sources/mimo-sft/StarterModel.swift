import MimoFiles

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The small model that comes with the program and is used where no other is named.
enum StarterModel {
    /// Its folder: beside this program as the package manager builds it, or where an installation puts it.
    ///
    /// - Throws: ``UsageError`` where it stands in neither.
    static func folder() throws -> String {
        let program = programFolder
        let places = [
            "\(program)/mimo-sft_mimo-sft.resources/MiMo-Nano",
            "\(Folder.parent(of: program))/share/mimo-sft/MiMo-Nano",
        ]
        guard let found = places.first(where: { Folder.exists("\($0)/config.json") }) else {
            throw UsageError(
                "--model is missing; expected a model's folder or the id of one in a cache (MiMo-Nano, which would "
                    + "be used, stands neither in \(places.joined(separator: " nor in ")))"
            )
        }
        Console.note(
            "no --model: using MiMo-Nano, the starter model; for a real run pass --model FOLDER, such as MiMo-7B-RL"
        )
        return found
    }

    /// The folder of the running program, links followed.
    private static var programFolder: String {
        guard let path = realpath("/proc/self/exe", nil) else { return "." }
        defer { free(path) }
        return Folder.parent(of: String(cString: path))
    }
}
