//! NDJSON: flat JSON objects, one a line, each parsed by serde_json straight into the columns.

use super::coded::Coded;
use super::lines::Lines;
use super::whole::shorten;
use crate::data::read::open::limits::Limits;
use crate::error::{Error, Place, Result};
use crate::meter::{self, Unit};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::HashMap;

/// The columns of the objects, in the order in which their names first appear.
#[derive(Debug, Default)]
pub struct Objects {
    pub names: Vec<String>,
    pub columns: Vec<Coded>,
    pub rows: usize,
    places: HashMap<String, usize>,
}

impl Objects {
    /// Appends a file's lines; gives back the line of each row.
    ///
    /// # Errors
    /// `Error::Data` for the first line that is not a flat JSON object, and for more columns than
    /// the limits allow.
    pub fn read(&mut self, name: &str, bytes: &[u8], limits: &Limits) -> Result<Lines> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut lines = Lines::default();
        meter::begin("taking rows apart", bytes.len() as u64, Unit::Bytes);
        for (i, line) in bytes.split(|b| *b == b'\n').enumerate() {
            meter::add(line.len() as u64 + 1);
            let filled = self.line(line).map_err(|what| {
                Error::data(Place::file(name).row(i + 1), what).with_hint(
                    "each line must be one flat JSON object, such as {\"city\":\"A\",\"date\":\"2013-03-01\",\"x\":1.5}",
                )
            })?;
            if filled {
                lines.push(i + 1);
                self.rows += 1;
                limits.columns(name, self.names.len())?;
                limits.cells(name, self.rows, self.names.len())?;
            }
        }
        Ok(lines)
    }

    /// Fills up the columns that end before the last row.
    pub fn close(&mut self) {
        for column in &mut self.columns {
            column.fill(self.rows);
            column.close();
        }
    }

    /// Appends a line's row; false for a line without any value.
    fn line(&mut self, line: &[u8]) -> Result<bool, String> {
        let text = std::str::from_utf8(line)
            .map_err(|e| format!("byte {} of the line is not UTF-8", e.valid_up_to() + 1))?
            .trim();
        if text.is_empty() {
            return Ok(false);
        }
        let broken = |rest: &str| match rest.trim() {
            "" => "this is not a JSON object: the line ends within it".to_owned(),
            rest => format!("this is not a JSON object: unexpected `{}`", shorten(rest)),
        };
        if !text.starts_with('{') {
            return Err(broken(text));
        }
        let parsed = match serde_json::from_str::<Object<'_>>(text) {
            Ok(object) => Ok(self.row(object, text)),
            Err(error) => match spelled_out(text) {
                Some(plain) => serde_json::from_str::<Object<'_>>(&plain)
                    .map_or(Err(error), |object| Ok(self.row(object, &plain))),
                None => Err(error),
            },
        };
        match parsed {
            Ok(row) => row,
            Err(e) if e.is_eof() => Err(broken("")),
            Err(e) => Err(broken(text.get(e.column().saturating_sub(1)..).unwrap_or(text))),
        }
    }

    /// Appends an object; `text` is the line that it was parsed from.
    fn row(&mut self, object: Object<'_>, text: &str) -> Result<bool, String> {
        let mut numbers = numbers(text);
        let filled = !object.0.is_empty();
        for (name, value) in object.0 {
            let place = match self.places.get(name.as_ref()) {
                Some(place) => *place,
                None => {
                    self.places.insert(name.to_string(), self.names.len());
                    self.names.push(name.trim().to_owned());
                    self.columns.push(Coded::new());
                    self.names.len() - 1
                }
            };
            let Some(column) = self.columns.get_mut(place) else { continue };
            if column.codes().len() > self.rows {
                return Err(format!("`{}` is given twice", shorten(&name)));
            }
            column.fill(self.rows);
            match value {
                Value::Text(text) => column.push(&text),
                Value::Number => column.push(numbers.next().unwrap_or_default()),
                Value::Nested => {
                    return Err(format!(
                        "`{}` holds an object or a list, where one value is needed",
                        shorten(&name)
                    ));
                }
            }
        }
        Ok(filled)
    }
}

