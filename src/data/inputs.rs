//! What the network sees at every grid row: scaled values filled forward, observed flags and the
//! calendar, laid out row-major so that a window is one contiguous slice.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::data::calendar::CalendarFeatures;
use crate::data::lead::{InputNames, LeadRows, LeadShape, LeadSpec, Means};
use crate::data::panel::Panel;
use crate::data::scale::{Scaler, Scaling};

/// Scaled inputs beyond this are limited, so that one spike (1048 mph) cannot drown the rest.
/// Targets are limited as inputs only, never as what a forecast is compared with.
const LIMIT: f64 = 10.0;

/// Which input columns there are, in order: F of them. Kept in the checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InputSpec {
    /// Value columns of the panel, targets first.
    pub values: Vec<String>,
    /// K: how many of `values` are targets.
    pub targets: usize,
    /// Targets with an observed flag of their own (1 observed, 0 filled).
    pub flags: Vec<String>,
    /// Calendar features, last.
    pub calendar: CalendarFeatures,
    /// Longest run of missing rows that is filled forward.
    pub max_fill: Option<usize>,
    /// The richer columns of `decoder: lead`, in place of values and flags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<LeadSpec>,
}

impl InputSpec {
    /// F.
    pub fn len(&self) -> usize {
        let columns = match &self.lead {
            Some(lead) => lead.width(self.targets, self.values.len() - self.targets),
            None => self.values.len() + self.flags.len(),
        };
        columns + self.calendar.len()
    }

    /// Sizes of what `decoder: lead` is told; `None` with other decoders.
    pub fn lead_shape(&self) -> Option<LeadShape> {
        self.lead.as_ref().map(|lead| LeadShape {
            context: lead.context_width(self.len(), self.values.len() - self.targets),
            known: lead.known_width(self.len(), self.calendar.len()),
            linear: lead.linear_width(),
        })
    }

    /// Whether there is no input at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Names of the F inputs, in order.
    pub fn names(&self) -> Vec<String> {
        let mut names = match &self.lead {
            Some(lead) => lead.names(&self.values, self.targets),
            None => {
                let flags = self.flags.iter().map(|f| format!("{f}_observed"));
                self.values.iter().cloned().chain(flags).collect()
            }
        };
        names.extend(self.calendar.names());
        names
    }

    /// Names of these, and of all that `decoder: lead` is told beside them.
    pub fn all_names(&self) -> InputNames {
        let x = self.names();
        let Some(lead) = &self.lead else { return InputNames { x, ..InputNames::default() } };
        let (values, targets) = (&self.values, self.targets);
        InputNames {
            context: lead.context_names(&x, values, targets),
            known: lead.known_names(&x, &self.calendar.names(), values, targets),
            x,
        }
    }
}

/// The scaled panel.
#[derive(Debug, Clone)]
pub struct Inputs {
    pub spec: InputSpec,
    /// (rows, F), row-major, no NaN.
    pub x: Vec<f32>,
    /// (rows, K) scaled targets, NaN where not observed.
    pub y: Vec<f32>,
    /// (S, K) scalings of the targets.
    pub scalings: Vec<Vec<Scaling>>,
    /// What `decoder: lead` is told beside the inputs.
    pub lead: Option<LeadRows>,
}

/// The scalings of every series of a panel.
#[derive(Debug, Clone)]
pub struct Scalings {
    /// (S) x (columns).
    pub series: Vec<Vec<Scaling>>,
    /// Series that training had not seen, and so are scaled by the documented rule.
    pub unseen: Vec<usize>,
}

impl Scalings {
    /// Looks every series up; `unseen_until` bounds the rows that series unknown to the scaler
    /// are scaled by (UTC epoch seconds, one a series), so that nothing at or after the first
    /// forecast origin is used.
    pub fn of(panel: &Panel, scaler: &Scaler, unseen_until: &[i64]) -> Scalings {
        let mut unseen = Vec::new();
        let series = panel
            .series
            .iter()
            .enumerate()
            .map(|(s, key)| match scaler.known(key) {
                Some(scalings) => scalings.to_vec(),
                None => {
                    unseen.push(s);
                    scaler.unseen(panel, s, unseen_until.get(s).copied().unwrap_or(i64::MIN))
                }
            })
            .collect();
        Scalings { series, unseen }
    }
}

impl Inputs {
    /// Scales and fills a panel whose columns are `spec.values`. The last `future` rows of each
    /// segment are not part of the table (see [`super::extend`]).
    pub fn build(panel: &Panel, spec: &InputSpec, scalings: &Scalings, future: usize) -> Inputs {
        Inputs::build_among(panel, spec, scalings, future, None)
    }

