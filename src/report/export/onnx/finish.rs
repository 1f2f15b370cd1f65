//! From scaled forecasts to finished ones, in 64 bits: original units, the mean over the networks, intervals, bounds.

use super::graph::{Graph, Value, int};
use crate::checkpoint::Meta;
use crate::config::Limits;
use crate::data::scale::MOST_ASINH;
use crate::forecast::conformal::{self, Calibration};

/// 64-bit values to original units; shift, scale, and k of asinh where a target is bent (0 for one that is not) have the
/// same dimensions, or broadcast to them.
pub fn unscaled(graph: &mut Graph, value: &Value, [shift, scale, asinh]: [Option<&Value>; 3]) -> Value {
    let (Some(shift), Some(scale)) = (shift, scale) else { return value.clone() };
    let line = graph.op("Mul", &[value, scale]);
    let line = graph.op("Add", &[&line, shift]);
    let Some(k) = asinh else { return line };
    let [low, high, zero, two] = [-MOST_ASINH, MOST_ASINH, 0.0, 2.0].map(|number| graph.number(number));
    // sinh(v) = (e^v - e^-v) / 2
    let limited = graph.op("Clip", &[&line, &low, &high]);
    let up = graph.op("Exp", &[&limited]);
    let turned = graph.op("Neg", &[&limited]);
    let down = graph.op("Exp", &[&turned]);
    let sinh = graph.op("Sub", &[&up, &down]);
    let sinh = graph.op("Div", &[&sinh, &two]);
    let bent = graph.op("Mul", &[k, &sinh]);
    let is_bent = graph.op("Greater", &[k, &zero]);
    graph.op("Where", &[&is_bent, &bent, &line])
}

/// (N, P, K, Q): the mean of the networks' forecasts in original units, each with its quantiles in order.
pub fn averaged(graph: &mut Graph, scaled: &[Value], scaling: [Option<&Value>; 3], outputs: usize) -> Value {
    let scaling = scaling.map(|part| part.map(|part| graph.unsqueeze(part, &[1, 3]))); // (N, K) -> (N, 1, K, 1)
    let scaling = scaling.each_ref().map(Option::as_ref);
    let mut sum: Option<Value> = None;
    for one in scaled {
        let value = graph.in_doubles(one);
        let mut value = unscaled(graph, &value, scaling);
        if outputs > 1 {
            let count = graph.ints(&[1], &[outputs as i64]);
            let attributes = vec![int("axis", -1), int("largest", 0), int("sorted", 1)];
            value = graph.op_pair("TopK", &[&value, &count], attributes);
        }
        sum = Some(match sum {
            None => value,
            Some(sum) => graph.op("Add", &[&sum, &value]),
        });
    }
    let count = graph.number(scaled.len().max(1) as f64);
    graph.op("Div", &[&sum.unwrap_or_default(), &count])
}

/// Lower and upper ends (N, P, K, levels) of calibrated intervals; see `crate::forecast::conformal`.
pub fn intervals(
    graph: &mut Graph,
    meta: &Meta,
    calibration: &Calibration,
    [point, quantiles]: [&Value; 2],
    [scale, asinh]: [Option<&Value>; 2],
) -> [Value; 2] {
    let (p, k) = (meta.shape.horizon, meta.shape.targets);
    let size = size(graph, scale, asinh);
    let (mut low, mut high) = (point.clone(), point.clone());
    let (mut lows, mut highs) = (Vec::new(), Vec::new());
    for (i, level) in calibration.levels.iter().enumerate() {
        let (mut below, mut above) = (point.clone(), point.clone());
        if !meta.shape.quantiles.is_empty() {
            let tail = f64::from(100 - level) / 200.0;
            let down = between(graph, &meta.shape.quantiles, quantiles, tail);
            let up = between(graph, &meta.shape.quantiles, quantiles, 1.0 - tail);
            (below, above) = (graph.op("Min", &[&below, &down]), graph.op("Max", &[&above, &up]));
        }
        let score = |step: usize, target: usize| {
            calibration.scores[(target * p + step) * calibration.levels.len() + i]
        };
        let scores: Vec<f64> = (0..p * k).map(|cell| score(cell / k, cell % k)).collect();
        // What a score is a multiple of, beside the distance: only of positive ones, and a share of the size.
        let beside = if meta.shape.quantiles.is_empty() { 1.0 } else { conformal::BESIDE };
        let of_size: Vec<f64> = match calibration.relative {
            true => scores.iter().map(|score| score.max(0.0) * beside).collect(),
            false => scores.clone(),
        };
        let (scores, of_size) = (graph.doubles(&[p, k], &scores), graph.doubles(&[p, k], &of_size));
        let more = graph.op("Mul", &[&size, &of_size]); // (N, P, K)
        let moved = |graph: &mut Graph, from: &Value, to: &Value| {
            if !calibration.relative {
                return more.clone();
            }
            let distance = graph.op("Sub", &[from, to]);
            let scaled = graph.op("Mul", &[&distance, &scores]);
            graph.op("Add", &[&scaled, &more])
        };
        let (down, up) = (moved(graph, point, &below), moved(graph, &above, point));
        let (down, up) = (graph.op("Sub", &[&below, &down]), graph.op("Add", &[&above, &up]));
        (low, high) = (graph.op("Min", &[&low, &down]), graph.op("Max", &[&high, &up]));
        lows.push(graph.unsqueeze(&low, &[3]));
        highs.push(graph.unsqueeze(&high, &[3]));
    }
    [graph.concat(&lows, 3), graph.concat(&highs, 3)]
}

/// (N, 1, K): about the standard deviation of each series.
fn size(graph: &mut Graph, scale: Option<&Value>, asinh: Option<&Value>) -> Value {
    let Some(scale) = scale else { return graph.number(1.0) };
    let mut size = graph.op("Abs", &[scale]);
    if let Some(k) = asinh {
        let (zero, one) = (graph.number(0.0), graph.number(1.0));
        let bent = graph.op("Greater", &[k, &zero]);
        let factor = graph.op("Where", &[&bent, k, &one]);
        size = graph.op("Mul", &[&size, &factor]);
    }
    graph.unsqueeze(&size, &[1])
}

/// (N, P, K): the quantile of a level, linear between the model's.
fn between(graph: &mut Graph, levels: &[f64], quantiles: &Value, level: f64) -> Value {
    let (low, share) = conformal::place(levels, level);
    let below = graph.at(quantiles, 3, low);
    if low + 1 >= levels.len() || share == 0.0 {
        return below;
    }
    let above = graph.at(quantiles, 3, low + 1);
    let distance = graph.op("Sub", &[&above, &below]);
    let share = graph.number(share);
    let part = graph.op("Mul", &[&distance, &share]);
    graph.op("Add", &[&below, &part])
}

/// Values (N, P, K), or (N, P, K, …) where `wide`, within the bounds of each target.
pub fn bounded(graph: &mut Graph, value: Value, limits: &Limits, targets: usize, wide: bool) -> Value {
    let bounds: Vec<(f64, f64)> = (0..targets).map(|target| limits.of(target)).collect();
    if bounds.iter().all(|(low, high)| low.is_infinite() && high.is_infinite()) {
        return value;
    }
    let dims: &[usize] = if wide { &[targets, 1] } else { &[targets] };
    let low = graph.doubles(dims, &bounds.iter().map(|(low, _)| *low).collect::<Vec<_>>());
    let high = graph.doubles(dims, &bounds.iter().map(|(_, high)| *high).collect::<Vec<_>>());
    let value = graph.op("Max", &[&value, &low]);
    graph.op("Min", &[&value, &high])
}
