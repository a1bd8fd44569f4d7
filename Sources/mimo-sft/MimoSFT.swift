@main
struct MimoSFT {
    static func main() {}
}
