//! Files that Python's pickle made, as `torch.save` does. A pickle is a program, so none is ever opened: it is told by its
//! first bytes, and refused.

use std::path::Path;

use crate::error::Error;

/// Endings that people give to such files.
const ENDINGS: [&str; 6] = ["pt", "pth", "bin", "ckpt", "pkl", "pickle"];

/// The refusal, where the first bytes of the file are those of a pickle, or of the archive that `torch.save` packs one into.
pub(super) fn refusal(path: &Path, head: &[u8]) -> Option<Error> {
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    let named = ENDINGS.contains(&ending.as_str());
    let archive = head.starts_with(b"PK\x03\x04");
    let packed = archive && (named || head.windows(8).any(|bytes| bytes == b"data.pkl"));
    // A protocol's number follows its mark; the length of a safetensors header has zeros there.
    let plain = matches!(head, [0x80, 2..=5, rest @ ..] if rest.iter().take(6).any(|byte| *byte != 0));
    if !(packed || plain) {
        return None;
    }
    let name = path.display();
    let out = path.with_extension("safetensors");
    let refused = Error::checkpoint(
        path,
        "is a pickle, as torch.save writes them: a program that would run when it is opened, so it is not",
    );
    Some(refused.with_hint(format!(
        "two lines of Python write its weights as data: `import torch, safetensors.torch` and `safetensors.torch.save_file(torch.load(\"{name}\", weights_only=True), \"{}\")`; `lstm-forecast import` takes them",
        out.display()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First bytes of what torch 2.15 and Python 3.11 wrote: torch.save, the same in its older form, pickle.dump.
    #[test]
    fn pickles_are_told_by_their_first_bytes() {
        let archive =
            b"PK\x03\x04\0\0\x08\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0a\0\x18\0a/data.pklFB\x14\0";
        for (name, head) in [
            ("a.pt", &archive[..]),
            ("a.safetensors", archive),
            ("b.bin", b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M"),
            ("c", b"\x80\x04\x95\x0a\0\0\0\0\0\0\0}\x94\x8c\x01a\x94K\x01s."),
        ] {
            assert!(refusal(Path::new(name), head).is_some(), "{name}");
        }
        for (name, head) in [
            ("book.xlsx", &b"PK\x03\x04xxxxxxxx"[..]),
            // A header of 640 bytes.
            ("m.pt", b"\x80\x02\0\0\0\0\0\0{\"__metadata__\""),
            ("m.safetensors", b"\x80\x02\0\0\0\0\0\0{\"__metadata__\""),
            ("t.csv", b"city,date"),
        ] {
            assert!(refusal(Path::new(name), head).is_none(), "{name}");
        }
    }
}
