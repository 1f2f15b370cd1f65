//! The loop for a GPU, run on the CPU, against the plain one.

use candle_core::{Device, Tensor};

use super::*;
use crate::config::Layers;
use crate::data::calendar::CalendarFeatures;
use crate::data::inputs::{InputSpec, Inputs, Scalings};
use crate::data::lead::LeadSpec;
use crate::data::panel::{Panel, PanelOptions};
use crate::data::read::Source as Files;
use crate::data::read::{self, ReadOptions};
use crate::data::scale::{Scaler, Skew};
use crate::data::split::{self, Cut, Need, Observed, Range};
use crate::forecast::{Windows, network};
use crate::model::Shape;
use crate::train::ema;
use crate::train::hooks::{Event, Hooks};
use crate::train::state::{MemberState, Outcome, Snapshot, Weights};

const DIRECT: &str = "
data: {target: [temp]}
windows: {input_window: 24, horizon: 3, stride: 7}
model: {decoder: direct, skip: seasonal, quantiles: [], hidden_size: 6, head: [5], dropout: 0.2}
train: {max_steps: 60, batch_size: 32, patience: 0}
";
const LEAD: &str = "
data: {target: [temp]}
windows: {input_window: 24, horizon: 3, stride: 7}
model: {decoder: lead, quantiles: [0.1, 0.5, 0.9], hidden_size: 6, head: [5], dropout: 0.2}
train: {max_steps: 60, batch_size: 32, patience: 0, cuts: 3, input_dropout: 0.3}
";

/// Everything that a member needs.
struct Case {
    config: Config,
    panel: Panel,
    inputs: Inputs,
    shape: Shape,
    train: Vec<Cut>,
    val: Vec<Cut>,
    season: usize,
}

impl Case {
    fn new(settings: &str) -> Case {
        let file = Some(("SETTINGS".to_string(), settings.to_string()));
        let config = Layers { file, ..Layers::default() }.resolve().unwrap();
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/sample_data/nyc_weather_2013.csv");
        let options = ReadOptions::new(&config.data).unwrap();
        let source = Files::Paths(vec![path.into()]);
        let frame = read::read(&source, &options).unwrap();
        let panel = Panel::build(frame, &PanelOptions::from_config(&config.data, 168).unwrap()).unwrap();
        let season = panel.freq.season();
        let need = Need { input_window: 24, horizon: 3, least: 24 };
        let middle = panel.stamps[panel.stamps.len() / 4];
        let lead = settings.contains("lead").then(|| LeadSpec {
            season,
            window: need.input_window,
            horizon: need.horizon,
            levels: false,
            blind: true,
            growth: vec![vec![1.0; need.horizon]; panel.targets],
            ahead: Vec::new(),
            fixed: Vec::new(),
            cross: panel.series.len() > 1,
            flags: Vec::new(),
        });
        let spec = InputSpec {
            values: panel.columns.iter().map(|c| c.name.clone()).collect(),
            targets: panel.targets,
            flags: Vec::new(),
            calendar: CalendarFeatures::choose(&panel.freq, 0),
            max_fill: None,
            lead,
        };
        let scaler = Scaler::fit(&panel, config.scale.scaler, Skew::Asinh, middle);
        let inputs = Inputs::build(&panel, &spec, &Scalings::of(&panel, &scaler, &[]), 0);
        let observed = Observed::new(&panel);
        let cuts = |from, until, stride| split::cuts(&panel, &observed, need, Range { from, until, stride });
        let shape = Shape {
            inputs: spec.len(),
            input_window: need.input_window,
            horizon: need.horizon,
            targets: panel.targets,
            quantiles: config.model.quantiles.clone(),
            lead: spec.lead_shape(),
        };
        let (train, val) = (cuts(None, Some(middle), 7), cuts(Some(middle), None, 500));
        Case { config, inputs, shape, train, val, season, panel }
    }

