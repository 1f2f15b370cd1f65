//! Months and quarters as Roman numbers: `IV/2019`, `12.XI.2019`.

const NUMBERS: [&str; 12] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];

/// The number at the front of a text, and what follows it.
pub fn take(rest: &[u8]) -> Option<(u32, &[u8])> {
    let n = rest.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let (head, tail) = rest.split_at_checked(n)?;
    let place = NUMBERS.iter().position(|name| name.as_bytes() == head)?;
    Some((place as u32 + 1, tail))
}

/// A number from 1 to 12.
pub fn write(value: i64) -> &'static str {
    usize::try_from(value - 1).ok().and_then(|place| NUMBERS.get(place)).copied().unwrap_or_default()
}
