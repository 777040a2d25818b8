//! Tables as plain text and as Markdown.

/// A table of text cells: a title, columns, rows, and notes below.
///
/// Short rows are filled up with empty cells; cells past the last column are dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    title: String,
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
    notes: Vec<String>,
}

/// On which side of the column its cells are aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

impl Table {
    /// A table without columns.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: printable(&title.into()), ..Self::default() }
    }

    /// Adds a column.
    pub fn column(mut self, header: impl Into<String>, align: Align) -> Self {
        self.columns.push((one_line(&header.into()), align));
        self
    }

    /// Adds a row.
    pub fn push(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        let mut row: Vec<String> = cells.into_iter().map(|cell| one_line(&cell.into())).collect();
        row.resize(self.columns.len(), String::new());
        self.rows.push(row);
    }

    /// Adds a line below the table.
    pub fn note(&mut self, text: impl Into<String>) {
        self.notes.push(printable(&text.into()));
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Plain text: aligned columns two spaces apart, a rule below the headers, and no spaces at the end of lines.
    pub fn to_text(&self) -> String {
        self.to_text_within(usize::MAX)
    }

    /// [`Table::to_text`] in lines of at most `width` characters: columns that do not fit follow below, each time beside
    /// the first column, and notes are wrapped. Lines are longer only where the first column and another alone are.
    pub fn to_text_within(&self, width: usize) -> String {
        let widths = self.widths(|cell| cell.to_owned());
        let mut lines = Vec::new();
        if !self.title.is_empty() {
            lines.extend([self.title.clone(), String::new()]);
        }
        for (part, columns) in parts(&widths, width).into_iter().enumerate() {
            if part > 0 {
                lines.push(String::new());
            }
            let line = |cells: &[&str]| {
                let padded = columns.iter().map(|&c| pad(cells[c], widths[c], self.columns[c].1));
                padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
            };
            lines.push(line(&self.headers()));
            lines.push(columns.iter().map(|&c| "-".repeat(widths[c])).collect::<Vec<_>>().join("  "));
            lines.extend(self.rows.iter().map(|row| line(&row.iter().map(String::as_str).collect::<Vec<_>>())));
        }
        if !self.notes.is_empty() {
            lines.push(String::new());
            lines.extend(self.notes.iter().map(|note| wrap(note, width)));
        }
        lines.join("\n") + "\n"
    }

    /// Markdown: a pipe table that is also aligned in its source.
    pub fn to_markdown(&self) -> String {
        let widths: Vec<usize> = self.widths(escape).into_iter().map(|width| width.max(3)).collect();
        let mut lines = Vec::new();
        if !self.title.is_empty() {
            lines.extend([format!("**{}**", escape(&self.title)), String::new()]);
        }
        let line = |cells: Vec<&str>| {
            let cells = cells.iter().zip(&widths).zip(&self.columns);
            let padded: Vec<String> =
                cells.map(|((cell, width), (_, align))| pad(&escape(cell), *width, *align)).collect();
            format!("| {} |", padded.join(" | "))
        };
        lines.push(line(self.headers()));
        let rules = widths.iter().zip(&self.columns).map(|(width, (_, align))| match align {
            Align::Left => "-".repeat(width + 2),
            Align::Right => "-".repeat(width + 1) + ":",
        });
        lines.push(format!("|{}|", rules.collect::<Vec<_>>().join("|")));
        lines.extend(self.rows.iter().map(|row| line(row.iter().map(String::as_str).collect())));
        for note in &self.notes {
            lines.extend([String::new(), escape(note)]);
        }
        lines.join("\n") + "\n"
    }

    /// HTML: a `table` that scrolls sideways where it is wider than the page, and a paragraph for each note. All texts are
    /// escaped. `name` is its name for screen readers.
    pub fn to_html(&self, name: &str) -> String {
        let class = |align: &Align| if *align == Align::Right { " class=\"number\"" } else { "" };
        let name = html(name);
        let mut page =
            format!("<div class=\"scroll\" role=\"region\" aria-label=\"{name}\" tabindex=\"0\">\n<table>\n");
        if !self.title.is_empty() {
            page += &format!("<caption>{}</caption>\n", html(&self.title));
        }
        let headers = self.columns.iter().map(|(header, align)| match header.is_empty() {
            true => "<td></td>".to_owned(),
            false => format!("<th scope=\"col\"{}>{}</th>", class(align), html(header)),
        });
        page += &format!("<thead><tr>{}</tr></thead>\n<tbody>\n", headers.collect::<String>());
        for row in &self.rows {
            page += "<tr>";
            for (place, (cell, (_, align))) in row.iter().zip(&self.columns).enumerate() {
                page += &match place {
                    0 => format!("<th scope=\"row\"{}>{}</th>", class(align), html(cell)),
                    _ => format!("<td{}>{}</td>", class(align), html(cell)),
                };
            }
            page += "</tr>\n";
        }
        page += "</tbody>\n</table>\n</div>\n";
        page.extend(self.notes.iter().map(|note| format!("<p class=\"note\">{}</p>\n", html(note))));
        page
    }

    fn headers(&self) -> Vec<&str> {
        self.columns.iter().map(|(header, _)| header.as_str()).collect()
    }

    fn widths(&self, shown: impl Fn(&str) -> String) -> Vec<usize> {
        let width = |cell: &str| shown(cell).chars().count();
        let columns = self.columns.iter().enumerate();
        columns
            .map(|(c, (header, _))| self.rows.iter().map(|row| width(&row[c])).max().unwrap_or(0).max(width(header)))
            .collect()
    }
}

