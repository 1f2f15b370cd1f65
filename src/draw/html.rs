//! A page in one file: sentences, tables, charts. It opens without a network, and all that it shows is there
//! without its script; the script adds values under the pointer, sorting, and one chart of many.

use std::borrow::Cow;
use std::fmt::Write;

use super::Theme;
use super::figure::Figure;
use super::svg;

/// A page.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    pub title: String,
    /// One sentence below the title.
    pub subtitle: String,
    pub theme: Theme,
    pub sections: Vec<Section>,
}

/// A part of a page.
#[derive(Debug, Clone, PartialEq)]
pub enum Section {
    /// A heading, and the name by which the list of contents finds it.
    Heading {
        id: &'static str,
        text: String,
    },
    /// A heading of lower rank.
    Caption(String),
    Paragraph(String),
    /// The one sentence that matters most.
    Lead(String),
    List(Vec<String>),
    /// Names and what they are.
    Facts(Vec<(String, String)>),
    /// A table, whose rows people may sort; the first column is a name, the others are numbers.
    Table {
        caption: String,
        head: Vec<String>,
        rows: Vec<Vec<String>>,
    },
    Figure(Box<Figure>),
    /// One of these is shown at a time: what is chosen from, names and charts.
    Chooser {
        label: String,
        figures: Vec<(String, Figure)>,
    },
    /// Lines for a shell.
    Code(String),
    /// Parts that are shown when somebody asks for them.
    Details {
        summary: String,
        sections: Vec<Section>,
    },
}

/// Text as HTML has it, in elements and in attributes. What no page may hold is left out.
pub fn escaped(text: &str) -> Cow<'_, str> {
    let plain = |c: char| !matches!(c, '&' | '<' | '>' | '"' | '\'') && allowed(c);
    if text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if allowed(c) => out.push(c),
            _ => out.push('\u{FFFD}'),
        }
    }
    Cow::Owned(out)
}

/// XML 1.0, section 2.2, less what turns the direction of writing.
fn allowed(c: char) -> bool {
    match c {
        '\n' | '\t' => true,
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FFFE}' | '\u{FFFF}' => false,
        c => !c.is_control(),
    }
}

impl Page {
    /// A page of one figure, whose title is the page's.
    pub fn of(figure: Figure, theme: Theme) -> Page {
        let remarks = figure.remarks.iter().cloned().map(Section::Paragraph);
        let title = figure.title.clone();
        let bare = Figure { title: String::new(), remarks: Vec::new(), ..figure };
        let sections = remarks.chain([Section::Figure(Box::new(bare))]).collect();
        Page { title, subtitle: String::new(), theme, sections }
    }

    /// The file.
    pub fn html(&self) -> String {
        let mut out = String::from("<!DOCTYPE html>\n<html lang=\"en\"");
        out.push_str(match self.theme {
            Theme::Auto => ">",
            Theme::Light => " data-theme=\"light\">",
            Theme::Dark => " data-theme=\"dark\">",
        });
        let title = escaped(&self.title);
        let _ = write!(
            out,
            "\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>{}{}{}{}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n",
            svg::font_face(),
            self.colors(),
            svg::style(self.theme, ""),
            CSS
        );
        if !self.subtitle.is_empty() {
            let _ = writeln!(out, "<p class=\"subtitle\">{}</p>", escaped(&self.subtitle));
        }
        self.contents(&mut out);
        self.sections.iter().for_each(|section| section.html(&mut out));
        let _ = write!(
            out,
            "</main>\n<div id=\"tip\" role=\"status\" aria-live=\"polite\" hidden></div>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
        );
        out
    }

    /// Colours of the page, which are those of its charts.
    fn colors(&self) -> String {
        const LIGHT: &str =
            ":root{--sheet:#fff;--ink:#222;--soft:#5a5a5a;--grid:#e0e0e0;--link:#0072b2;color-scheme:light}";
        const DARK: &str = ":root{--sheet:#181a1e;--ink:#e8e8e8;--soft:#aaacb0;--grid:#3a3d43;--link:#56b4e9;color-scheme:dark}";
        match self.theme {
            Theme::Light => LIGHT.into(),
            Theme::Dark => DARK.into(),
            Theme::Auto => format!("{LIGHT}@media screen and (prefers-color-scheme:dark){{{DARK}}}"),
        }
    }

