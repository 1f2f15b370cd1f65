//! What the simple members of the pool say, as nodes: of the history of one target, by the formulas of
//! `crate::forecast::pool::members`. Those that are refitted at every origin (`ets`, `theta`) are none: each would be a loop over
//! hundreds of rows for hundreds of models, and is an input of the graph instead.

use super::graph::{Graph, Value, int, ints};
use crate::config::Member;
use crate::forecast::pool::Seasons;
use crate::forecast::pool::members::{ALPHA, LONG_SEASONS, SEASONS};

/// Whether there are nodes for it.
pub fn is_known(member: Member) -> bool {
    !member.is_fitted() && !matches!(member, Member::Ets | Member::Theta)
}

/// The newest rows of a target before N origins, original units.
pub struct History<'a> {
    near: Rows,
    far: Rows,
    seasons: &'a Seasons,
    horizon: usize,
}

/// (N, R), NaN where not observed.
struct Rows {
    values: Value,
    /// R.
    len: usize,
    /// (N, 1) how many of them there are.
    there: Value,
}

/// How seasonal indices make values of a level.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Sum,
    Product,
}

impl<'a> History<'a> {
    /// Of values (N, R), of which `rows` (N) whole numbers are there; forecasts have P leads.
    pub fn new(
        graph: &mut Graph,
        (values, len): (&Value, usize),
        rows: &Value,
        seasons: &'a Seasons,
        horizon: usize,
    ) -> History<'a> {
        let there = graph.in_doubles(rows);
        let there = graph.unsqueeze(&there, &[1]);
        let all = Rows { values: values.clone(), len, there };
        let long = seasons.long.unwrap_or(seasons.short);
        let (near, far) = (all.newest(graph, seasons.rows), all.newest(graph, LONG_SEASONS * long));
        History { near, far, seasons, horizon }
    }

    /// (N, P).
    pub fn forecast(&self, graph: &mut Graph, member: Member) -> Value {
        let (short, p) = (self.seasons.short, self.horizon);
        let long = self.seasons.long.unwrap_or(short);
        let (near, far) = (&self.near, &self.far);
        let found = match member {
            Member::LastValue => {
                let (last, _) = near.last(graph, true);
                return graph.at_all(&last, 1, &vec![0; p]);
            }
            Member::Drift => return self.drift(graph),
            Member::LongNaive => {
                let (own, same) = (far.season_before(graph, long, p), near.season_before(graph, short, p));
                let enough = far.has(graph, long);
                return graph.op("Where", &[&enough, &own, &same]);
            }
            Member::LongLevel => self.long_level(graph, long),
            Member::SeasonalLevel => near.indexed(graph, short, (SEASONS, p), Kind::Sum, true),
            Member::Smoothed => near.indexed(graph, short, (SEASONS, p), Kind::Sum, false),
            Member::SmoothedRatio => near.indexed(graph, short, (SEASONS, p), Kind::Product, false),
            Member::LongSmoothed => far.indexed(graph, long, (LONG_SEASONS, p), Kind::Sum, false),
            Member::LongSmoothedRatio => far.indexed(graph, long, (LONG_SEASONS, p), Kind::Product, false),
            _ => None,
        };
        let same = near.season_before(graph, short, p);
        let Some(found) = found else { return same };
        // What a member lacks the history for, the season before says.
        let fine = finite(graph, &found);
        let fine = all(graph, &fine);
        graph.op("Where", &[&fine, &found, &same])
    }

    /// The line through the first and the last value, carried on.
    fn drift(&self, graph: &mut Graph) -> Value {
        let near = &self.near;
        let (last, end) = near.last(graph, true);
        let (first, start) = near.last(graph, false);
        let (one, rows) = (graph.number(1.0), graph.number(near.len as f64));
        let (rise, run) = (graph.op("Sub", &[&last, &first]), graph.op("Sub", &[&end, &start]));
        let run = graph.op("Max", &[&run, &one]);
        let slope = graph.op("Div", &[&rise, &run]);
        let since = graph.op("Sub", &[&rows, &end]);
        let leads: Vec<f64> = (0..self.horizon).map(|lead| lead as f64).collect();
        let leads = graph.doubles(&[1, self.horizon], &leads);
        let steps = graph.op("Add", &[&since, &leads]);
        let moved = graph.op("Mul", &[&slope, &steps]);
        graph.op("Add", &[&last, &moved])
    }

    /// The season before, moved by what the level has moved.
    fn long_level(&self, graph: &mut Graph, long: usize) -> Option<Value> {
        let (far, short) = (&self.far, self.seasons.short);
        let before = far.len.checked_sub(long + short)?;
        let before = graph.slice(&far.values, 1, before, before + short);
        let now = far.newest(graph, short);
        let (now, before) = (mean(graph, &now.values, 1), mean(graph, &before, 1));
        let shift = graph.op("Sub", &[&now, &before]);
        let season = far.newest(graph, long);
        let season = season.season_before(graph, long, self.horizon);
        let moved = graph.op("Add", &[&season, &shift]);
        let (enough, none) = (far.has(graph, long + short), graph.number(f64::NAN));
        Some(graph.op("Where", &[&enough, &moved, &none]))
    }
}

