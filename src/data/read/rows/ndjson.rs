//! NDJSON: flat JSON objects, one a line, rewritten as delimited text that keeps each line's
//! number and each number's digits, so that everything after is as for CSV.
//!
//! Not polars' reader: it leaves open whether values of mixed types become null, and a table
//! must lose nothing.

use crate::data::read::open::dialect::Text;
use crate::data::read::open::source::Blob;
use crate::data::read::roles::columns::shorten;
use crate::error::{Error, Place, Result};
use std::borrow::Cow;
use std::collections::HashMap;

/// Rewrites a file.
///
/// # Errors
/// `Error::Data` for the first line that is not a flat JSON object.
pub fn understand(blob: &Blob) -> Result<Text<'static>> {
    let bytes = blob.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&blob.bytes);
    let mut header: Vec<String> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut fields = Vec::new();
    each_line(&blob.name, bytes, &mut |line| {
        object(line, &mut fields)?;
        for (name, _) in &fields {
            if !places.contains_key(name.as_ref()) {
                places.insert(name.to_string(), header.len());
                header.push(name.to_string());
            }
        }
        Ok(())
    })?;
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len() / 2);
    let mut row: Vec<Option<Cow<'_, str>>> = Vec::new();
    each_line(&blob.name, bytes, &mut |line| {
        object(line, &mut fields)?;
        row.clear();
        row.resize(header.len(), None);
        let filled = !fields.is_empty();
        for (name, value) in fields.drain(..) {
            let slot = places.get(name.as_ref()).and_then(|p| row.get_mut(*p));
            let Some(slot) = slot else { continue };
            if slot.is_some() {
                return Err(format!("`{}` is given twice", shorten(&name)));
            }
            *slot = Some(value);
        }
        if filled {
            for (i, value) in row.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                push_cell(&mut out, value.as_deref().unwrap_or_default());
            }
        }
        out.push(b'\n');
        Ok(())
    })?;
    Ok(Text {
        quotes: memchr::memchr(b'"', &out).is_some(),
        bytes: Cow::Owned(out),
        encoding: "utf-8",
        delimiter: b',',
        decimal: b'.',
        skipped: 0,
        header,
        body: 0,
        body_line: 1,
    })
}

/// Calls `visit` with each line, and gives its refusal a place.
fn each_line<'a>(
    name: &str,
    bytes: &'a [u8],
    visit: &mut dyn FnMut(&'a [u8]) -> Result<(), String>,
) -> Result<()> {
    for (i, line) in bytes.split(|b| *b == b'\n').enumerate() {
        visit(line).map_err(|what| {
            Error::data(Place::file(name).row(i + 1), what).with_hint(
                "each line must be one flat JSON object, such as {\"city\":\"A\",\"date\":\"2013-03-01\",\"x\":1.5}",
            )
        })?;
    }
    Ok(())
}

fn push_cell(out: &mut Vec<u8>, text: &str) {
    if !text.contains([',', '"', '\n', '\r']) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    for b in text.bytes() {
        match b {
            b'"' => out.extend_from_slice(b"\"\""),
            // A line end within a text would shift the numbers of the lines after it.
            b'\n' | b'\r' => out.push(b' '),
            b => out.push(b),
        }
    }
    out.push(b'"');
}

/// The names and values of a flat object; a blank line has none. `null` is an empty text.
fn object<'a>(line: &'a [u8], fields: &mut Vec<(Cow<'a, str>, Cow<'a, str>)>) -> Result<(), String> {
    fields.clear();
    let text = std::str::from_utf8(line)
        .map_err(|e| format!("byte {} of the line is not UTF-8", e.valid_up_to() + 1))?;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Ok(());
    }
    let broken = |at: &str| match at.trim() {
        "" => "this is not a JSON object: the line ends within it".to_owned(),
        at => format!("this is not a JSON object: unexpected `{}`", shorten(at)),
    };
    rest = rest.strip_prefix('{').ok_or_else(|| broken(rest))?.trim_start();
    if rest.strip_prefix('}').is_some_and(|r| r.trim().is_empty()) {
        return Ok(());
    }
    loop {
        let (name, after) = string(rest).ok_or_else(|| broken(rest))?;
        let after = after.trim_start().strip_prefix(':').ok_or_else(|| broken(after))?.trim_start();
        let (value, after) = match after.chars().next() {
            Some('"') => string(after).ok_or_else(|| broken(after))?,
            Some('{' | '[') => {
                return Err(format!(
                    "`{}` holds an object or a list, where one value is needed",
                    shorten(&name)
                ));
            }
            _ => {
                let end = after.find([',', '}', ' ', '\t']).unwrap_or(after.len());
                let (word, tail) = after.split_at_checked(end).unwrap_or((after, ""));
                let number = word.starts_with(|c: char| c == '-' || c.is_ascii_digit())
                    && word.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
                match word {
                    "null" | "NaN" => (Cow::Borrowed(""), tail),
                    "true" | "false" => (Cow::Borrowed(word), tail),
                    w if number || matches!(w, "Infinity" | "-Infinity") => (Cow::Borrowed(word), tail),
                    _ => return Err(broken(after)),
                }
            }
        };
        fields.push((name, value));
        rest = after.trim_start();
        if let Some(tail) = rest.strip_prefix(',') {
            rest = tail.trim_start();
        } else {
            return match rest.strip_prefix('}') {
                Some(tail) if tail.trim().is_empty() => Ok(()),
                _ => Err(broken(rest)),
            };
        }
    }
}

/// A JSON string and what follows it.
fn string(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let body = text.strip_prefix('"')?;
    let end = body.find(['"', '\\'])?;
    if body.as_bytes().get(end) == Some(&b'"') {
        return Some((Cow::Borrowed(body.get(..end)?), body.get(end + 1..)?));
    }
    // With escapes: find the end, then let serde_json read it.
    let mut escaped = false;
    let close = body.bytes().position(|b| {
        let quote = b == b'"' && !escaped;
        escaped = b == b'\\' && !escaped;
        quote
    })?;
    let value: String = serde_json::from_str(text.get(..close + 2)?).ok()?;
    Some((Cow::Owned(value), body.get(close + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewrite(text: &str) -> Result<(Vec<String>, String)> {
        let blob = Blob { name: "t".into(), stem: "t".into(), bytes: text.into(), compression: None };
        understand(&blob).map(|t| (t.header, String::from_utf8(t.bytes.into_owned()).unwrap()))
    }

    #[test]
    fn lines_become_rows() {
        let (header, rows) =
            rewrite("{\"a\": \"x\\\"y\", \"b\": 1.50}\n\n{\"b\":null,\"c\":true , \"a\":\"p,q\\u00e9\"}\n{}")
                .unwrap();
        assert_eq!(header, ["a", "b", "c"]);
        assert_eq!(rows, "\"x\"\"y\",1.50,\n\n\"p,qé\",,true\n\n");
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
            let e = rewrite(text).unwrap_err().to_string();
            assert!(e.contains(what), "{e}");
        }
    }
}
