//! The encoding of a text: what the user says, a byte order mark, UTF-8, or one of the encodings
//! before it, which is taken only where nothing else is likely.

use super::blob::Blob;
use super::central;
use super::dos::{self, CodePage};
use crate::error::{Error, Place, Result, did_you_mean};
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_8859_2, UTF_8, WINDOWS_1250, WINDOWS_1252};
use std::borrow::Cow;

/// Signs of Windows-1252 that tables have beside plain letters: units, dashes, quotes.
const SIGNS: &[u8] =
    b"\x80\x85\x91\x92\x93\x94\x96\x97\xa0\xa3\xa7\xb0\xb1\xb2\xb3\xb4\xb5\xb7\xb9\xba\xbc\xbd\xbe\xd7";

/// Bytes of a file that an encoding is guessed from.
const LOOKED_AT: usize = 1 << 20;

/// The bytes as UTF-8 without a byte order mark, and the name of the encoding they were in.
///
/// # Errors
/// `Error::Config` for an unknown encoding; `Error::Data` where the text is not in the one that
/// was named, or may be in several.
pub fn decode<'a>(blob: &'a Blob, given: Option<&str>) -> Result<(Cow<'a, [u8]>, &'static str)> {
    let bytes = blob.bytes.as_slice();
    if let Some(page) = given.and_then(CodePage::named) {
        let text = page.decode(bytes).ok_or_else(|| not_in(blob, page.name))?;
        return Ok((Cow::Owned(text.into_bytes()), page.name));
    }
    let given = given.map(by_name).transpose()?;
    let encoding = match given.or_else(|| Encoding::for_bom(bytes).map(|e| e.0)) {
        Some(encoding) if encoding != UTF_8 => encoding,
        _ => {
            let body = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            match std::str::from_utf8(body) {
                Ok(_) => return Ok((Cow::Borrowed(body), "utf-8")),
                Err(e) if given.is_some() || mostly_utf8(body) => {
                    return Err(damaged(blob, body, e.valid_up_to()));
                }
                Err(_) => legacy(blob)?,
            }
        }
    };
    let (text, wrong) = encoding.decode_with_bom_removal(bytes);
    if wrong {
        return Err(not_in(blob, encoding.name()));
    }
    Ok((Cow::Owned(text.into_owned().into_bytes()), encoding.name()))
}

fn not_in(blob: &Blob, encoding: &str) -> Error {
    Error::data(Place::file(&blob.name), format!("the text is not {encoding}"))
        .with_hint("name the encoding with --encoding")
}

fn by_name(label: &str) -> Result<&'static Encoding> {
    Encoding::for_label(label.trim().as_bytes()).ok_or_else(|| {
        let known = ["utf-8", "latin1", "windows-1252", "utf-16le", "utf-16be", "gbk", "shift_jis"];
        Error::config(format!("unknown encoding `{label}`{}", did_you_mean(label, known))).with_hint(format!(
            "known names are {}, the other WHATWG labels, and code pages of DOS such as cp437 and cp850",
            known.join(", ")
        ))
    })
}

/// Whether there are at least as many characters of UTF-8 beyond ASCII as bytes that fit none:
/// text in another encoding has hardly ever a valid sequence, so this is UTF-8 with damage, and
/// must not be garbled silently.
fn mostly_utf8(body: &[u8]) -> bool {
    let (mut valid, mut wrong) = (0, 0);
    for chunk in body.utf8_chunks() {
        valid += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        wrong += chunk.invalid().len();
    }
    valid > 0 && valid >= wrong
}

fn damaged(blob: &Blob, body: &[u8], at: usize) -> Error {
    let line = memchr::memchr_iter(b'\n', body.get(..at).unwrap_or_default()).count() + 1;
    let byte = body.get(at).copied().unwrap_or_default();
    let what = format!("the byte 0x{byte:02x} is not UTF-8, as the text is otherwise");
    Error::data(Place::file(&blob.name).row(line), what)
        .with_hint("correct the cell, or name the encoding of the whole file with --encoding")
}