impl Rows {
    /// The newest of them, at most so many.
    fn newest(&self, graph: &mut Graph, rows: usize) -> Rows {
        let len = rows.min(self.len);
        let (values, most) =
            (graph.slice(&self.values, 1, self.len - len, self.len), graph.number(len as f64));
        Rows { values, len, there: graph.op("Min", &[&self.there, &most]) }
    }

    /// (N, 1) whether there are so many.
    fn has(&self, graph: &mut Graph, rows: usize) -> Value {
        let rows = graph.number(rows as f64);
        graph.op("GreaterOrEqual", &[&self.there, &rows])
    }

    /// (N, 1) the last observed value, or the first, and its row; NaN where there is none.
    fn last(&self, graph: &mut Graph, last: bool) -> (Value, Value) {
        let seen = finite(graph, &self.values);
        let rows: Vec<f64> = (0..self.len).map(|row| row as f64).collect();
        let rows = graph.doubles(&[self.len], &rows);
        let (other, reduce) = if last { (0.0, "ReduceMax") } else { (self.len as f64 - 1.0, "ReduceMin") };
        let other = graph.number(other);
        let rows = graph.op("Where", &[&seen, &rows, &other]);
        let at = graph.op_with(reduce, &[&rows], vec![ints("axes", &[1])]);
        (taken(graph, &self.values, &at), at)
    }

    /// (N, seasons, m): the newest whole seasons, NaN in those that the history does not have in whole.
    fn seasons(&self, graph: &mut Graph, season: usize, seasons: usize) -> Value {
        let rows = seasons * season;
        let values = graph.slice(&self.values, 1, self.len - rows, self.len);
        let values = graph.reshape(&values, &[-1, seasons as i64, season as i64]);
        let whole = self.whole(graph, season);
        let whole = graph.unsqueeze(&whole, &[2]); // (N, 1, 1)
        let ages: Vec<f64> = (1..=seasons).rev().map(|age| age as f64).collect();
        let (ages, none) = (graph.doubles(&[seasons, 1], &ages), graph.number(f64::NAN));
        let missing = graph.op("Greater", &[&ages, &whole]);
        graph.op("Where", &[&missing, &none, &values])
    }

    /// (N, 1) the number of whole seasons.
    fn whole(&self, graph: &mut Graph, season: usize) -> Value {
        let rows = graph.number(season as f64);
        let seasons = graph.op("Div", &[&self.there, &rows]);
        graph.op("Floor", &[&seasons])
    }

    /// (N, P): the newest observed value of the same phase, else the last value.
    fn season_before(&self, graph: &mut Graph, season: usize, horizon: usize) -> Value {
        let (season, (last, _)) = (season.max(1), self.last(graph, true));
        let seasons = self.len / season;
        if seasons == 0 {
            return graph.at_all(&last, 1, &vec![0; horizon]);
        }
        let values = self.seasons(graph, season, seasons);
        let seen = finite(graph, &values);
        let order: Vec<f64> = (0..seasons).map(|at| at as f64).collect();
        let (order, zero) = (graph.doubles(&[seasons, 1], &order), graph.number(0.0));
        let at = graph.op("Where", &[&seen, &order, &zero]);
        let at = graph.op_with("ReduceMax", &[&at], vec![ints("axes", &[1])]); // (N, 1, m)
        let found = taken(graph, &values, &at);
        let found = graph.reshape(&found, &[-1, season as i64]);
        let seen = finite(graph, &found);
        let found = graph.op("Where", &[&seen, &found, &last]);
        graph.at_all(&found, 1, &cycle(horizon, season))
    }

