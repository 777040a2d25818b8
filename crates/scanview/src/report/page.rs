//! A page that needs nothing but itself.

use segeval::html;
use std::fmt::Write;

/// A page of sections. Its texts are escaped, the HTML that it is given is not.
#[derive(Debug, Clone)]
pub struct Page {
    title: String,
    lead: String,
    sections: Vec<[String; 3]>,
}

impl Page {
    /// A page without sections.
    pub fn new(title: &str) -> Self {
        Page { title: html(title), lead: String::new(), sections: Vec::new() }
    }

    /// Adds HTML before the sections.
    pub fn lead(&mut self, text: &str) {
        self.lead += text;
    }

    /// Adds a section of HTML.
    pub fn section(&mut self, id: &str, heading: &str, text: &str) {
        self.sections.push([html(id), html(heading), text.to_owned()]);
    }

    /// The whole page. Its policy lets it load nothing and run nothing.
    pub fn to_html(&self) -> String {
        let Page { title, lead, sections } = self;
        let mut page = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
             img-src data:\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <link rel=\"icon\" href=\"data:,\">\n<title>{title}</title>\n<style>\n{}</style>\n</head>\n<body>\n\
             <a class=\"skip\" href=\"#main\">To the content</a>\n<header><h1>{title}</h1>\n<nav aria-label=\"Sections\">\
             <ul>\n",
            include_str!("style.css")
        );
        for [id, heading, _] in sections {
            let _ = writeln!(page, "<li><a href=\"#{id}\">{heading}</a></li>");
        }
        let _ = write!(page, "</ul></nav></header>\n<main id=\"main\">\n{lead}");
        for [id, heading, text] in sections {
            let _ = write!(page, "<section id=\"{id}\">\n<h2>{heading}</h2>\n{text}</section>\n");
        }
        let program = concat!("scanseg ", env!("CARGO_PKG_VERSION"));
        page + &format!("</main>\n<footer>Written by {program}.</footer>\n</body>\n</html>\n")
    }
}

/// A chart, which scrolls sideways where it is wider than the page.
pub(super) fn chart(name: &str, svg: &str) -> String {
    let name = html(name);
    format!(
        "<figure class=\"scroll chart\" role=\"region\" aria-label=\"Chart: {name}\" tabindex=\"0\">{svg}</figure>\n"
    )
}

/// What is folded away.
pub(super) fn details(summary: &str, text: &str) -> String {
    format!("<details><summary>{}</summary>\n{text}</details>\n", html(summary))
}

/// Text as it is, such as commands.
pub(super) fn code(text: &str) -> String {
    format!("<pre tabindex=\"0\"><code>{}</code></pre>\n", html(text))
}

/// Something that readers should not miss.
pub(super) fn warning(text: &str) -> String {
    format!("<p class=\"warning\"><strong>Note:</strong> {}</p>\n", html(text))
}

/// For sections that need an evaluation.
pub(super) fn nothing() -> String {
    "<p>There is no evaluation.</p>\n".to_owned()
}

/// The name of a file beside the page as a link.
pub(super) fn address(file: &str) -> String {
    let mut address = "./".to_owned();
    for byte in file.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => address.push(byte.into()),
            byte => _ = write!(address, "%{byte:02X}"),
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_beside_the_page() {
        assert_eq!(address("view-scene0000_00.html"), "./view-scene0000_00.html");
        assert_eq!(address("javascript:a(\"<é>\").html"), "./javascript%3Aa%28%22%3C%C3%A9%3E%22%29.html");
    }
}
