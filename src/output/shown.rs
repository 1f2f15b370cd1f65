//! Data on its way to a terminal: what a terminal would obey is shown as an escape. To a pipe or a
//! file the same data go as they are.

use std::io::{self, Write};

use crate::escape::visible_lines;

/// Passes text on, escaped; bytes that are no text become `\xNN`.
pub struct Shown<W> {
    inner: W,
    /// The beginning of a character, or of a line's end, whose rest is still to come.
    begun: Vec<u8>,
}

impl<W: Write> Shown<W> {
    /// Onto a terminal.
    pub fn new(inner: W) -> Self {
        Shown { inner, begun: Vec::new() }
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        // A carriage return within a line's end moves no cursor that is not moved anyway.
        for (i, line) in text.split("\r\n").enumerate() {
            if i > 0 {
                self.inner.write_all(b"\r\n")?;
            }
            self.inner.write_all(visible_lines(line).as_bytes())?;
        }
        Ok(())
    }

    fn odd(&mut self, bytes: &[u8]) -> io::Result<()> {
        bytes.iter().try_for_each(|byte| write!(self.inner, "\\x{byte:02x}"))
    }
}

impl<W: Write> Write for Shown<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut all = std::mem::take(&mut self.begun);
        all.extend_from_slice(bytes);
        if all.last() == Some(&b'\r') {
            self.begun.extend(all.pop());
        }
        let mut chunks = all.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            self.text(chunk.valid())?;
            let cut_off = chunks.peek().is_none()
                && std::str::from_utf8(chunk.invalid()).is_err_and(|e| e.error_len().is_none());
            match cut_off && self.begun.is_empty() {
                true => self.begun.extend_from_slice(chunk.invalid()),
                false => self.odd(chunk.invalid())?,
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let rest = std::mem::take(&mut self.begun);
        match std::str::from_utf8(&rest) {
            Ok(text) => self.text(text)?,
            Err(_) => self.odd(&rest)?,
        }
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_any_pieces() {
        let data = "a\x1b[31m,Köln\r\n\u{9b}1,😀\tb\rc\n".as_bytes();
        let expected = "a\\x1b[31m,Köln\r\n\\u009b1,😀\tb\\rc\n";
        for size in 1..data.len() {
            let mut shown = Shown::new(Vec::new());
            data.chunks(size).for_each(|piece| shown.write_all(piece).unwrap());
            shown.flush().unwrap();
            assert_eq!(String::from_utf8(shown.inner).unwrap(), expected, "pieces of {size}");
        }
        let mut shown = Shown::new(Vec::new());
        shown.write_all(b"\xff\xc3").unwrap();
        shown.flush().unwrap();
        assert_eq!(shown.inner, b"\\xff\\xc3");
    }
}
