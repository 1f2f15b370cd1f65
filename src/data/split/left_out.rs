//! Series without a window, which nobody should miss without being told.

use super::{Cut, Need};
use crate::data::panel::Panel;
use crate::text::plural;

/// Series named before the rest is only counted.
const NAMED: usize = 3;

/// `65 of 359 series` and their names, where some series of the panel have none of these cuts.
fn without(panel: &Panel, cuts: &[Cut]) -> Option<(String, String)> {
    let mut has = vec![false; panel.series.len()];
    for cut in cuts {
        if let Some(has) =
            panel.segments.get(cut.segment as usize).and_then(|s| has.get_mut(s.series as usize))
        {
            *has = true;
        }
    }
    let none: Vec<String> =
        panel.series.iter().zip(&has).filter(|(_, has)| !**has).map(|(key, _)| key.to_string()).collect();
    if none.is_empty() {
        return None;
    }
    let more = if none.len() > NAMED { format!(" and {} more", none.len() - NAMED) } else { String::new() };
    let names = format!("{}{more}", none[..none.len().min(NAMED)].join(", "));
    Some((format!("{} of {} series", none.len(), panel.series.len()), names))
}

/// What to say of series that training does not learn from.
pub fn from_training(panel: &Panel, cuts: &[Cut], need: Need, until: i64) -> Option<String> {
    let (count, names) = without(panel, cuts)?;
    let padded = need.least < need.input_window;
    let way = if padded { "" } else { "; --pad-short takes shorter histories, a smaller --input-window too" };
    Some(format!(
        "{count} have no training window, and nothing is learned from them: {names}. A window needs {} + {} unbroken rows, with an observed target, before {}{way}",
        need.least,
        need.horizon,
        panel.time.display(until)
    ))
}

/// What to say of series that an evaluation does not score.
pub fn from_scoring(panel: &Panel, cuts: &[Cut], need: Need) -> Option<String> {
    let (count, names) = without(panel, cuts)?;
    Some(format!(
        "{count} are not scored: {names}. No origin of theirs has {} of history and an observed value ahead.",
        plural(need.least, "unbroken row")
    ))
}
