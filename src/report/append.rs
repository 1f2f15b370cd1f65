//! `predict --append` on delimited text: the input's bytes stay as they are, and the forecasts
//! follow as rows of the same columns, in the same dialect and encoding.

use crate::data::long::Dialect;
use crate::report::rows::{Rows, text_cell};

/// The bytes to write after `input`: a row of the input's columns for each row of `rows`, empty
/// where a column has no forecast.
pub fn tail(input: &[u8], dialect: &Dialect, rows: &Rows) -> Vec<u8> {
    let delimiter = dialect.delimiter.unwrap_or(',');
    let decimal = dialect.decimal.unwrap_or('.');
    let encoding = dialect.encoding.as_deref().unwrap_or("utf-8");
    let wide_units = encoding.starts_with("utf-16");
    let end = line_end(input, wide_units);
    let places: Vec<Option<usize>> =
        dialect.header.iter().map(|name| rows.columns.iter().position(|(n, _)| n == name)).collect();
    let mut text = String::new();
    if !ends_with_line(input, wide_units) {
        text.push_str(end);
    }
    for row in 0..rows.len() {
        for (i, place) in places.iter().enumerate() {
            if i > 0 {
                text.push(delimiter);
            }
            let cells = place.and_then(|at| rows.columns.get(at));
            let cell = cells.map(|(_, cells)| text_cell(cells, row, delimiter, decimal)).unwrap_or_default();
            // Between blanks an empty cell is none.
            text.push_str(if cell.is_empty() && delimiter == ' ' { "NA" } else { &cell });
        }
        text.push_str(end);
    }
    encode(&text, encoding)
}

/// The text in the encoding of the input; a character that the encoding lacks cannot occur, since
/// all names come from the input itself.
fn encode(text: &str, encoding: &str) -> Vec<u8> {
    match encoding {
        "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "utf-16be" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        name => match encoding_rs::Encoding::for_label(name.as_bytes()) {
            Some(known) => known.encode(text).0.into_owned(),
            None => text.as_bytes().to_vec(),
        },
    }
}

/// How the input's first line ends. In UTF-16 the other byte of each unit is zero.
fn line_end(input: &[u8], wide_units: bool) -> &'static str {
    let back = if wide_units { 2 } else { 1 };
    match memchr::memchr(b'\n', input) {
        Some(at) if at >= back && input.get(at - back) == Some(&b'\r') => "\r\n",
        None if memchr::memchr(b'\r', input).is_some() => "\r",
        _ => "\n",
    }
}

fn ends_with_line(input: &[u8], wide_units: bool) -> bool {
    let last = &input[input.len().saturating_sub(if wide_units { 2 } else { 1 })..];
    last.contains(&b'\n') || last.contains(&b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rows::Cells;

    fn dialect(delimiter: char, decimal: char, encoding: &str, header: &[&str]) -> Dialect {
        Dialect {
            format: "csv",
            encoding: Some(encoding.into()),
            delimiter: Some(delimiter),
            decimal: Some(decimal),
            header: header.iter().map(|h| (*h).to_string()).collect(),
            ..Dialect::default()
        }
    }

    fn rows() -> Rows {
        let column = |name: &str, cells| (name.to_string(), cells);
        Rows {
            columns: vec![
                column("city", Cells::Text(vec!["Köln; Süd".into()])),
                column("date", Cells::Text(vec!["2020-01-02".into()])),
                column("pm", Cells::Float { values: vec![12.5], digits: 6 }),
            ],
        }
    }

    #[test]
    fn the_dialect_is_kept() {
        let header = ["date", "pm", "note", "city"];
        let d = dialect(';', ',', "utf-8", &header);
        let out = tail("date;pm;note;city\r\n2020-01-01;1,5;x;K".as_bytes(), &d, &rows());
        assert_eq!(String::from_utf8(out).unwrap(), "\r\n2020-01-02;12,5;;\"Köln; Süd\"\r\n");
        let d = dialect(',', '.', "windows-1252", &header);
        assert_eq!(tail(b"a\n", &d, &rows()), b"2020-01-02,12.5,,K\xf6ln; S\xfcd\n");
        let d = dialect(',', '.', "utf-16le", &["pm"]);
        assert_eq!(tail(b"p\0m\0\r\0\n\0", &d, &rows()), b"1\x002\0.\x005\0\r\0\n\0");
    }
}
