//! `import`: weights that another program trained, in place of a training. All else is made afresh, from the table and
//! the settings: scalers, calibration, pool.

use std::collections::BTreeSet;
use std::path::Path;

use candle_core::{Device, Tensor, Var};

use super::fitted::Fitted;
use super::problem::Problem;
use super::session::Session;
use crate::checkpoint::Weights;
use crate::config::{Cell, Config, Decoder, ModelConfig, Skip};
use crate::error::{Error, Result};
use crate::model::{Model, member_name};

/// The tensor by which an LSTM is found, whatever stands before it.
const FIRST: &str = "rnn.weight_ih_l0";
/// Further networks of an ensemble are named so.
const MEMBERS: &str = "members.";

/// Weights of a file, by the names that the networks give them.
pub struct Given {
    path: String,
    prefix: String,
    weights: Weights,
}

impl Given {
    /// Reads a file; `prefix` is what stands before every name, found where it is not given.
    ///
    /// # Errors
    /// `Error::Checkpoint` for a file that is unreadable, or holds no LSTM, or several.
    pub fn read(path: &str, prefix: Option<&str>) -> Result<Given> {
        let weights = Weights::read(Path::new(path))?;
        let names = || weights.tensors.keys().map(String::as_str);
        let before = |name: &str| name.strip_suffix(FIRST).filter(|p| !of_member(p)).map(str::to_owned);
        let fail = |message: String, hint: String| Err(Error::checkpoint(path, message).with_hint(hint));
        let found: BTreeSet<String> = names().filter_map(before).collect();
        let prefix = match (prefix, found.iter().collect::<Vec<_>>().as_slice()) {
            (Some(given), all) if all.iter().any(|found| *found == given) => given.to_owned(),
            (None, [one]) => (*one).clone(),
            (None, [_, ..]) => {
                let list: Vec<String> = found.iter().map(|prefix| format!("`{prefix}`")).collect();
                return fail(
                    format!("holds several LSTMs, behind {}", list.join(", ")),
                    "choose one of them with --prefix".into(),
                );
            }
            (given, _) => {
                let given = given.map(|given| format!(" behind `{given}`")).unwrap_or_default();
                let first: Vec<String> = names().take(4).map(|name| format!("`{name}`")).collect();
                let other = names().find_map(|name| name.strip_suffix("weight_ih_l0").map(str::to_owned));
                return fail(
                    format!("holds no tensor `{FIRST}`{given}; it has {} …", first.join(", ")),
                    match other {
                        Some(other) => format!(
                            "its LSTM is called `{}`: name the LSTM `rnn` and the head `reg` before the weights are saved",
                            other.trim_end_matches('.')
                        ),
                        None => "weights have the names of a PyTorch module whose LSTM is `rnn` and whose head is `reg`".into(),
                    },
                );
            }
        };
        Ok(Given { path: path.to_owned(), prefix, weights })
    }

    /// What the weights themselves say of the network, for settings that say nothing: by default the plain module, one
    /// network that gives one number for each value.
    pub fn settings(&self) -> Config {
        let dims = |name: &str| self.dims(name).unwrap_or_default();
        let has = |name: &str| self.dims(name).is_some();
        let count = |name: &dyn Fn(usize) -> String| (0..).take_while(|i| has(&name(*i))).count();
        let lead = has("lead.0.context.weight");
        let widths = |at: usize| format!("reg.{}.weight", 2 * at);
        let head = match lead {
            true => vec![dims("lead.0.hidden.bias").first().copied().unwrap_or_default()],
            false => (0..count(&widths).saturating_sub(1))
                .filter_map(|at| dims(&widths(at)).first().copied())
                .collect(),
        };
        let base = ModelConfig::default();
        let outputs = dims("lead.0.out.bias").first().copied().unwrap_or(1);
        let (rows, hidden) = match dims("rnn.weight_hh_l0").as_slice() {
            [rows, hidden] => (*rows, *hidden),
            _ => (0, 0),
        };
        let model = ModelConfig {
            cell: if rows == Cell::Gru.gates() * hidden { Cell::Gru } else { Cell::Lstm },
            hidden_size: dims("rnn.weight_hh_l0").last().copied().unwrap_or(base.hidden_size).max(1),
            num_layers: count(&|layer| format!("rnn.weight_ih_l{layer}")).max(1),
            bias: has("rnn.bias_ih_l0"),
            bidirectional: has("rnn.weight_ih_l0_reverse"),
            head,
            decoder: if lead { Decoder::Lead } else { Decoder::Direct },
            skip: if has("skip.weight") { Skip::Linear } else { Skip::None },
            quantiles: if outputs == base.quantiles.len() { base.quantiles.clone() } else { Vec::new() },
            ensemble: 1 + count(&|member| member_name(member + 1, FIRST)),
            ..base
        };
        Config { model, ..Config::default() }
    }

