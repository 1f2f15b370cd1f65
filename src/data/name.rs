//! When two names are one: a single rule for series, columns and categories in all formats.

use std::borrow::Cow;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// A name as it is kept and compared: composed Unicode, every white space a plain space (a line
/// end too), none at the ends. `A` and `A` with a no-break space after it are one name, as are
/// `Zürich` with one character for `ü` and with two.
pub fn identity(name: &str) -> Cow<'_, str> {
    let plain = |b: u8| (0x20..0x7f).contains(&b);
    if name.bytes().all(plain) {
        return Cow::Borrowed(name.trim_matches(' '));
    }
    let odd = |c: char| c.is_whitespace() || c == '\u{feff}';
    let trimmed = name.trim_matches(odd);
    if is_nfc(trimmed) && !trimmed.chars().any(|c| c != ' ' && odd(c)) {
        return Cow::Borrowed(trimmed);
    }
    let spaced: String = trimmed.replace("\r\n", " ").chars().map(|c| if odd(c) { ' ' } else { c }).collect();
    Cow::Owned(spaced.nfc().collect())
}

#[cfg(test)]
mod tests {
    use super::identity;

    #[test]
    fn one_name_in_several_forms() {
        for (name, kept) in [
            ("A", "A"),
            (" A ", "A"),
            ("A\u{a0}", "A"),
            ("\u{feff}A", "A"),
            ("New\u{a0}York", "New York"),
            ("new\nline", "new line"),
            ("new\r\nline", "new line"),
            ("Zu\u{308}rich", "Z\u{fc}rich"),
            ("a  b", "a  b"),
            ("\u{3000}東京", "東京"),
            ("", ""),
        ] {
            assert_eq!(identity(name), kept, "{name:?}");
        }
    }
}
