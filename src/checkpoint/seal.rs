//! A checksum over the tensors and the JSON document of a file, so that a flipped bit is not taken
//! for a weight. It stands at the end of the document, as its field `checksum`, and covers all that
//! the program reads: the document without it, and each tensor's name, type, shape and bytes.
//!
//! It finds damage, not malice: who makes a file up can seal it.

use safetensors::tensor::TensorView;
use xxhash_rust::xxh3::Xxh3;

/// What stands before the 32 hexadecimal digits, and behind them.
const BEFORE: &str = ",\"checksum\":\"";
const AFTER: &str = "\"}";
const DIGITS: usize = 32;

/// What a file's checksum says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seal {
    /// The content is as it was written.
    Whole,
    /// The content is not as it was written.
    Broken,
    /// The file is from before there were checksums.
    Missing,
}

/// The JSON object with its checksum as its last field.
pub fn seal<'t>(json: &str, tensors: impl Iterator<Item = (&'t str, TensorView<'t>)>) -> String {
    let Some(open) = json.strip_suffix('}') else { return json.to_string() };
    format!("{open}{BEFORE}{}{AFTER}", digits(json, tensors))
}

/// Compares a document with its checksum. One whose last field is as long as a checksum, or is called
/// so, has one, so that damage to the name or to the digits does not pass for an older file.
pub fn check<'t>(json: &str, tensors: impl Iterator<Item = (&'t str, TensorView<'t>)>) -> Seal {
    let rest = json.strip_suffix(AFTER).unwrap_or(json);
    let (open, found) = match rest.len().checked_sub(DIGITS).and_then(|at| rest.split_at_checked(at)) {
        Some((open, found)) if open.ends_with(BEFORE) || found.bytes().all(|b| b.is_ascii_hexdigit()) => {
            (open, found)
        }
        _ => return Seal::Missing,
    };
    let Some(open) = open.strip_suffix(BEFORE) else { return Seal::Broken };
    if digits(&format!("{open}}}"), tensors) == found { Seal::Whole } else { Seal::Broken }
}

/// xxh3-128, hexadecimal. Every part is preceded by its length, so that no two contents read alike.
fn digits<'t>(json: &str, tensors: impl Iterator<Item = (&'t str, TensorView<'t>)>) -> String {
    let mut hash = Xxh3::new();
    let mut part = |bytes: &[u8]| {
        hash.update(&(bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(json.as_bytes());
    let mut tensors: Vec<_> = tensors.collect();
    tensors.sort_by(|a, b| a.0.cmp(b.0));
    for (name, tensor) in &tensors {
        part(name.as_bytes());
        part(format!("{:?} {:?}", tensor.dtype(), tensor.shape()).as_bytes());
        part(tensor.data());
    }
    format!("{:032x}", hash.digest128())
}

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::tensor::Dtype;

    #[test]
    fn every_change_is_seen() {
        let data = [1u8, 2, 3, 4, 5, 6, 7, 8];
        let view = |shape: Vec<usize>, data| TensorView::new(Dtype::F32, shape, data).unwrap();
        let tensors = || [("b", view(vec![1], &data[..4])), ("a", view(vec![1], &data[4..]))].into_iter();
        let json = r#"{"x":1.5,"y":"z"}"#;
        let sealed = seal(json, tensors());
        assert!(sealed.starts_with(r#"{"x":1.5,"y":"z","checksum":""#), "{sealed}");
        assert_eq!(check(&sealed, tensors()), Seal::Whole);
        assert_eq!(check(&sealed, tensors().rev()), Seal::Whole);
        assert_eq!(check(json, tensors()), Seal::Missing);
        assert_eq!(check(&sealed.replace("checksum", "chicksum"), tensors()), Seal::Broken);
        assert_eq!(check(&sealed.replace("1.5", "1.6"), tensors()), Seal::Broken);
        assert_eq!(check(&sealed, tensors().take(1)), Seal::Broken);
        let other = [1u8, 2, 3, 5];
        let changed = [("b", view(vec![1], &other)), ("a", view(vec![1], &data[4..]))].into_iter();
        assert_eq!(check(&sealed, changed), Seal::Broken);
        let renamed = [("c", view(vec![1], &data[..4])), ("a", view(vec![1], &data[4..]))].into_iter();
        assert_eq!(check(&sealed, renamed), Seal::Broken);
    }
}
