//! The Markdown form. Names come from tables, and a name is text: it cannot begin a table, a list, a
//! link, emphasis or HTML.

use super::Part;
use crate::escape::visible;

/// The document as Markdown.
pub fn markdown(parts: &[Part]) -> String {
    let mut out = String::new();
    for part in parts {
        if !out.is_empty() {
            out.push('\n');
        }
        match part {
            Part::Title(title) => out.push_str(&format!("### {}\n", inline(title))),
            Part::Paragraph(paragraph) => out.push_str(&format!("{}\n", begin(&inline(paragraph)))),
            Part::List(items) => {
                items.iter().for_each(|item| out.push_str(&format!("- {}\n", begin(&inline(item)))))
            }
            Part::Table(table) => {
                let row = |cells: &[String]| {
                    let cells: Vec<_> = cells.iter().map(|c| inline(c).replace('|', "\\|")).collect();
                    format!("| {} |\n", cells.join(" | "))
                };
                out.push_str(&row(&table.head));
                let rules: Vec<_> =
                    (0..table.head.len()).map(|i| if i == 0 { "---" } else { "---:" }).collect();
                out.push_str(&format!("| {} |\n", rules.join(" | ")));
                table.rows.iter().for_each(|cells| out.push_str(&row(cells)));
            }
        }
    }
    out
}

/// Text within a line. Pairs of single backticks, which our sentences put around names, stay code.
fn inline(text: &str) -> String {
    let text = visible(text);
    let parts: Vec<&str> = text.split('`').collect();
    // Neighbours would be one longer mark, whose end is elsewhere; one without a partner is none.
    if text.contains("``") || parts.len().is_multiple_of(2) {
        return plain(&text);
    }
    let mut out = String::new();
    for (i, part) in parts.iter().enumerate() {
        match i % 2 {
            0 => out.push_str(&plain(part)),
            _ => out.push_str(&format!("`{part}`")),
        }
    }
    out
}

/// Text with all that Markdown or HTML would take for more escaped.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let inside = before.is_alphanumeric() && rest.peek().is_some_and(|next| next.is_alphanumeric());
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '[' | ']' | '~' => out.extend(['\\', c]),
            // Within a word it means nothing: wind_speed.
            '_' if !inside => out.extend(['\\', c]),
            _ => out.push(c),
        }
        before = c;
    }
    out
}

/// The beginning of a block, which no sign may make another kind of block.
fn begin(text: &str) -> String {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = digits.len() < text.len() && digits.starts_with(['.', ')']);
    match text.chars().next() {
        Some('#' | '-' | '+' | '=' | '|' | ':') => format!("\\{text}"),
        Some(' ') => text.trim_start().to_string(),
        _ if numbered => format!("{}\\{digits}", &text[..text.len() - digits.len()]),
        _ => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Table;
    use super::*;

    fn cell(text: &str) -> String {
        let table =
            Table { head: vec!["city".into(), "n".into()], rows: vec![vec![text.into(), "9".into()]] };
        markdown(&[Part::Table(table)])
    }

    #[test]
    fn names_stay_text() {
        assert_eq!(cell("北京"), "| city | n |\n| --- | ---: |\n| 北京 | 9 |\n");
        assert!(cell("a|b\nc").ends_with("| a\\|b\\\\nc | 9 |\n"), "{}", cell("a|b\nc"));
        assert!(cell("<img src=x onerror=alert(1)>").contains("| &lt;img src=x onerror=alert(1)&gt; |"));
        assert!(
            cell("[x](javascript:1) *b* _i_ wind_speed PM2.5")
                .contains("\\[x\\](javascript:1) \\*b\\* \\_i\\_ wind_speed PM2.5")
        );
        let paragraph = |text: &str| markdown(&[Part::Paragraph(text.into())]);
        assert_eq!(paragraph("`a<b` is 1 < 2"), "`a<b` is 1 &lt; 2\n");
        assert_eq!(paragraph("`` <b> ` <i>"), "\\`\\` &lt;b&gt; \\` &lt;i&gt;\n");
        assert_eq!(paragraph("`a`b` <i>"), "\\`a\\`b\\` &lt;i&gt;\n");
        assert_eq!(paragraph("# no title"), "\\# no title\n");
        assert_eq!(paragraph("12. no list"), "12\\. no list\n");
        assert_eq!(markdown(&[Part::List(vec!["- a\n- b".into()])]), "- \\- a\\\\n- b\n");
    }
}
