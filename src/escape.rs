//! Text from tables and checkpoints as a person may safely see it. A name may hold an escape sequence
//! that rings, renames the window or repaints the screen, a line break that forges a line of ours, or
//! marks that turn the reading direction; here each of these becomes a visible escape such as `\x1b`.

use std::borrow::Cow;
use std::fmt::Write;

/// The text on one line without anything that a terminal obeys.
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// The same for text that is lines and cells already: line ends and tabs stay.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| matches!(c, '\n' | '\t'))
}

/// Several names, each as [`visible`].
pub fn visible_list<S: AsRef<str>>(names: &[S]) -> String {
    let names: Vec<Cow<str>> = names.iter().map(|name| visible(name.as_ref())).collect();
    names.join(", ")
}

/// Whether a terminal does something with this character instead of showing it: the controls of
/// ASCII and Latin-1, marks of direction, and the separators that some take for a line's end.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escaped(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let unsafe_here = |c: char| acts(c) && !keep(c);
    if !text.chars().any(unsafe_here) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        let code = u32::from(c);
        let _ = match c {
            _ if !unsafe_here(c) => {
                shown.push(c);
                Ok(())
            }
            '\n' => shown.write_str("\\n"),
            '\r' => shown.write_str("\\r"),
            '\t' => shown.write_str("\\t"),
            _ if code < 0x80 => write!(shown, "\\x{code:02x}"),
            // Four digits without braces, as JSON has it.
            _ => write!(shown, "\\u{code:04x}"),
        };
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_shown() {
        assert!(matches!(visible("Köln, 北京 😀"), Cow::Borrowed(_)));
        assert_eq!(visible("\x1b]0;owned\x07a\nb\t\r\x7f"), r"\x1b]0;owned\x07a\nb\t\r\x7f");
        assert_eq!(visible("\u{9b}31m\u{202e}gnp\u{2028}"), r"\u009b31m\u202egnp\u2028");
        assert_eq!(visible_lines("a\tb\nc\x1b"), "a\tb\nc\\x1b");
        assert_eq!(visible_list(&["a", "b\n"]), r"a, b\n");
    }
}