    fn dims(&self, name: &str) -> Option<Vec<usize>> {
        self.weights.tensors.get(&format!("{}{name}", self.prefix)).map(|(dims, _)| dims.clone())
    }

    /// The networks that the settings describe, with these weights.
    ///
    /// # Errors
    /// `Error::Checkpoint` with a sentence for each tensor that does not fit.
    fn networks(&self, config: &ModelConfig, problem: &Problem, device: &Device) -> Result<Vec<Model>> {
        let layout = Model::layout(config, &problem.shape);
        let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
        let mut members = Vec::new();
        for member in 0..config.ensemble {
            let mut params = Vec::with_capacity(layout.len());
            for (name, dims) in &layout {
                let stored = format!("{}{}", self.prefix, member_name(member, name));
                match self.weights.tensors.get(&stored) {
                    Some((own, values)) if own == dims => {
                        let tensor = Tensor::from_slice(values, dims.to_vec(), device)?;
                        params.push((name.clone(), Var::from_tensor(&tensor)?));
                    }
                    Some((own, _)) => wrong.push(misfit(&stored, name, own, dims, config, problem)),
                    None => wrong.push(format!("`{stored}` is missing, and the settings ask for {dims:?}")),
                }
                used.insert(stored);
            }
            members.push(Model::from_params(config, &problem.shape, params));
        }
        // What a pool has learned belongs to another table.
        let pool = format!("{}pool.", self.prefix);
        let names = self.weights.tensors.keys().filter(|name| name.starts_with(&self.prefix));
        for name in names.filter(|name| !used.contains(*name) && !name.starts_with(&pool)) {
            wrong.push(format!("`{name}` has no place in the network of these settings"));
        }
        if wrong.is_empty() {
            return Ok(members);
        }
        let more = match wrong.len() {
            0..=4 => String::new(),
            n => format!("; and {} more", n - 4),
        };
        let list = wrong.iter().take(4).map(String::as_str).collect::<Vec<_>>().join("; ");
        Err(Error::checkpoint(&self.path, format!("does not fit: {list}{more}")).with_hint(
            "settings that shape a network are those of `model` and `windows`; its inputs are those of `lstm-forecast ingest TABLE --out windows.safetensors` with the same settings",
        ))
    }
}

/// Whether a prefix is that of a further network of an ensemble.
fn of_member(prefix: &str) -> bool {
    let number = prefix.strip_suffix('.').and_then(|rest| rest.rsplit_once(MEMBERS));
    number.is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// Why a tensor does not fit, in the words of what its sizes are.
fn misfit(
    stored: &str,
    name: &str,
    own: &[usize],
    asked: &[usize],
    config: &ModelConfig,
    problem: &Problem,
) -> String {
    let plain = || format!("`{stored}` is {own:?}, and the settings ask for {asked:?}");
    let last = format!("reg.{}.", 2 * config.head.len());
    match (own, asked) {
        ([gates, inputs], [expected, wanted]) if name == FIRST && gates == expected && inputs != wanted => {
            format!(
                "`{stored}` reads {inputs} inputs, and the table gives {wanted} ({})",
                problem.spec.names().join(", ")
            )
        }
        ([gates, ..], [expected, ..]) if name == FIRST && gates != expected => {
            format!(
                "`{stored}` has {gates} rows, {} gates of hidden units, and `hidden_size` {} asks for {expected}",
                config.cell.gates(),
                config.hidden_size
            )
        }
        ([values, rest @ ..], [expected, others @ ..]) if name.starts_with(&last) && rest == others => {
            let shape = &problem.shape;
            format!(
                "`{stored}` gives {values} values, and {} steps x {} target{} x {} value{} are {expected}",
                shape.horizon,
                shape.targets,
                if shape.targets == 1 { "" } else { "s" },
                shape.outputs_per_value(),
                if shape.outputs_per_value() == 1 { "" } else { "s" },
            )
        }
        _ => plain(),
    }
}

impl Session<'_> {
    /// A fitted model of these weights, without a step of training.
    ///
    /// # Errors
    /// `Error::Checkpoint` where the weights do not fit, and those of the device.
    pub fn adopt(self, given: &Given) -> Result<Fitted> {
        let members = given.networks(&self.config.model, &self.problem, &self.device)?;
        self.untrained(members, &given.weights.hash)
    }
}