/// The encoding of a text without mark that is not UTF-8: that of Western Europe where it is
/// plain. Any other is asked for, since several read the same bytes as other letters.
fn legacy(blob: &Blob) -> Result<&'static Encoding> {
    let bytes = blob.bytes.as_slice();
    let signs_only = bytes.iter().all(|b| b.is_ascii() || SIGNS.contains(b));
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes.get(..LOOKED_AT).unwrap_or(bytes), true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    let western = signs_only || guess == WINDOWS_1252;
    let dos = western && dos::is_likely(bytes);
    let odd = if western { central::odd_letter(bytes.get(..LOOKED_AT).unwrap_or(bytes)) } else { None };
    if western && !dos && odd.is_none() {
        return Ok(WINDOWS_1252);
    }
    let first = bytes.iter().position(|b| !b.is_ascii()).unwrap_or_default();
    let guess = if odd.is_some() && !dos { WINDOWS_1250 } else { guess };
    let central = [WINDOWS_1250, ISO_8859_2].contains(&guess);
    // A letter that the two read in different ways.
    let differs = |at: &usize| {
        let one = bytes.get(*at..*at + 1).unwrap_or_default();
        guess.decode_without_bom_handling(one).0 != WINDOWS_1252.decode_without_bom_handling(one).0
    };
    let at = match central {
        true => odd.or_else(|| (first..bytes.len()).find(differs)).unwrap_or(first),
        false => first,
    };
    let line = memchr::memchr_iter(b'\n', bytes.get(..at).unwrap_or_default()).count() + 1;
    let word = || {
        let start = bytes.get(..at).unwrap_or_default().iter().rposition(|b| b",;\t\n\" |".contains(b));
        let rest = bytes.get(start.map_or(0, |s| s + 1)..).unwrap_or_default();
        let end = rest.iter().position(|b| b",;\t\r\n\"|".contains(b)).unwrap_or(rest.len()).min(40);
        rest.get(..end).unwrap_or_default()
    };
    let read = |encoding: &'static Encoding| {
        let (text, _) = encoding.decode_without_bom_handling(word());
        text.trim_end_matches('\u{fffd}').to_owned()
    };
    let windows = || read(if dos { WINDOWS_1252 } else { guess });
    if dos {
        let what = format!(
            "the text is not UTF-8, and its encoding cannot be told for certain; in cp850 (DOS) it reads `{}`, in windows-1252 `{}`",
            dos::western(word()),
            crate::escape::visible(&windows())
        );
        let hint = "say which with --encoding cp850 or --encoding windows-1252; cp437, cp852 and other code pages of DOS are known too";
        return Err(Error::data(Place::file(&blob.name).row(line), what).with_hint(hint));
    }
    let name = guess.name().to_ascii_lowercase();
    if central {
        let what = format!(
            "the text is not UTF-8, and its encoding cannot be told for certain; in {name} (Central Europe) it reads `{}`, in windows-1252 (Western Europe) `{}`",
            crate::escape::visible(&read(guess)),
            crate::escape::visible(&read(WINDOWS_1252))
        );
        let hint = format!(
            "say which with --encoding {name} or --encoding windows-1252; where neither is right, name another one, or save the file as UTF-8"
        );
        return Err(Error::data(Place::file(&blob.name).row(line), what).with_hint(hint));
    }
    let what = format!(
        "the text is not UTF-8, and its encoding cannot be told for certain; in {name} it reads `{}`",
        windows()
    );
    Err(Error::data(Place::file(&blob.name).row(line), what).with_hint(format!(
        "if that is right, give --encoding {name}; else name another one, or save the file as UTF-8"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], given: Option<&str>) -> Result<(String, &'static str)> {
        let blob = Blob { name: "t".into(), bytes: bytes.to_vec(), ..Blob::default() };
        decode(&blob, given).map(|(text, name)| (String::from_utf8_lossy(&text).into_owned(), name))
    }

    #[test]
    fn western_text_is_read_and_others_are_asked_for() {
        let western = "Zeit;Größe;Straße\n1;größer;Köln\n2;kürzer;München\n";
        let bytes = WINDOWS_1252.encode(western).0.into_owned();
        assert_eq!(read(&bytes, None).unwrap(), (western.to_owned(), "windows-1252"));
        assert_eq!(read(b"t (\xb0C),b\n1,2\n", None).unwrap().0, "t (°C),b\n1,2\n");
        let russian =
            encoding_rs::WINDOWS_1251.encode("город,дата\nКазань,2018\nСамара,2019\n").0.into_owned();
        let e = read(&russian, None).unwrap_err();
        assert!(e.to_string().contains("город"), "{e}");
        assert!(read(&russian, Some("windows-1251")).unwrap().0.contains("Казань"));
        let chinese = encoding_rs::GBK.encode("城市,日期\n上海,2018\n广州,2019\n").0.into_owned();
        assert!(read(&chinese, None).is_err());
    }

    #[test]
    fn what_the_user_says_comes_first() {
        let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        assert_eq!(read(&wide("a,é\n"), Some("utf-16le")).unwrap(), ("a,é\n".into(), "UTF-16LE"));
        let marked = [&[0xff, 0xfe][..], &wide("a\n")].concat();
        assert_eq!(read(&marked, None).unwrap(), ("a\n".into(), "UTF-16LE"));
        assert!(read(b"a,\xe9\n", Some("utf-8")).is_err());
        assert!(read(b"a,\xe9\n", Some("no-such")).is_err());
    }

    #[test]
    fn damaged_utf8_is_named() {
        let e = read(&["a,é\n1,é\n".as_bytes(), b"2,\xe9\n"].concat(), None).unwrap_err();
        assert!(e.to_string().contains("row 3") && e.to_string().contains("0xe9"), "{e}");
    }
}
