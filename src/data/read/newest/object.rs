//! One row that is a JSON object of as many members as the first one, in its order and with its spaces, as
//! programs write them.

use super::row::{Row, number};
use super::scan::{Form, Marks, Role};

/// What stands around the values of each object.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// Before each value: mark, name, colon.
    before: Vec<Vec<u8>>,
    /// After the last one.
    after: Vec<u8>,
}

impl Shape {
    /// The names of a text's first object and what stands around its values.
    pub fn of(text: &[u8]) -> Option<(Vec<String>, Shape)> {
        let line = text.get(..memchr::memchr(b'\n', text)?)?;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (mut names, mut before) = (Vec::new(), Vec::new());
        let mut at = 0;
        loop {
            let start = at;
            let mark = if names.is_empty() { b'{' } else { b',' };
            at = spaces(line, expect(line, at, mark)?);
            let name = Value::at(line, at)?;
            let text = std::str::from_utf8(line.get(name.start..name.end)?).ok()?;
            (name.quoted && text.trim() == text).then_some(())?;
            names.push(text.to_owned());
            at = spaces(line, expect(line, spaces(line, name.next), b':')?);
            before.push(line.get(start..at)?.to_vec());
            at = Value::at(line, at)?.next;
            if line.get(spaces(line, at)) == Some(&b'}') {
                return Some((names, Shape { before, after: line.get(at..)?.to_vec() }));
            }
        }
    }
}

fn spaces(line: &[u8], mut at: usize) -> usize {
    while line.get(at) == Some(&b' ') {
        at += 1;
    }
    at
}

fn expect(line: &[u8], at: usize, mark: u8) -> Option<usize> {
    (line.get(at) == Some(&mark)).then_some(at + 1)
}

/// A value of one line: text without escapes, a number, or a word.
struct Value {
    start: usize,
    end: usize,
    /// What follows it.
    next: usize,
    quoted: bool,
}

impl Value {
    fn at(bytes: &[u8], at: usize) -> Option<Value> {
        if bytes.get(at) == Some(&b'"') {
            let start = at + 1;
            let end = start + memchr::memchr3(b'"', b'\\', b'\n', bytes.get(start..)?)?;
            let text = bytes.get(start..end)?;
            let plain = bytes.get(end) == Some(&b'"') && text.iter().all(|byte| *byte >= b' ');
            return plain.then_some(Value { start, end, next: end + 1, quoted: true });
        }
        let rest = bytes.get(at..)?;
        let word = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        let end = at + rest.iter().position(|byte| !word(byte)).unwrap_or(rest.len());
        let text = bytes.get(at..end)?;
        match text {
            b"null" => Some(Value { start: at, end: at, next: end, quoted: false }),
            b"true" | b"false" => Some(Value { start: at, end, next: end, quoted: false }),
            _ => is_number(text).then_some(Value { start: at, end, next: end, quoted: false }),
        }
    }
}

/// Whether JSON takes it for a number.
fn is_number(text: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits(text);
    let mut rest = text.get(whole..).unwrap_or_default();
    if whole == 0 || whole > 1 && text.first() == Some(&b'0') {
        return false;
    }
    if let [b'.', fraction @ ..] = rest {
        let n = digits(fraction);
        rest = fraction.get(n..).unwrap_or_default();
        if n == 0 {
            return false;
        }
    }
    if let [b'e' | b'E', power @ ..] = rest {
        let power = power.strip_prefix(b"-").or(power.strip_prefix(b"+")).unwrap_or(power);
        return !power.is_empty() && digits(power) == power.len();
    }
    rest.is_empty()
}

impl Row {
    /// Reads the object that begins at `at`; where the next one begins.
    pub fn object(
        &mut self,
        bytes: &[u8],
        mut at: usize,
        shape: &Shape,
        form: &Form,
        marks: &mut [Marks],
    ) -> Option<usize> {
        for (column, (role, before)) in form.roles.iter().zip(&shape.before).enumerate() {
            bytes.get(at..)?.starts_with(before).then_some(())?;
            at += before.len();
            // A zero before other digits is no JSON.
            let zero = matches!(bytes.get(at..)?, [b'0', b'0'..=b'9', ..] | [b'-', b'0', b'0'..=b'9', ..]);
            let quick = match role {
                Role::Number if !zero => number(bytes, at, [b',', b'}', b','], marks.get_mut(column)?),
                _ => None,
            };
            let (start, end);
            match quick {
                Some(last) => (start, end, at) = (at, last, last),
                None => {
                    let value = Value::at(bytes, at)?;
                    (start, end, at) = (value.start, value.end, value.next);
                    self.judge(bytes.get(start..end)?, role, form, marks.get_mut(column)?)?;
                }
            }
            *self.cells.get_mut(column)? = (start, end);
        }
        let rest = bytes.get(at..)?.strip_prefix(shape.after.as_slice())?;
        at += shape.after.len();
        match rest {
            [b'\n', ..] => Some(at + 1),
            [b'\r', b'\n', ..] => Some(at + 2),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_of_objects() {
        let (names, shape) = Shape::of(b"{\"a\":\"x, y\", \"b\" : -1.5e3,\"c\":null}\r\n{}").unwrap();
        assert_eq!(names, ["a", "b", "c"]);
        let around = [&b"{\"a\":"[..], b", \"b\" : ", b",\"c\":"].map(<[u8]>::to_vec).to_vec();
        assert_eq!(shape, Shape { before: around, after: b"}".to_vec() });
        for odd in [
            "{\"a\":[1]}\n",
            "{}\n",
            "{\"a\":01}\n",
            "{\"\\u0061\":1}\n",
            "{\"a\":1",
            "{\"a\":NaN}\n",
            "{\"a\":1.}\n",
        ] {
            assert!(Shape::of(odd.as_bytes()).is_none(), "{odd}");
        }
    }
}