/// The numbers of a line of valid JSON, as they are written.
fn numbers(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        loop {
            let start = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit())?;
            rest = rest.get(start..)?;
            if let Some(text) = rest.strip_prefix('"') {
                let mut escaped = false;
                let end = text.bytes().position(|b| {
                    let end = b == b'"' && !escaped;
                    escaped = b == b'\\' && !escaped;
                    end
                })?;
                rest = text.get(end + 1..)?;
                continue;
            }
            let part = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
            let (number, tail) = rest.split_at_checked(rest.find(|c| !part(c)).unwrap_or(rest.len()))?;
            rest = tail;
            return Some(number);
        }
    })
}

/// What Python and others write for numbers that JSON has not, as JSON: `NaN` is null.
fn spelled_out(line: &str) -> Option<String> {
    if !line.contains("NaN") && !line.contains("Infinity") {
        return None;
    }
    let mut out = String::with_capacity(line.len() + 16);
    let (mut quoted, mut escaped) = (false, false);
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let word = ["NaN", "-Infinity", "Infinity"].into_iter().find(|w| !quoted && rest.starts_with(w));
        match word {
            Some("NaN") => out.push_str("null"),
            Some(word) => out.extend(["\"", word, "\""]),
            None => out.push(c),
        }
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        rest = rest.get(word.map_or(c.len_utf8(), str::len)..)?;
    }
    Some(out)
}

/// The names and values of an object, in order.
struct Object<'a>(Vec<(Cow<'a, str>, Value<'a>)>);

enum Value<'a> {
    /// As delimited text would have it; null is empty.
    Text(Cow<'a, str>),
    /// The next one of the line: serde_json rounds to a neighbour of the nearest double now and then.
    Number,
    Nested,
}

struct ObjectVisitor;
struct ValueVisitor;

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Object<'de>, M::Error> {
        let mut out = Vec::with_capacity(16);
        while let Some(name) = map.next_key::<Value<'de>>()? {
            let Value::Text(name) = name else { continue };
            out.push((name, map.next_value()?));
        }
        Ok(Object(out))
    }
}

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(if flag { "true" } else { "false" })))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value<'de>, E> {
        Ok(Value::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Value<'de>, E> {
        Ok(Value::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value<'de>, E> {
        Ok(Value::Number)
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed("")))
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Value<'de>, S::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Nested)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Value<'de>, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Nested)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(text: &str) -> Result<Objects> {
        let mut objects = Objects::default();
        objects.read("t", text.as_bytes(), &Limits::none())?;
        objects.close();
        Ok(objects)
    }

    #[test]
    fn lines_become_rows() {
        let o = objects("{\"a\": \"x\\\"y\", \"b\": 1.50}\n\n{\"b\":null,\"c\":true , \"a\":\"p,q\\u00e9\"}\n{}\n{\"b\":-Infinity,\"a\":\"NaN\",\"c\":NaN}")
            .unwrap();
        assert_eq!(o.names, ["a", "b", "c"]);
        let cells = |row| o.columns.iter().map(|c| c.cell(row)).collect::<Vec<_>>();
        assert_eq!(o.rows, 3);
        assert_eq!(cells(0), ["x\"y", "1.50", ""]);
        assert_eq!(cells(1), ["p,qé", "", "true"]);
        assert_eq!(cells(2), ["NaN", "-Infinity", ""]);
    }

    #[test]
    fn broken_lines_are_named() {
        for (text, what) in [
            ("{\"a\":1}\n{\"a\":1", "row 2"),
            ("{\"a\":[1]}", "list"),
            ("{\"a\":1,\"a\":2}", "twice"),
            ("{\"a\":x}", "unexpected `x}`"),
            ("{\"a\":1} {\"a\":2}", "unexpected"),
            ("nothing", "unexpected `nothing`"),
        ] {
            let e = objects(text).unwrap_err().to_string();
            assert!(e.contains(what), "{e}");
        }
    }
}
