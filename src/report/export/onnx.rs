//! A model as one ONNX graph: from the tensors of `ingest --model` to finished forecasts in original units.
//!
//! All networks of the ensemble, what their forecasts are combined with, intervals and bounds are nodes of opset 17. The members
//! of the pool that are refitted at every origin are not: where one is in use, what simple members forecast is an input, which
//! `ingest --model` writes; else they are computed from the history.

mod finish;
mod graph;
mod network;
mod pool;
mod proto;
mod simple;

use prost::Message;
use serde_json::json;

use crate::checkpoint::Meta;
use crate::config::{Decoder, Limits};
use crate::error::Result;
use crate::forecast::network::middle;
use crate::model::Ensemble;
use graph::{Graph, Value};
use network::{Network, Read};
use pool::{Simple, Told};
use proto::{DOUBLE, Entry, FLOAT, INT64, Model, Opset};

/// The version of the operators, and of the format.
const OPSET: i64 = 17;
const IR: i64 = 8;

/// The bytes of the file.
///
/// # Errors
/// Those of the device.
pub fn bytes(model: &Ensemble, meta: &Meta, limits: &Limits) -> Result<Vec<u8>> {
    let mut graph = Graph::default();
    let inputs = Inputs::declare(&mut graph, meta);
    let networks = model
        .members
        .iter()
        .map(|model| Network { model, season: meta.schema.season }.add(&mut graph, &inputs.read));
    let networks = networks.collect::<Result<Vec<_>>>()?;
    let (shape, scaling) = (&meta.shape, inputs.scaling());
    let all = finish::averaged(&mut graph, &networks, scaling, shape.outputs_per_value());
    let mut point = graph.at(&all, 3, middle(&shape.quantiles)); // (N, P, K)
    let mut quantiles = all;
    if !meta.pool.is_none() {
        (point, quantiles) = combined(&mut graph, meta, &inputs, &point, &quantiles);
    }
    let (p, k, q) = (shape.horizon, shape.targets, shape.quantiles.len());
    let units = "original units of the table";
    if let Some(calibration) = meta.calibration.as_ref().filter(|own| !own.levels.is_empty()) {
        let of = [scaling[1], scaling[2]];
        let ends = finish::intervals(&mut graph, meta, calibration, [&point, &quantiles], of);
        for (name, end) in ["low", "high"].into_iter().zip(ends) {
            let end = finish::bounded(&mut graph, end, limits, k, true);
            let about = format!("{name} ends of the intervals of metadata `interval_levels`, {units}");
            graph.output(name, &end, &[p, k, calibration.levels.len()], about);
        }
    }
    if q > 0 {
        let value = finish::bounded(&mut graph, quantiles, limits, k, true);
        let about = format!("quantiles of metadata `quantile_levels`, {units}");
        graph.output("quantiles", &value, &[p, k, q], about);
    }
    let value = finish::bounded(&mut graph, point, limits, k, false);
    graph.output("forecast", &value, &[p, k], format!("forecasts of each step ahead and target, {units}"));
    let made = Model {
        ir_version: IR,
        producer_name: "lstm-forecast".into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        doc_string: format!(
            "Forecasts {p} steps of {}. Inputs are the tensors of the same names that `lstm-forecast ingest TABLE --model MODEL --out FILE` writes.",
            meta.schema.targets.join(", ")
        ),
        graph: Some(graph.finish("lstm_forecast")),
        opset_import: vec![Opset { domain: String::new(), version: OPSET }],
        metadata_props: metadata(meta),
    };
    Ok(made.encode_to_vec())
}

/// What the graph cannot do that the program can.
pub fn left_out(meta: &Meta) -> Option<String> {
    meta.config.windows.pad_short.then(|| {
        let rows = meta.shape.input_window;
        format!("the graph reads whole windows of {rows} rows alone, and the model forecasts from shorter ones too")
    })
}

/// The inputs that the model has.
struct Inputs {
    read: Read,
    /// shift, scale, and k of asinh where a target may be bent.
    scaling: [Option<Value>; 3],
    simple: Simple,
    own: Option<Value>,
}