    /// (N, P): seasonal indices on a level: the mean of the last season where `last`, else a smoothed one; NaN for too short a
    /// history. `None` where no history has the rows.
    fn indexed(
        &self,
        graph: &mut Graph,
        season: usize,
        (most, horizon): (usize, usize),
        kind: Kind,
        last: bool,
    ) -> Option<Value> {
        let (apart, join) = if kind == Kind::Product { ("Div", "Mul") } else { ("Sub", "Add") };
        let seasons = (self.len / season.max(1)).min(most);
        if season < 2 {
            let level = self.smoothed_level(graph);
            return (kind == Kind::Sum).then(|| graph.at_all(&level, 1, &vec![0; horizon]));
        }
        if seasons < 2 {
            return None;
        }
        let values = self.seasons(graph, season, seasons); // (N, seasons, m)
        let levels = mean(graph, &values, 2);
        let parts = graph.op(apart, &[&values, &levels]);
        let index = mean(graph, &parts, 1);
        let index = graph.reshape(&index, &[-1, season as i64]);
        let (seen, neutral) =
            (finite(graph, &index), graph.number(if kind == Kind::Product { 1.0 } else { 0.0 }));
        let index = graph.op("Where", &[&seen, &index, &neutral]);
        let centre = graph.op_with("ReduceMean", &[&index], vec![ints("axes", &[1])]);
        let index = graph.op(apart, &[&index, &centre]); // (N, m)
        let len = seasons * season;
        let rows = graph.reshape(&values, &[-1, len as i64]);
        let level = if last {
            let newest = graph.slice(&rows, 1, len - season, len);
            mean(graph, &newest, 1)
        } else {
            let of_rows = graph.at_all(&index, 1, &cycle(len, season));
            let values = graph.op(apart, &[&rows, &of_rows]);
            Rows { values, len, there: self.there.clone() }.smoothed_level(graph)
        };
        let out = graph.op(join, &[&level, &index]);
        let out = graph.at_all(&out, 1, &cycle(horizon, season));
        let mut fine = self.has(graph, 2 * season);
        if kind == Kind::Product {
            // Values that are not positive have no ratios.
            let (zero, seen) = (graph.number(0.0), finite(graph, &rows));
            let positive = graph.op("Greater", &[&rows, &zero]);
            let missing = graph.op("Not", &[&seen]);
            let either = graph.op("Or", &[&positive, &missing]);
            let either = all(graph, &either);
            fine = graph.op("And", &[&fine, &either]);
        }
        let none = graph.number(f64::NAN);
        Some(graph.op("Where", &[&fine, &out, &none]))
    }

    /// (N, 1): simple exponential smoothing from the mean of the first four values, as one sum: a value counts for alpha times
    /// (1 - alpha) to the number of values after it.
    fn smoothed_level(&self, graph: &mut Graph) -> Value {
        let [zero, four, alpha, kept] = [0.0, 4.0, ALPHA, 1.0 - ALPHA].map(|number| graph.number(number));
        let seen = finite(graph, &self.values);
        let counted = graph.in_doubles(&seen);
        let axis = graph.ints(&[], &[1]);
        let so_far = graph.op("CumSum", &[&counted, &axis]);
        let count = graph.sum(&counted, 1, true); // (N, 1)
        let after = graph.op("Sub", &[&count, &so_far]);
        let early = graph.op("LessOrEqual", &[&so_far, &four]);
        let none = graph.number(f64::NAN);
        let first = graph.op("Where", &[&early, &self.values, &none]);
        let start = mean(graph, &first, 1);
        let share = graph.op("Pow", &[&kept, &count]);
        let start = graph.op("Mul", &[&start, &share]);
        let shares = graph.op("Pow", &[&kept, &after]);
        let shares = graph.op("Mul", &[&shares, &alpha]);
        let values = graph.op("Where", &[&seen, &self.values, &zero]);
        let products = graph.op("Mul", &[&values, &shares]);
        let sum = graph.sum(&products, 1, true);
        graph.op("Add", &[&start, &sum])
    }
}

/// Places of phases, from 0 on.
fn cycle(count: usize, season: usize) -> Vec<usize> {
    (0..count).map(|at| at % season).collect()
}

/// Whether a value is a number.
fn finite(graph: &mut Graph, value: &Value) -> Value {
    let (size, most) = (graph.op("Abs", &[value]), graph.number(f64::MAX));
    graph.op("LessOrEqual", &[&size, &most])
}

/// (N, 1) whether all of (N, R) are so.
fn all(graph: &mut Graph, value: &Value) -> Value {
    let (value, zero) = (graph.in_doubles(value), graph.number(0.0));
    let least = graph.op_with("ReduceMin", &[&value], vec![ints("axes", &[1])]);
    graph.op("Greater", &[&least, &zero])
}

/// The mean along an axis, which is kept, of what is a number; NaN where nothing is.
fn mean(graph: &mut Graph, value: &Value, axis: i64) -> Value {
    let (seen, zero) = (finite(graph, value), graph.number(0.0));
    let known = graph.op("Where", &[&seen, value, &zero]);
    let counted = graph.in_doubles(&seen);
    let (sum, count) = (graph.sum(&known, axis, true), graph.sum(&counted, axis, true));
    graph.op("Div", &[&sum, &count])
}

/// The values at these places (64-bit floats) of axis 1.
fn taken(graph: &mut Graph, values: &Value, at: &Value) -> Value {
    let at = graph.op_with("Cast", &[at], vec![int("to", 7)]);
    graph.op_with("GatherElements", &[values, &at], vec![int("axis", 1)])
}
