//! What stands beside the networks: the fitted members and the simple ones as nodes, or the simple ones as an input, and their
//! weighted mean.

use super::finish::unscaled;
use super::graph::{Graph, Value, int};
use super::simple::History;
use crate::checkpoint::Meta;
use crate::config::Member;
use crate::forecast::learned::Stored;

/// What the members are told.
pub struct Told<'a> {
    pub meta: &'a Meta,
    /// The arrays of fitted members.
    pub learned: &'a [Stored],
    /// (N, K), (N, K, P), (N, K, C), (N, K, P, W): of `decoder: lead`.
    pub lead: Option<&'a [Value; 4]>,
    pub simple: &'a Simple,
    /// (N) the place among series with weights of their own, -1 for none.
    pub own: Option<&'a Value>,
    /// (N, K) shift, scale, and k of asinh where a target is bent.
    pub scaling: [Option<&'a Value>; 3],
}

/// What simple members are told, or say.
pub enum Simple {
    /// None is in use.
    None,
    /// (N, K, R) values before the origin, and (N) how many rows there are.
    History { values: Value, rows: Value, len: usize },
    /// (N, K, J, P) what they forecast, 64 bits.
    Said(Value),
}

impl Told<'_> {
    /// Combined forecasts of a target, (N, P), of the networks' own.
    pub fn combined(&self, graph: &mut Graph, networks: &Value, target: usize) -> Value {
        let (pool, p) = (&self.meta.pool, self.meta.shape.horizon);
        let (weights, used) = pool.weight_table(target, self.meta.shape.targets, p);
        let mut said = vec![networks.clone()];
        for (j, member) in pool.members.iter().enumerate().filter(|(j, _)| used[j + 1]) {
            let forecast = match (member.is_fitted(), self.simple) {
                (true, _) => self.fitted(graph, *member, target),
                (false, Simple::Said(all)) => {
                    let place = pool.members[..j].iter().filter(|before| !before.is_fitted()).count();
                    let own = graph.at(all, 1, target);
                    Some(graph.at(&own, 1, place))
                }
                (false, Simple::History { values, rows, len }) => {
                    let own = graph.at(values, 1, target);
                    let history = History::new(graph, (&own, *len), rows, &pool.seasons, p);
                    Some(history.forecast(graph, *member))
                }
                (false, Simple::None) => None,
            };
            said.extend(forecast);
        }
        let said: Vec<Value> = said.iter().map(|value| graph.unsqueeze(value, &[2])).collect();
        let said = graph.concat(&said, 2); // (N, P, J)
        // Only the columns of members in use; without an own series the last block, of all series, is the only one.
        let count = used.iter().filter(|used| **used).count();
        let blocks = weights.len() / (p * count).max(1);
        let table = graph.doubles(&[blocks, p, count], &weights);
        let weight = match self.own {
            // A place of -1 is the last block.
            Some(own) => graph.op_with("Gather", &[&table, own], vec![int("axis", 0)]),
            None => graph.at(&table, 0, blocks.saturating_sub(1)),
        };
        let (most, zero) = (graph.number(f64::MAX), graph.number(0.0));
        let size = graph.op("Abs", &[&said]);
        let finite = graph.op("LessOrEqual", &[&size, &most]);
        let weight = graph.op("Where", &[&finite, &weight, &zero]);
        let value = graph.op("Where", &[&finite, &said, &zero]);
        let total = graph.sum(&weight, 2, false);
        let products = graph.op("Mul", &[&weight, &value]);
        let sum = graph.sum(&products, 2, false);
        let least = graph.number(1e-300);
        let at_least = graph.op("Max", &[&total, &least]);
        let mean = graph.op("Div", &[&sum, &at_least]);
        let any = graph.op("Greater", &[&total, &zero]);
        graph.op("Where", &[&any, &mean, networks])
    }

    /// What a fitted member forecasts, (N, P) in original units.
    fn fitted(&self, graph: &mut Graph, member: Member, target: usize) -> Option<Value> {
        let p = self.meta.shape.horizon;
        let [base, spread, context, known] = self.lead?.each_ref().map(|value| graph.at(value, 1, target));
        let context = graph.unsqueeze(&context, &[1]);
        let times = graph.ints(&[3], &[1, p as i64, 1]);
        let context = graph.op("Tile", &[&context, &times]); // (N, P, C)
        let shares: Vec<f32> = (1..=p).map(|lead| lead as f32 / p as f32).collect();
        let shares = graph.floats(&[1, p, 1], &shares);
        // The share of the lead for every window: 0 times something of that shape, and the share.
        let (one, zero) = (graph.first(&known, 2, 1), graph.floats(&[], &[0.0]));
        let nothing = graph.op("Mul", &[&one, &zero]);
        let share = graph.op("Add", &[&nothing, &shares]);
        let rows = graph.concat(&[context, known, share], 2); // (N, P, columns)
        let moved = match member {
            Member::Ridge => self.ridge(graph, &rows, target)?,
            _ => self.trees(graph, &rows, target)?,
        };
        let moved = graph.op("Mul", &[&moved, &spread]);
        let (moved, base) = (graph.in_doubles(&moved), graph.in_doubles(&base));
        let base = graph.unsqueeze(&base, &[1]);
        let value = graph.op("Add", &[&base, &moved]);
        let scaling = self.scaling.map(|all| {
            let own = graph.at(all?, 1, target);
            Some(graph.unsqueeze(&own, &[1]))
        });
        Some(unscaled(graph, &value, scaling.each_ref().map(Option::as_ref)))
    }

    fn array(&self, member: &str, target: usize, part: &str) -> Option<&Stored> {
        let name = format!("pool.{member}.{target}.{part}");
        self.learned.iter().find(|stored| stored.name == name)
    }

    /// A linear map for each lead, summed in 64 bits and limited to 6 units: (N, P).
    fn ridge(&self, graph: &mut Graph, rows: &Value, target: usize) -> Option<Value> {
        let (stored, p) = (self.array("ridge", target, "weight")?, self.meta.shape.horizon);
        let (blocks, columns) = (stored.dims[0], stored.dims[1]);
        let of = |step: usize| {
            let block = step * blocks / p;
            stored.values[block * columns..(block + 1) * columns].iter().map(|w| f64::from(*w))
        };
        let weights: Vec<f64> = (0..p).flat_map(|step| of(step).take(columns - 1)).collect();
        let constants: Vec<f64> = (0..p).flat_map(|step| of(step).skip(columns - 1)).collect();
        let (weights, constants) =
            (graph.doubles(&[p, columns - 1], &weights), graph.doubles(&[p], &constants));
        let rows = graph.in_doubles(rows);
        let products = graph.op("Mul", &[&rows, &weights]);
        let sum = graph.sum(&products, 2, false);
        let sum = graph.op("Add", &[&sum, &constants]);
        let sum = graph.in_floats(&sum);
        let (low, high) = (graph.floats(&[], &[-6.0]), graph.floats(&[], &[6.0]));
        Some(graph.op("Clip", &[&sum, &low, &high]))
    }

    /// The sum of the leaves, (N, P): every tree goes down a level at a time, by gathering.
    fn trees(&self, graph: &mut Graph, rows: &Value, target: usize) -> Option<Value> {
        let get = |part: &str| self.array("trees", target, part);
        let (feature, threshold, leaf) = (get("feature")?, get("threshold")?, get("leaf")?);
        let (trees, inner, leaves) = (leaf.dims[0], feature.dims[1], leaf.dims[1]);
        let columns: Vec<i64> = feature.values.iter().map(|column| *column as i64).collect();
        let features = graph.ints(&[trees * inner], &columns);
        let thresholds = graph.floats(&[trees * inner], &threshold.values);
        let leaf = graph.floats(&[trees * leaves], &leaf.values);
        let starts = |size: usize| (0..trees).map(|tree| (tree * size) as i64).collect::<Vec<_>>();
        let (start, first_leaf) = (starts(inner), starts(leaves));
        let start = graph.ints(&[1, trees], &start);
        let first_leaf: Vec<i64> = first_leaf.iter().map(|at| at - inner as i64).collect();
        let first_leaf = graph.ints(&[1, trees], &first_leaf);
        let (two, one) = (graph.ints(&[], &[2]), graph.ints(&[], &[1]));
        let flat = graph.op_with("Flatten", &[rows], vec![int("axis", 2)]); // (N * P, columns)
        // (N * P, trees) of zeros: every tree begins at its node 0.
        let roots = graph.ints(&[trees], &vec![0; trees]);
        let column = graph.op_with("Gather", &[&flat, &roots], vec![int("axis", 1)]);
        let nothing = graph.floats(&[], &[0.0]);
        let column = graph.op("Mul", &[&column, &nothing]);
        let mut at = graph.op_with("Cast", &[&column], vec![int("to", 7)]);
        for _ in 0..leaves.trailing_zeros() {
            let node = graph.op("Add", &[&at, &start]);
            let column = graph.op_with("Gather", &[&features, &node], vec![int("axis", 0)]);
            let value = graph.op_with("GatherElements", &[&flat, &column], vec![int("axis", 1)]);
            let threshold = graph.op_with("Gather", &[&thresholds, &node], vec![int("axis", 0)]);
            let right = graph.op("Greater", &[&value, &threshold]);
            let right = graph.op_with("Cast", &[&right], vec![int("to", 7)]);
            at = graph.op("Mul", &[&at, &two]);
            at = graph.op("Add", &[&at, &one]);
            at = graph.op("Add", &[&at, &right]);
        }
        let place = graph.op("Add", &[&at, &first_leaf]);
        let found = graph.op_with("Gather", &[&leaf, &place], vec![int("axis", 0)]);
        let sum = graph.sum(&found, 1, false);
        Some(graph.reshape(&sum, &[-1, self.meta.shape.horizon as i64]))
    }
}
