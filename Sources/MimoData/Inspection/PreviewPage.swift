/// A page of previews: one file, without scripts and without anything to fetch.
public struct PreviewPage: Sendable {
    private var body = ""

    /// An empty page.
    public init() {}

    /// Adds a sample.
    public mutating func append(_ preview: RowPreview) {
        body += preview.html
    }

    /// Adds a row that cannot be used.
    public mutating func append(_ origin: RowOrigin, _ error: any Error) {
        body +=
            "<section>\n<h2 class=\"bad\">\(Visible.html("\(origin): \(Visible.text("\(error)"))"))</h2>\n</section>\n"
    }

    /// The page.
    public var html: String {
        """
        <!DOCTYPE html>
        <html>
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>What is learned</title>
        <style>
        body { font-family: sans-serif; margin: 2em; max-width: 70em }
        pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid #ccc; padding: 1em; unicode-bidi: plaintext }
        h2 { font-size: 1em } h2.bad { color: #b00 }
        .none { color: #888 } .one { background: #cfc } .less { background: #cff } .more { background: #fe9; font-weight: bold }
        </style>
        </head>
        <body>
        <p><span class="none">not learned</span> <span class="less">learned less</span> \
        <span class="one">learned</span> <span class="more">learned more</span>; the rule behind a span is its tooltip.</p>
        \(body)</body>
        </html>

        """
    }
}
