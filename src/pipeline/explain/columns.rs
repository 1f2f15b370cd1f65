//! What an explanation is about: the columns of the table, each with all that is derived from it; the
//! calendar; and blocks of lags.

use std::ops::RangeInclusive;

use crate::data::holidays::COLUMN;
use crate::data::panel::Panel;
use crate::pipeline::forecaster::Forecaster;

/// A column of the table, or the calendar.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Places in the panel: one, or one a category; none for the calendar.
    pub(super) places: Vec<usize>,
    /// Whether its values at the steps ahead are told to the model.
    pub(super) ahead: bool,
}

/// Which of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Target,
    Column,
    Holidays,
    Calendar,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Target => "target",
            Kind::Column => "column",
            Kind::Holidays => "holidays",
            Kind::Calendar => "calendar",
        }
    }
}

impl Group {
    pub(super) fn has(&self, column: usize) -> bool {
        self.places.contains(&column)
    }

    pub(super) fn is_calendar(&self) -> bool {
        self.kind == Kind::Calendar
    }
}

/// All that the model is told, in the order of its inputs.
pub(super) fn groups(forecaster: &Forecaster, panel: &Panel) -> Vec<Group> {
    let inputs = &forecaster.meta.inputs;
    let ahead: Vec<usize> =
        inputs.lead.iter().flat_map(|lead| &lead.ahead).map(|column| inputs.targets + column).collect();
    let mut out: Vec<Group> = Vec::new();
    for (place, column) in panel.columns.iter().enumerate() {
        let source = panel.categories.iter().find(|(name, values)| {
            let rest = column.name.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix('='));
            rest.is_some_and(|rest| values.iter().any(|value| value == rest))
        });
        let name = source.map_or(&column.name, |(name, _)| name);
        let holidays = forecaster.meta.schema.holidays.is_some() && column.name == COLUMN;
        let kind = match place < inputs.targets {
            true => Kind::Target,
            false if holidays => Kind::Holidays,
            false => Kind::Column,
        };
        match out.iter_mut().find(|group| group.name == *name && source.is_some()) {
            Some(group) => group.places.push(place),
            None => out.push(Group {
                name: name.clone(),
                kind,
                places: vec![place],
                ahead: ahead.contains(&place),
            }),
        }
    }
    if !inputs.calendar.is_empty() {
        out.push(Group { name: "(calendar)".into(), kind: Kind::Calendar, places: Vec::new(), ahead: false });
    }
    out
}

/// Lags before the origin in blocks, lag 1 being the last row before it: single rows, then parts and
/// multiples of the season, up to the window's T; then those up to `reach`. `coarse` makes few of them.
pub(super) fn blocks(window: usize, season: usize, reach: usize, coarse: bool) -> Vec<RangeInclusive<usize>> {
    let season = season.max(1);
    let mut ends: Vec<usize> = match coarse {
        true => vec![3.min(season.max(1)), season],
        false => {
            let doubled =
                std::iter::successors(Some(season), |s| s.checked_mul(2)).take_while(|s| *s < window);
            [1, 2, 3, season / 4, season / 2].into_iter().chain(doubled).collect()
        }
    };
    if coarse && season == 1 {
        ends = vec![1, 3];
    }
    ends.retain(|end| *end > 0 && *end < window);
    ends.extend([window, reach.max(window)]);
    ends.sort_unstable();
    ends.dedup();
    let mut first = 1;
    ends.into_iter()
        .map(|end| {
            let block = first..=end;
            first = end + 1;
            block
        })
        .collect()
}

/// `1`, `4 to 6`.
pub(super) fn block_name(block: &RangeInclusive<usize>) -> String {
    match block.start() == block.end() {
        true => block.start().to_string(),
        false => format!("{} to {}", block.start(), block.end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_by_hand() {
        let named = |window, season, reach, coarse| {
            blocks(window, season, reach, coarse).iter().map(block_name).collect::<Vec<_>>().join(", ")
        };
        let hours = "1, 2, 3, 4 to 6, 7 to 12, 13 to 24, 25 to 48, 49 to 96, 97 to 168, 169 to 672";
        assert_eq!(named(168, 24, 672, false), hours);
        assert_eq!(named(168, 24, 672, true), "1 to 3, 4 to 24, 25 to 168, 169 to 672");
        assert_eq!(named(24, 24, 24, false), "1, 2, 3, 4 to 6, 7 to 12, 13 to 24");
        assert_eq!(named(28, 7, 28, true), "1 to 3, 4 to 7, 8 to 28");
        assert_eq!(named(8, 1, 8, true), "1, 2 to 3, 4 to 8");
        assert_eq!(named(1, 24, 1, false), "1");
        assert_eq!(named(2, 1, 4, false), "1, 2, 3 to 4");
    }
}
