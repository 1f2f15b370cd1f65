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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_stay_short() {
        let names: Vec<String> = ["a", "b", "c"].map(String::from).into();
        assert_eq!(first_of(&names, 3, ""), "a, b, c");
        assert_eq!(first_of(&names, 2, " series"), "a, b and 1 more series");
        assert_eq!(first_of(&[], 2, ""), "");
    }
}
