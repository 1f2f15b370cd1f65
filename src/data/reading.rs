//! How the numbers of a column are written, as the reader finds it and a checkpoint keeps it.

use crate::config::Brackets;

/// A mark between digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// `.`.
    #[default]
    Point,
    /// `,`.
    Comma,
    /// Any kind of space.
    Space,
    /// `'` or `’`.
    Apostrophe,
}

impl Mark {
    /// The mark that a character is.
    pub fn of(c: char) -> Option<Mark> {
        match c {
            '.' => Some(Mark::Point),
            ',' => Some(Mark::Comma),
            ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\u{2007}' => Some(Mark::Space),
            '\'' | '\u{2019}' | '\u{2bc}' => Some(Mark::Apostrophe),
            _ => None,
        }
    }

    /// What `--thousands` says; the inner `None` is `none`.
    pub fn typed_as(text: &str) -> Option<Option<Mark>> {
        match text {
            "none" => Some(None),
            "space" => Some(Some(Mark::Space)),
            _ => {
                let mut chars = text.chars();
                let mark = chars.next().and_then(Mark::of)?;
                chars.next().is_none().then_some(Some(mark))
            }
        }
    }

    /// As it is typed after `--thousands`.
    pub fn typed(self) -> &'static str {
        match self {
            Mark::Point => ".",
            Mark::Comma => ",",
            Mark::Space => "space",
            Mark::Apostrophe => "\"'\"",
        }
    }
}

/// How the numbers of one column are written.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Reading {
    /// Point or comma.
    pub decimal: Mark,
    /// The mark of thousands; spaces and apostrophes are one in any case.
    pub thousands: Option<Mark>,
    /// Texts before or after the numbers that are taken off.
    pub strip: Vec<String>,
    /// What a number in brackets is.
    pub brackets: Brackets,
}

impl Default for Reading {
    fn default() -> Self {
        Reading { decimal: Mark::Point, thousands: None, strip: Vec::new(), brackets: Brackets::Negative }
    }
}

impl Reading {
    /// Plain numbers with this decimal mark.
    pub fn plain(decimal: u8) -> Self {
        let decimal = if decimal == b',' { Mark::Comma } else { Mark::Point };
        Reading { decimal, ..Reading::default() }
    }

    pub(crate) fn decimal_byte(&self) -> u8 {
        if self.decimal == Mark::Comma { b',' } else { b'.' }
    }
}
