//! The forms of a report that is a document of sentences and tables, and has numbers for programs.

/// How to print a comparison or an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentFormat {
    /// For a terminal.
    Text,
    /// Tables of Markdown.
    Markdown,
    /// One document.
    Json,
    /// One row a number.
    Csv,
}
