//! The spans that trials are scored on: pieces of the validation part, one after the other, the last of
//! them held out.

use crate::config::Config;
use crate::data::panel::Panel;
use crate::data::split::{self, Bounds, Cut, Need, Observed, Range};
use crate::error::{Error, Place, Result};
use crate::train;

/// Forecasts that a trial is scored on in a fold, at most.
const MOST: usize = 1024;

/// One span, and what may be learned from before it.
#[derive(Debug, Clone)]
pub(super) struct Fold {
    /// Training ends at `val_start`; weights are chosen, and the pool is fitted, on the rows up to `test_start`;
    /// what is scored begins there.
    pub(super) bounds: Bounds,
    /// What is scored, the same for all trials.
    pub(super) cuts: Vec<Cut>,
    /// The first stamp that is scored, and the last, in the table's form.
    pub(super) from: String,
    pub(super) to: String,
}

/// So many folds and one more, which is held out; and a note where they reach beyond the validation part.
///
/// # Errors
/// `Error::Data` for a table that is too short.
pub(super) fn folds(
    config: &Config,
    panel: &Panel,
    need: Need,
    longest: usize,
    count: usize,
) -> Result<(Vec<Fold>, Option<String>)> {
    let bounds = Bounds::resolve(&config.split, panel)?.with_validation(&config.split, panel, need);
    let first = panel.stamps.iter().copied().min().unwrap_or(0);
    let slots = |stamp: i64| split::slots(panel, first, stamp);
    let at = |slot: i64| panel.freq.advance(first, slot, &panel.time);
    let (val, test) = (slots(bounds.val_start), slots(bounds.test_start));
    let spans = count as i64 + 1;
    let horizon = need.horizon as i64;
    let len = ((test - val) / spans).max(horizon);
    let start = test - spans * len;
    let least = longest.max(need.input_window) as i64 + 2 * horizon;
    if start - len < least {
        return Err(Error::data(
            Place::file(panel.source.clone()),
            format!(
                "the table is too short to tune on: {count} folds and one that is held out need {} rows before the test part ({}), each with {least} rows or more to learn from before it; there are {test}",
                (spans + 1) * len + least,
                panel.time.display(bounds.test_start)
            ),
        )
        .with_hint("use fewer --folds, a smaller --horizon or --input-window, or a longer table"));
    }
    let observed = Observed::new(panel);
    let window = longest.max(need.input_window);
    let own = |k: i64| -> Result<Fold> {
        let (from, until) = (at(start + k * len), at(start + (k + 1) * len));
        let bounds = Bounds { val_start: at(start + (k - 1) * len), test_start: from };
        let range = Range { from: Some(from), until: Some(until), stride: 1 };
        // Origins that the longest window of all trials has rows for, where there are any.
        let wanted = Need { input_window: window, least: window, ..need };
        let mut cuts = split::cuts(panel, &observed, wanted, range);
        if cuts.is_empty() {
            cuts = split::cuts(panel, &observed, need, range);
        }
        if cuts.is_empty() {
            return Err(Error::data(
                Place::file(panel.source.clone()),
                format!(
                    "nothing can be scored between {} and {}",
                    panel.time.display(from),
                    panel.time.display(until)
                ),
            )
            .with_hint("use fewer --folds, or choose another --split"));
        }
        let to = panel.time.display(panel.freq.advance(until, -1, &panel.time));
        Ok(Fold { bounds, cuts: train::thin(&cuts, MOST), from: panel.time.display(from), to })
    };
    let folds = (0..spans).map(own).collect::<Result<Vec<_>>>()?;
    let note = (start < val).then(|| {
        format!(
            "the validation part is short, so the folds reach {} rows back before it: each learns from what is before its own span alone",
            val - start
        )
    });
    Ok((folds, note))
}