    fn data(&self) -> Data<'_> {
        Data {
            panel: &self.panel,
            inputs: &self.inputs,
            train: &self.train,
            val: &self.val,
            season: self.season,
            input_window: self.shape.input_window,
        }
    }

    /// The end, the events, the last state saved and the best weights; by the loop for a GPU where
    /// there is a device, else by the plain one.
    fn run(
        &self,
        on: Option<&Device>,
        saved_each_step: bool,
    ) -> (End, Vec<Event>, Option<MemberState>, Weights) {
        let (data, device) = (self.data(), on.unwrap_or(&Device::Cpu));
        let model = Model::new(&self.config.model, &self.shape, 7, device).unwrap();
        let mut member = Member::new(&model, &data, &self.config, device, None).unwrap();
        let mut recorder = Recorder { saved_each_step, events: Vec::new(), last: None };
        let hooks = &mut MemberHooks { hooks: &mut recorder, done: &[], outcome: &Outcome::default() };
        let end = match on {
            Some(_) => run(&mut member, hooks),
            None => member.run(hooks),
        };
        (end.unwrap(), recorder.events, recorder.last, ema::weights(&model).unwrap())
    }
}

/// Keeps the events and the last state.
struct Recorder {
    saved_each_step: bool,
    events: Vec<Event>,
    last: Option<MemberState>,
}

impl Hooks for Recorder {
    fn event(&mut self, event: &Event) -> Flow {
        self.events.push(event.clone());
        Flow::Continue
    }

    fn due(&mut self) -> bool {
        self.saved_each_step
    }

    fn save(&mut self, snapshot: Snapshot<'_>) -> Result<()> {
        self.last = Some(snapshot.current.clone());
        Ok(())
    }
}

/// The CPU, and a GPU where there is one.
fn devices() -> Vec<Device> {
    #[allow(unused_mut)]
    let mut all = vec![Device::Cpu];
    #[cfg(feature = "cuda")]
    match crate::ops::gpu::open(0) {
        Ok(gpu) => all.push(gpu),
        Err(why) => eprintln!("skipped on a GPU: {why}"),
    }
    all
}