/// Formats a fraction as a percentage with `decimals` decimals, and `None` as a dash.
pub fn percent(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{:.*}", decimals.min(17), 100.0 * value))
}

/// The columns of each part of a table that is cut to a width; each part begins with the first column.
fn parts(widths: &[usize], width: usize) -> Vec<Vec<usize>> {
    let first = widths.first().copied().unwrap_or(0);
    let mut parts = vec![Vec::from_iter(widths.first().map(|_| 0))];
    let mut used = first;
    for (column, own) in widths.iter().enumerate().skip(1) {
        if used.saturating_add(2 + own) > width && parts.last().is_some_and(|part| part.len() > 1) {
            parts.push(vec![0]);
            used = first;
        }
        used += 2 + own;
        parts.last_mut().expect("there is always a part").push(column);
    }
    parts
}

/// Breaks lines between words.
fn wrap(text: &str, width: usize) -> String {
    let mut wrapped = String::with_capacity(text.len());
    let mut used = 0;
    for (number, word) in text.split(' ').enumerate() {
        let length = word.chars().count();
        if number > 0 {
            let fits = used + 1 + length <= width;
            wrapped.push(if fits { ' ' } else { '\n' });
            used = if fits { used + 1 } else { 0 };
        }
        wrapped.push_str(word);
        used = word.rsplit_once('\n').map_or(used + length, |(_, last)| last.chars().count());
    }
    wrapped
}

fn pad(cell: &str, width: usize, align: Align) -> String {
    match align {
        Align::Left => format!("{cell:<width$}"),
        Align::Right => format!("{cell:>width$}"),
    }
}

/// A text from a file, such as the name of a class, scene or experiment, as it may be shown: characters that move the
/// cursor, command a terminal or turn the direction of writing are spelled out, such as `\u{1b}`. Line breaks and tabs
/// stay.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        let turns =
            matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if (c.is_control() && !matches!(c, '\n' | '\t')) || turns {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// [`printable`] with what HTML and SVG would interpret escaped, also within quotes.
pub fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            c => escaped.push(c),
        }
    }
    escaped
}

/// [`printable`] on one line, with what Markdown would interpret escaped.
pub fn markdown(text: &str) -> String {
    escape(&one_line(text))
}