    /// As [`Inputs::build`], where the panel has only some of the series over which these means are.
    pub fn build_among(
        panel: &Panel,
        spec: &InputSpec,
        scalings: &Scalings,
        future: usize,
        means: Option<&Means>,
    ) -> Inputs {
        let rows = panel.stamps.len();
        let (width, k) = (spec.len(), spec.targets);
        let y = observed(panel, k, scalings);
        let filled = filled(panel, spec, scalings);
        let mut x = vec![0f32; rows * width];
        let calendar = spec.calendar.len();
        if calendar > 0 {
            x.par_chunks_mut(width).zip(&panel.stamps).for_each(|(row, stamp)| {
                spec.calendar.fill(panel.time.local_seconds(*stamp), &mut row[width - calendar..]);
            });
        }
        let lead = match &spec.lead {
            Some(lead) => Some(LeadRows::build(panel, (spec, lead), &filled, future, means, &mut x)),
            None => {
                plain(panel, spec, &filled, &mut x);
                None
            }
        };
        let scalings = scalings.series.iter().map(|l| l[..k].to_vec()).collect();
        Inputs { spec: spec.clone(), x, y, scalings, lead }
    }

    /// Measures on the training origins what the decoder's specification keeps of them, and gives
    /// the specification back.
    pub fn measure(&mut self, origins: &[(u32, usize)]) -> InputSpec {
        if let Some(lead) = &mut self.lead {
            lead.measure(&self.y, origins);
            self.spec.lead = Some(lead.spec().clone());
        }
        self.spec.clone()
    }

    /// F.
    pub fn width(&self) -> usize {
        self.spec.len()
    }

    /// K.
    pub fn targets(&self) -> usize {
        self.spec.targets
    }
}

/// (rows, K) scaled targets, NaN where not observed.
fn observed(panel: &Panel, k: usize, scalings: &Scalings) -> Vec<f32> {
    let mut y = vec![f32::NAN; panel.stamps.len() * k];
    for segment in &panel.segments {
        let own = &scalings.series[segment.series as usize];
        for (c, (column, scaling)) in panel.columns.iter().zip(own).take(k).enumerate() {
            for row in segment.offset..segment.offset + segment.len {
                y[row * k + c] = scaling.scale(column.values[row]) as f32;
            }
        }
    }
    y
}

/// (rows, columns) values scaled, limited and filled forward.
fn filled(panel: &Panel, spec: &InputSpec, scalings: &Scalings) -> Vec<f32> {
    let all = panel.columns.len();
    let mut filled = vec![0f32; panel.stamps.len() * all];
    for segment in &panel.segments {
        let own = &scalings.series[segment.series as usize];
        for (c, (column, scaling)) in panel.columns.iter().zip(own).enumerate() {
            let mut fill = Fill::new(scaling, spec.max_fill);
            for row in segment.offset..segment.offset + segment.len {
                filled[row * all + c] = fill.next(column.values[row]);
            }
        }
    }
    filled
}

/// One column of a segment, scaled, limited and filled forward, row by row.
pub(super) struct Fill<'s> {
    scaling: &'s Scaling,
    most: Option<usize>,
    /// What stands where there is nothing to fill with.
    empty: f32,
    last: f32,
    /// Rows since the last value, since the beginning where there was none.
    age: usize,
    seen: bool,
}

impl<'s> Fill<'s> {
    fn new(scaling: &'s Scaling, most: Option<usize>) -> Fill<'s> {
        let empty = scaling.scale(scaling.mean).clamp(-LIMIT, LIMIT) as f32;
        Fill { scaling, most, empty, last: empty, age: 0, seen: false }
    }

    /// As it is after these rows, of which only the last value is scaled.
    pub(super) fn after(values: &[f64], scaling: &'s Scaling, most: Option<usize>) -> Fill<'s> {
        let mut fill = Fill::new(scaling, most);
        let from = values.iter().rposition(|value| !value.is_nan()).unwrap_or(0);
        for value in values.get(from..).unwrap_or_default() {
            fill.next(*value);
        }
        fill
    }

    /// What the network sees at the next row.
    pub(super) fn next(&mut self, value: f64) -> f32 {
        if value.is_nan() {
            self.age += 1;
            if self.most.is_some_and(|most| self.age > most) {
                self.last = self.empty;
            }
        } else {
            self.last = self.scaling.scale(value).clamp(-LIMIT, LIMIT) as f32;
            (self.age, self.seen) = (0, true);
        }
        self.last
    }

    /// Whether the last value is older than a window.
    pub(super) fn is_older(&self, window: usize) -> bool {
        let age = if self.seen { self.age } else { self.age + UNSEEN_AGE };
        age >= window
    }
}

/// Age of what was never observed, before its first row.
pub(super) const UNSEEN_AGE: usize = 999;

/// Values as they are, then observed flags.
fn plain(panel: &Panel, spec: &InputSpec, filled: &[f32], x: &mut [f32]) {
    let (width, all) = (spec.len(), spec.values.len());
    let flags: Vec<usize> =
        spec.flags.iter().filter_map(|f| spec.values.iter().position(|v| v == f)).collect();
    for row in 0..panel.stamps.len() {
        let out = &mut x[row * width..];
        out[..all].copy_from_slice(&filled[row * all..(row + 1) * all]);
        for (flag, column) in out[all..].iter_mut().zip(&flags) {
            *flag = if panel.columns[*column].values[row].is_nan() { 0.0 } else { 1.0 };
        }
    }
}
