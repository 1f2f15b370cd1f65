//! Words for people: lists that stay short, and the name that was meant.

/// The first names, and how many there are besides: `a, b and 3 more series`, with `more` as the last
/// word (with its space before it, or nothing).
pub fn first_of(names: &[String], most: usize, more: &str) -> String {
    match names.get(..most) {
        Some(shown) if names.len() > most => {
            format!("{} and {} more{more}", shown.join(", "), names.len() - most)
        }
        _ => names.join(", "),
    }
}

/// `1 row`, `2 rows`.
pub fn plural(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// The word that goes with so many: `is` of one, `are` of others.
pub fn of_one<'a>(n: usize, one: &'a str, more: &'a str) -> &'a str {
    if n == 1 { one } else { more }
}

/// The known word nearest to `word`, when it is near enough to be what was meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|k| (strsim::jaro_winkler(&word.to_lowercase(), &k.to_lowercase()), k))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, k)| k)
}

/// ` (did you mean `x`?)`, or nothing.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map(|k| format!(" (did you mean `{k}`?)")).unwrap_or_default()
}

/// Columns that a terminal gives to `text`: two for wide East Asian characters and emoji, none for
/// combining marks (an approximation by blocks, enough to keep columns straight).
pub fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// As [`width`], of one character.
pub fn char_width(c: char) -> usize {
    match u32::from(c) {
        0x0300..=0x036F | 0x200B..=0x200F | 0xFE00..=0xFE0F | 0x20D0..=0x20FF => 0,
        0x1100..=0x115F
        | 0x2E80..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60
        | 0xFFE0..=0xFFE6
        | 0x1F300..=0x1FAFF
        | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
}

/// Ascending numbers as runs: `1 to 3, 7 and 9 to 24`.
pub fn ranges(keys: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &key in keys {
        match runs.last_mut() {
            Some((_, end)) if *end + 1 == key => *end = key,
            _ => runs.push((key, key)),
        }
    }
    let texts: Vec<_> =
        runs.iter().map(|(a, b)| if a == b { a.to_string() } else { format!("{a} to {b}") }).collect();
    and(&texts)
}

/// The first five names, and how many more: `a, b and 3 more`.
pub fn listed(names: &[&str]) -> String {
    const SHOWN: usize = 5;
    let mut texts: Vec<String> = names.iter().take(SHOWN).map(|name| name.to_string()).collect();
    if names.len() > SHOWN {
        texts.push(format!("{} more", names.len() - SHOWN));
    }
    and(&texts)
}

/// `a, b and c`.
pub fn and(texts: &[String]) -> String {
    match texts {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// A sentence with a capital.
pub fn capitalised(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// A word of a command line as a shell takes it.
pub fn argument(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-.,:=+@/".contains(c);
    match word {
        word if !word.is_empty() && word.chars().all(plain) => word.to_owned(),
        word if !word.contains(['"', '$', '`', '\\', '!']) => format!("\"{word}\""),
        word => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(argument("a/b-1.csv"), "a/b-1.csv");
        assert_eq!(argument("my table.csv"), "\"my table.csv\"");
        assert_eq!(argument("it's*"), "\"it's*\"");
        assert_eq!(argument("$ -"), "'$ -'");
        assert_eq!(argument(r"'\"), r"''\''\'");
        assert_eq!(argument(""), "\"\"");
    }

    #[test]
    fn lists_stay_short() {
        let names: Vec<String> = ["a", "b", "c"].map(String::from).into();
        assert_eq!(first_of(&names, 3, ""), "a, b, c");
        assert_eq!(first_of(&names, 2, " series"), "a, b and 1 more series");
        assert_eq!(first_of(&[], 2, ""), "");
    }
}
