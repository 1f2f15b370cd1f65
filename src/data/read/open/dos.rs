//! Code pages of DOS, in which programs of shops and instruments still write: `--encoding cp850`.

use oem_cp::code_table::{DECODING_TABLE_CP_MAP, DECODING_TABLE_CP850};
use oem_cp::code_table_type::TableType;
use oem_cp::decode_string_complete_table;

/// Words that stand before the number of a code page.
const MARKS: [&str; 4] = ["cp", "ibm", "dos", "oem"];

/// A code page.
#[derive(Clone, Copy)]
pub struct CodePage {
    pub name: &'static str,
    table: &'static TableType,
}

/// Names of the code pages, by which they are asked for and told.
const NAMES: [&str; 18] = [
    "cp437", "cp720", "cp737", "cp775", "cp850", "cp852", "cp855", "cp857", "cp858", "cp860", "cp861",
    "cp862", "cp863", "cp864", "cp865", "cp866", "cp869", "cp874",
];

impl CodePage {
    /// The code page of a label such as `cp850`, `ibm850`, `IBM-850`, `dos850`.
    pub fn named(label: &str) -> Option<CodePage> {
        let plain: String = label.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        let number = MARKS.iter().find_map(|mark| plain.strip_prefix(mark))?;
        let name = NAMES.into_iter().find(|name| name.strip_prefix("cp") == Some(number))?;
        Some(CodePage { name, table: DECODING_TABLE_CP_MAP.get(&number.parse().ok()?)? })
    }

    /// The text; `None` where a byte is none of the code page.
    pub fn decode(&self, bytes: &[u8]) -> Option<String> {
        self.table.decode_string_checked(bytes)
    }
}

/// Whether bytes that Windows-1252 has for signs stand within words, where the code pages of Western
/// Europe have letters: `Forl<8D>`, `M<A0>laga`.
pub fn is_likely(bytes: &[u8]) -> bool {
    let (mut dos, mut windows) = (0, 0);
    for around in bytes.windows(3) {
        let [before, byte, after] = *around else { continue };
        // Windows-1252 has nothing at these places.
        if before.is_ascii_alphabetic() && matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d) {
            dos += 1;
            continue;
        }
        if !before.is_ascii_alphabetic() || !after.is_ascii_alphabetic() {
            continue;
        }
        let lower = before.is_ascii_lowercase() && after.is_ascii_lowercase();
        match byte {
            // An apostrophe, dashes, and the letters that Windows-1252 has here.
            0x92 | 0x96 | 0x97 | 0x9a | 0x9c | 0x9e => {}
            0x8a | 0x8c | 0x8e if !lower => {}
            0x80..=0xa5 => dos += 1,
            0xc0..=0xff => windows += 1,
            _ => {}
        }
    }
    dos > windows
}

/// How a word reads in the code page of Western Europe.
pub fn western(word: &[u8]) -> String {
    decode_string_complete_table(word, &DECODING_TABLE_CP850)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_named_in_many_ways() {
        for label in ["cp850", "CP850", "ibm850", "IBM-850", "dos-850"] {
            assert_eq!(CodePage::named(label).unwrap().decode(b"Z\x81rich").unwrap(), "Zürich", "{label}");
        }
        assert!(CodePage::named("850").is_none() && CodePage::named("cp1252").is_none());
        assert_eq!(CodePage::named("ibm866").unwrap().decode(b"\x8c\xae").unwrap(), "Мо");
        assert!(NAMES.iter().all(|name| CodePage::named(name).is_some()));
    }

    #[test]
    fn words_of_windows_are_not_of_dos() {
        for word in ["Zürich", "Málaga", "Besançon", "Malmö", "Ærø", "Ålesund"] {
            let page = |word: &str| -> Vec<u8> {
                let byte = |c: char| match c.is_ascii() {
                    true => c as u8,
                    false => 0x80 + DECODING_TABLE_CP850.iter().position(|d| *d == c).unwrap() as u8,
                };
                word.chars().map(byte).collect()
            };
            let bytes = page(word);
            let within = bytes[1..bytes.len() - 1].iter().any(|b| (0x80..=0xa5).contains(b));
            assert_eq!(is_likely(&page(word)), within, "{word}");
            assert!(!is_likely(&encoding_rs::WINDOWS_1252.encode(word).0), "{word}");
        }
        for text in ["l’Aquila", "Paris–Nice", "Košice", "cœur", "5 °C", "“wet”", "a…", "10 €"]
        {
            assert!(!is_likely(&encoding_rs::WINDOWS_1252.encode(text).0), "{text}");
        }
    }
}