fn one_line(cell: &str) -> String {
    printable(&cell.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Escapes what Markdown would interpret.
fn escape(cell: &str) -> String {
    cell.chars()
        .flat_map(|c| matches!(c, '|' | '\\' | '*' | '_' | '`' | '<' | '[').then_some('\\').into_iter().chain([c]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new("Scores").column("class", Align::Left).column("acc", Align::Right);
        table.push(["wall", "81.50"]);
        table.push(["a|b\nc", "-", "left out"]);
        table.push(["only"]);
        table.note("in percent");
        table
    }

    #[test]
    fn text_is_aligned() {
        let expected = "Scores\n\nclass    acc\n-----  -----\nwall   81.50\na|b c      -\nonly\n\nin percent\n";
        assert_eq!(table().to_text(), expected);
    }

    #[test]
    fn wide_tables_are_cut_between_columns() {
        let mut table = Table::new("").column("class", Align::Left);
        for name in ["first", "second", "third"] {
            table = table.column(name, Align::Right);
        }
        table.push(["wall", "1", "2", "3"]);
        table.note("some words below the table");
        let whole = "class  first  second  third\n-----  -----  ------  -----\nwall       1       2      3\n";
        assert_eq!(table.to_text_within(27), format!("{whole}\nsome words below the table\n"));
        let cut = "class  first  second\n-----  -----  ------\nwall       1       2\n\n\
                   class  third\n-----  -----\nwall       3\n\nsome words below the\ntable\n";
        assert_eq!(table.to_text_within(26), cut.replace("below the\ntable", "below the table"));
        assert_eq!(table.to_text_within(20), cut);
        // a column alone may be wider than the terminal
        assert_eq!(table.to_text_within(1).matches("class").count(), 3);
        assert_eq!(Table::new("empty").to_text_within(4), "empty\n\n\n\n");
    }

    #[test]
    fn markdown_is_escaped() {
        let expected = "**Scores**\n\n| class  |   acc |\n|--------|------:|\n| wall   | 81.50 |\n| a\\|b c |     - |\n\
                        | only   |       |\n\nin percent\n";
        assert_eq!(table().to_markdown(), expected);
    }

    #[test]
    fn names_cannot_command_a_terminal_or_a_document() {
        let name = "\u{1b}[2Jdesk\u{202e}\r\n# title <b>\u{7}";
        assert_eq!(printable(name), "\\u{1b}[2Jdesk\\u{202e}\\u{d}\n# title <b>\\u{7}");
        assert_eq!(markdown(name), "\\\\u{1b}\\[2Jdesk\\\\u{202e} # title \\<b>\\\\u{7}");
        let mut table = Table::new(name).column(name, Align::Left);
        table.push([name]);
        table.note(name);
        for shown in [table.to_text(), table.to_markdown()] {
            assert!(shown.chars().all(|c| c == '\n' || !(c.is_control() || c == '\u{202e}')), "{shown:?}");
        }
        assert_eq!(printable("Büro\t2 (links)"), "Büro\t2 (links)");
    }

    #[test]
    fn html_is_escaped_and_names_its_headers() {
        let mut table = Table::new("").column("", Align::Left).column("a & b", Align::Right);
        table.push(["</script>", "1"]);
        table.note("\"quoted\" 'too'");
        let page = table.to_html("<x>");
        for part in [
            "aria-label=\"&lt;x&gt;\" tabindex=\"0\"",
            "<tr><td></td><th scope=\"col\" class=\"number\">a &amp; b</th></tr>",
            "<tr><th scope=\"row\">&lt;/script&gt;</th><td class=\"number\">1</td></tr>",
            "<p class=\"note\">&quot;quoted&quot; &#39;too&#39;</p>",
        ] {
            assert!(page.contains(part), "{part} is missing in:\n{page}");
        }
    }

    #[test]
    fn percentages() {
        assert_eq!(
            (percent(Some(0.83249), 2), percent(Some(1.0), 1), percent(None, 2)),
            ("83.25".into(), "100.0".into(), "-".into())
        );
    }
}