fn losses(events: &[Event]) -> Vec<(usize, f64, f64)> {
    let of = |event: &Event| match event {
        Event::Step { step, loss, grad_norm, .. } => Some((*step, *loss, *grad_norm)),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

fn near(a: f64, b: f64, relative: f64) -> bool {
    (a - b).abs() <= relative * b.abs().max(1e-3)
}

#[test]
fn a_parcel_holds_the_batch_of_the_plain_way() {
    for (device, settings) in devices().into_iter().flat_map(|d| [(d.clone(), DIRECT), (d, LEAD)]) {
        let case = Case::new(settings);
        let data = case.data();
        let model = Model::new(&case.config.model, &case.shape, 7, &device).unwrap();
        let batches = Batches::new(&data, 32, 7, Default::default());
        let (from, mut way) = (Windows::uploaded(&case.inputs, &device).unwrap(), Way::to(&device));
        let t = &case.config.train;
        for (step, spec) in batches.order(0).iter().enumerate().take(3) {
            let plain = batches.gather(spec, &data, &model, t, step, &device).unwrap();
            let all = batches.gathered(spec, &data, (&model.config, &model.shape), t, step);
            let own = Parcel::pack(all, data.inputs.width()).unpack(&from, &mut way, &model.shape).unwrap();
            assert_eq!(own.feed.seen, plain.feed.seen);
            let mut pairs = vec![(&own.y, &plain.y), (&own.weight, &plain.weight)];
            pairs.push((own.feed.x.as_ref().unwrap(), plain.feed.x.as_ref().unwrap()));
            pairs.extend(own.feed.base.as_ref().zip(plain.feed.base.as_ref()));
            for (a, b) in own.feed.lead.iter().zip(&plain.feed.lead) {
                pairs.extend([(&a.base, &b.base), (&a.spread, &b.spread), (&a.context, &b.context)]);
                pairs.extend([(&a.known, &b.known), (&a.linear, &b.linear)]);
            }
            for (a, b) in own.bend.iter().zip(&plain.bend) {
                pairs.extend([(&a.shift, &b.shift), (&a.scale, &b.scale), (&a.on, &b.on)]);
            }
            assert_eq!(own.bend.is_some(), plain.bend.is_some());
            let flat = |t: &Tensor| (t.dims().to_vec(), t.flatten_all().unwrap().to_vec1::<f32>().unwrap());
            for (i, (a, b)) in pairs.iter().enumerate() {
                assert!(flat(a) == flat(b), "tensor {i} on {device:?}");
            }
        }
    }
}

#[test]
fn steps_and_weights_are_those_of_the_plain_loop() {
    for (device, settings) in devices().into_iter().flat_map(|d| [(d.clone(), DIRECT), (d, LEAD)]) {
        let case = Case::new(settings);
        let (plain, own) = (case.run(None, false), case.run(Some(&device), false));
        assert_eq!((&plain.0, &own.0), (&End::Finished, &End::Finished));
        let (expected, got) = (losses(&plain.1), losses(&own.1));
        assert_eq!(expected.len(), 60);
        assert_eq!(got.len(), expected.len());
        assert_eq!(plain.1.len(), own.1.len(), "as many epochs are told of");
        for (a, b) in got.iter().zip(&expected) {
            assert!(a.0 == b.0 && near(a.1, b.1, 1e-4) && near(a.2, b.2, 1e-3), "{device:?}: {a:?} {b:?}");
        }
        for (a, b) in own.3.iter().flatten().zip(plain.3.iter().flatten()) {
            assert!(near(f64::from(*a), f64::from(*b), 1e-2), "{a} {b}");
        }
        let (a, b) = (own.2.unwrap(), plain.2.unwrap());
        assert_eq!((a.at.step, a.at.epochs, a.optimiser.step), (b.at.step, b.at.epochs, b.optimiser.step));
        assert_eq!(a.best.is_some(), b.best.is_some());
    }
}

#[test]
fn saving_between_steps_changes_nothing() {
    for device in devices() {
        let case = Case::new(LEAD);
        let (whole, cut) = (case.run(Some(&device), false), case.run(Some(&device), true));
        assert_eq!(losses(&whole.1), losses(&cut.1));
        assert_eq!(whole.3, cut.3);
        assert_eq!(whole.2, cut.2);
    }
}

#[test]
fn a_divergence_is_named_like_the_plain_one() {
    for (device, rate) in devices().into_iter().flat_map(|d| [(d.clone(), 1e5), (d, 3e38)]) {
        let mut case = Case::new(DIRECT);
        case.config.train.learning_rate = rate;
        let (plain, own) = (case.run(None, false), case.run(Some(&device), false));
        let (End::Diverged(expected), End::Diverged(got)) = (plain.0, own.0) else {
            panic!("{rate}: both have to diverge on {device:?}")
        };
        assert_eq!((got.epoch, got.step, got.rate), (expected.epoch, expected.step, expected.rate));
        let kind = |why: &str| why.split(' ').take(3).collect::<Vec<_>>().join(" ");
        assert_eq!(kind(&got.why), kind(&expected.why));
        assert!(!got.gradient.contains("not found"), "{}", got.gradient);
        assert_eq!(losses(&own.1).len(), losses(&plain.1).len());
    }
}

#[test]
fn windows_from_an_uploaded_table_give_the_same_forecasts() {
    for (device, settings) in devices().into_iter().flat_map(|d| [(d.clone(), DIRECT), (d, LEAD)]) {
        let case = Case::new(settings);
        let models = [7, 8].map(|seed| Model::new(&case.config.model, &case.shape, seed, &device).unwrap());
        let cuts: Vec<Cut> = case.train.iter().copied().step_by(2).collect();
        assert!(cuts.len() > 512, "two batches");
        let of = |from: Windows| network::forecast(&models, &from, &case.panel, case.season, &cuts).unwrap();
        let plain = of(Windows::new(&case.inputs, &device, 0).unwrap());
        let there = of(Windows::uploaded(&case.inputs, &device).unwrap());
        assert!(plain.point.iter().all(|v| v.is_finite()));
        assert_eq!((plain.point, plain.quantiles), (there.point, there.quantiles));
    }
}