    fn contents(&self, out: &mut String) {
        let heads: Vec<(&str, &String)> = self
            .sections
            .iter()
            .filter_map(|section| match section {
                Section::Heading { id, text } => Some((*id, text)),
                _ => None,
            })
            .collect();
        if heads.len() > 2 {
            out.push_str("<nav aria-label=\"contents\"><ul>");
            for (id, text) in heads {
                let _ = write!(out, "<li><a href=\"#{id}\">{}</a></li>", escaped(text));
            }
            out.push_str("</ul></nav>\n");
        }
    }
}

impl Section {
    fn html(&self, out: &mut String) {
        let _ = match self {
            Section::Heading { id, text } => writeln!(out, "<h2 id=\"{id}\">{}</h2>", escaped(text)),
            Section::Caption(text) => writeln!(out, "<h3>{}</h3>", escaped(text)),
            Section::Paragraph(text) => writeln!(out, "<p>{}</p>", escaped(text)),
            Section::Lead(text) => writeln!(out, "<p class=\"lead\">{}</p>", escaped(text)),
            Section::Code(text) => writeln!(out, "<pre><code>{}</code></pre>", escaped(text)),
            Section::List(items) => {
                let items: String = items.iter().map(|item| format!("<li>{}</li>", escaped(item))).collect();
                writeln!(out, "<ul>{items}</ul>")
            }
            Section::Facts(facts) => {
                let fact = |(name, value): &(String, String)| {
                    format!("<div><dt>{}</dt><dd>{}</dd></div>", escaped(name), escaped(value))
                };
                writeln!(out, "<dl>{}</dl>", facts.iter().map(fact).collect::<String>())
            }
            Section::Table { caption, head, rows } => {
                table(out, caption, head, rows);
                Ok(())
            }
            Section::Figure(figure) => writeln!(out, "<figure>{}</figure>", figure.inline()),
            Section::Details { summary, sections } => {
                let _ = write!(out, "<details><summary>{}</summary>", escaped(summary));
                sections.iter().for_each(|section| section.html(out));
                writeln!(out, "</details>")
            }
            Section::Chooser { label, figures } => {
                chooser(out, label, figures);
                Ok(())
            }
        };
    }
}

fn table(out: &mut String, caption: &str, head: &[String], rows: &[Vec<String>]) {
    out.push_str("<div class=\"wide\"><table class=\"sortable\">");
    if !caption.is_empty() {
        let _ = write!(out, "<caption>{}</caption>", escaped(caption));
    }
    out.push_str("<thead><tr>");
    for name in head {
        let _ = write!(out, "<th scope=\"col\">{}</th>", escaped(name));
    }
    out.push_str("</tr></thead><tbody>");
    for row in rows {
        out.push_str("<tr>");
        for (i, cell) in row.iter().enumerate() {
            let _ = match i {
                0 => write!(out, "<th scope=\"row\">{}</th>", escaped(cell)),
                _ => write!(out, "<td>{}</td>", escaped(cell)),
            };
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>\n");
}

fn chooser(out: &mut String, label: &str, figures: &[(String, Figure)]) {
    let _ =
        write!(out, "<div class=\"chooser\"><p class=\"choose\" hidden><label>{} <select>", escaped(label));
    for (name, _) in figures {
        let _ = write!(out, "<option>{}</option>", escaped(name));
    }
    out.push_str("</select></label> <button type=\"button\" data-by=\"-1\">previous</button> <button type=\"button\" data-by=\"1\">next</button></p>");
    for (_, figure) in figures {
        let _ = write!(out, "<figure>{}</figure>", figure.inline());
    }
    out.push_str("</div>\n");
}

const CSS: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_table_says_is_never_markup() {
        assert_eq!(escaped("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
        assert_eq!(escaped("\u{1b}[31m\u{202e}x"), "\u{FFFD}[31m\u{FFFD}x");
        assert_eq!(escaped("京 é"), "京 é");
        let page = Page {
            title: "<script>alert(1)</script>".into(),
            sections: vec![
                Section::Paragraph("</p><img src=x onerror=alert(1)>".into()),
                Section::Table {
                    caption: "<b>".into(),
                    head: vec!["<i>".into()],
                    rows: vec![vec!["<u>".into()]],
                },
                Section::Chooser {
                    label: "<s>".into(),
                    figures: vec![("</option>".into(), Figure::default())],
                },
            ],
            ..Page::default()
        };
        let html = page.html();
        assert_eq!(html.matches("<script>").count(), 1, "its own");
        for tag in ["<img", "<b>", "<i>", "<u>", "<s>", "</option></option>"] {
            assert!(!html.contains(tag), "{tag}");
        }
    }
}