impl Inputs {
    fn declare(graph: &mut Graph, meta: &Meta) -> Inputs {
        let (shape, pool) = (&meta.shape, &meta.pool);
        let (t, f, p, k) = (shape.input_window, shape.inputs, shape.horizon, shape.targets);
        let x =
            graph.input("x", FLOAT, &[t, f], "scaled window, newest row last; names in metadata `inputs`");
        let told = shape.lead.filter(|_| meta.config.model.decoder == Decoder::Lead).map(|lead| {
            [
                graph.input("base", FLOAT, &[k], "last value of each target, scaled"),
                graph.input(
                    "spread",
                    FLOAT,
                    &[k, p],
                    "recent spread times the usual growth by each step, scaled",
                ),
                graph.input("context", FLOAT, &[k, lead.context], "names in metadata `context`"),
                graph.input("known", FLOAT, &[k, p, lead.known], "names in metadata `known`"),
            ]
        });
        let bent = meta.scaler.pooled.iter().take(k).any(|scaling| scaling.asinh.is_some());
        let mut line = |name: &str, about: &str| Some(graph.input(name, DOUBLE, &[k], about));
        let shift = line("shift", "of the scaler of the window's series, original units");
        let scale = line("scale", "of the scaler of the window's series, original units");
        let asinh = if bent { line("asinh", "k of asinh(value / k), 0 for none") } else { None };
        let simple = Inputs::simple(graph, meta);
        let about = "place of the series in metadata `own_weights`, -1 for any other";
        let own = (pool.own_count() > 0).then(|| graph.input("own_weights", INT64, &[], about));
        Inputs { read: Read { x, told }, scaling: [shift, scale, asinh], simple, own }
    }

    /// History, or what simple members say of it where there are no nodes for one of them.
    fn simple(graph: &mut Graph, meta: &Meta) -> Simple {
        let (pool, p, k) = (&meta.pool, meta.shape.horizon, meta.shape.targets);
        let used = pool.in_use(k, p);
        if !used.iter().any(|member| !member.is_fitted()) {
            return Simple::None;
        }
        if said(meta) {
            let about = "forecasts of the members of metadata `simple`, original units, NaN for none";
            return Simple::Said(graph.input("simple", DOUBLE, &[k, pool.simple().count(), p], about));
        }
        let len = pool.history().max(meta.shape.input_window);
        let about =
            "values before the origin, newest last, original units, NaN where not observed or not there";
        let values = graph.input("history", DOUBLE, &[k, len], about);
        let rows = graph.input("rows", INT64, &[], "how many rows of history there are");
        Simple::History { values, rows, len }
    }

    fn scaling(&self) -> [Option<&Value>; 3] {
        self.scaling.each_ref().map(Option::as_ref)
    }
}

/// Point (N, P, K) and quantiles (N, P, K, Q), combined with what stands beside the networks.
fn combined(
    graph: &mut Graph,
    meta: &Meta,
    inputs: &Inputs,
    point: &Value,
    quantiles: &Value,
) -> (Value, Value) {
    let (p, k) = (meta.shape.horizon, meta.shape.targets);
    let learned = meta.pool.learned.stored();
    let told = Told {
        meta,
        learned: &learned,
        lead: inputs.read.told.as_ref(),
        simple: &inputs.simple,
        own: inputs.own.as_ref(),
        scaling: inputs.scaling(),
    };
    let (mut points, mut all) = (Vec::new(), Vec::new());
    for target in 0..k {
        let networks = graph.at(point, 2, target); // (N, P)
        let own = told.combined(graph, &networks, target);
        // Quantiles move with the median, and their distances from it are multiplied.
        let spread: Vec<f64> =
            (0..p).map(|step| meta.pool.spread.get(target * p + step).copied().unwrap_or(1.0)).collect();
        let spread = graph.doubles(&[p, 1], &spread);
        let (before, after) = (graph.unsqueeze(&networks, &[2]), graph.unsqueeze(&own, &[2]));
        let values = graph.at(quantiles, 2, target); // (N, P, Q)
        let distance = graph.op("Sub", &[&values, &before]);
        let distance = graph.op("Mul", &[&distance, &spread]);
        let moved = graph.op("Add", &[&after, &distance]);
        all.push(graph.unsqueeze(&moved, &[2]));
        points.push(after);
    }
    (graph.concat(&points, 2), graph.concat(&all, 2))
}

/// Whether what simple members say is an input.
fn said(meta: &Meta) -> bool {
    let used = meta.pool.in_use(meta.shape.targets, meta.shape.horizon);
    used.iter().any(|member| !member.is_fitted() && !simple::is_known(*member))
}

fn metadata(meta: &Meta) -> Vec<Entry> {
    let names = meta.inputs.all_names();
    let simple: Vec<&str> = meta.pool.simple().filter(|_| said(meta)).map(|member| member.name()).collect();
    let own: Vec<String> = meta.pool.own.iter().map(|(key, _)| key.to_string()).collect();
    let levels = meta.calibration.as_ref().map(|own| own.levels.as_slice()).unwrap_or_default();
    let all = [
        ("targets", json!(meta.schema.targets)),
        ("freq", json!(meta.schema.freq.to_string())),
        ("inputs", json!(names.x)),
        ("context", json!(names.context)),
        ("known", json!(names.known)),
        ("quantile_levels", json!(meta.shape.quantiles)),
        ("interval_levels", json!(levels)),
        ("simple", json!(simple)),
        ("own_weights", json!(own)),
        ("units", json!("original units of the table")),
        ("checkpoint", json!(meta.checksum)),
    ];
    all.map(|(key, value)| Entry { key: key.into(), value: value.to_string() }).into()
}
