//! Everything before the network: text to a long table, the table to its grid, scaling, and
//! gathering batches of windows.
//!
//! The table is made here: 20 series of 10,000 hours with six features, 200,000 rows.

use std::fmt::Write;

use divan::counter::{BytesCount, ItemsCount};
use lstm_forecast::config::{DataConfig, ScalerKind};
use lstm_forecast::data::calendar::CalendarFeatures;
use lstm_forecast::data::inputs::{InputSpec, Inputs, Scalings};
use lstm_forecast::data::lead::LeadSpec;
use lstm_forecast::data::long::LongFrame;
use lstm_forecast::data::panel::{Panel, PanelOptions};
use lstm_forecast::data::read::{self, ReadOptions};
use lstm_forecast::data::scale::{Scaler, Skew};
use lstm_forecast::data::split::Cut;
use lstm_forecast::data::windows;

const SERIES: usize = 20;
const HOURS: usize = 10_000;
const FEATURES: usize = 6;
/// N, T, P.
const BATCHES: [[usize; 3]; 3] = [[64, 168, 24], [256, 168, 24], [256, 336, 24]];

/// Long CSV text; values from a small congruential generator.
fn text() -> Vec<u8> {
    let mut out = String::from("city,date,y");
    (0..FEATURES).for_each(|f| write!(out, ",f{f}").expect("writing to memory"));
    let first = chrono::DateTime::from_timestamp(1_500_000_000 / 3600 * 3600, 0).expect("a date");
    let mut state = 1u64;
    for series in 0..SERIES {
        for hour in 0..HOURS {
            let stamp = (first + chrono::Duration::hours(hour as i64)).format("%Y-%m-%d %H:%M:%S");
            write!(out, "\nstation {series},{stamp}").expect("writing to memory");
            for _ in 0..=FEATURES {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                write!(out, ",{:.1}", (state >> 40) as f64 / 1e5).expect("writing to memory");
            }
        }
    }
    out.into_bytes()
}

fn data() -> DataConfig {
    DataConfig { target: vec!["y".into()], ..DataConfig::default() }
}

fn options() -> ReadOptions {
    ReadOptions::new(&data()).expect("default settings")
}

fn lay(frame: LongFrame, data: &DataConfig) -> Panel {
    let options = PanelOptions::from_config(data, 336).expect("default settings");
    Panel::build(frame, &options).expect("a table made here")
}

fn panel() -> Panel {
    let frame = read::read_bytes("made", text(), &options()).expect("a table made here");
    lay(frame, &data())
}

/// Scaled inputs, with what `decoder: lead` adds to them or plain.
fn inputs(panel: &Panel, lead: bool) -> Inputs {
    let until = i64::MAX;
    let scaler = Scaler::fit(panel, ScalerKind::Standard, Skew::Leave, until);
    let scalings = Scalings::of(panel, &scaler, &[]);
    let spec = InputSpec {
        values: panel.columns.iter().map(|c| c.name.clone()).collect(),
        targets: panel.targets,
        flags: Vec::new(),
        calendar: CalendarFeatures::choose(&panel.freq, HOURS as i64 * 3600),
        max_fill: None,
        lead: lead.then(|| LeadSpec {
            season: 24,
            window: 168,
            horizon: 24,
            levels: true,
            cross: true,
            flags: Vec::new(),
            blind: false,
            growth: Vec::new(),
            ahead: Vec::new(),
            fixed: Vec::new(),
        }),
    };
    Inputs::build(panel, &spec, &scalings, 0)
}

/// N origins spread over the table.
fn cuts(panel: &Panel, n: usize, window: usize, horizon: usize) -> Vec<Cut> {
    (0..n)
        .map(|i| {
            let segment = i % panel.segments.len();
            let s = &panel.segments[segment];
            let room = s.len - window - horizon;
            Cut { segment: segment as u32, row: s.offset + window + i * 7919 % room }
        })
        .collect()
}

#[divan::bench(max_time = 3)]
fn ingest_read(bencher: divan::Bencher) {
    let (text, options) = (text(), options());
    bencher
        .counter(BytesCount::of_slice(&text))
        .with_inputs(|| text.clone())
        .bench_values(|bytes| read::read_bytes("made", bytes, &options).expect("a table made here"));
}

#[divan::bench(max_time = 3)]
fn ingest_read_and_lay(bencher: divan::Bencher) {
    let (text, options, data) = (text(), options(), data());
    bencher.counter(BytesCount::of_slice(&text)).with_inputs(|| text.clone()).bench_values(|bytes| {
        let frame = read::read_bytes("made", bytes, &options).expect("a table made here");
        lay(frame, &data)
    });
}

#[divan::bench(args = [false, true], max_time = 3)]
fn scale_inputs(bencher: divan::Bencher, lead: bool) {
    let panel = panel();
    bencher.counter(ItemsCount::new(panel.stamps.len())).bench(|| inputs(&panel, lead));
}

#[divan::bench(args = BATCHES, max_time = 1)]
fn gather_x(bencher: divan::Bencher, [n, t, p]: [usize; 3]) {
    let panel = panel();
    let inputs = inputs(&panel, false);
    let cuts = cuts(&panel, n, t, p);
    let mut out = Vec::new();
    bencher
        .counter(BytesCount::new(n * t * inputs.width() * 4))
        .bench_local(|| windows::gather_x(&inputs, &cuts, t, &mut out));
}

#[divan::bench(args = BATCHES, max_time = 1)]
fn gather_y(bencher: divan::Bencher, [n, t, p]: [usize; 3]) {
    let panel = panel();
    let inputs = inputs(&panel, false);
    let rows: Vec<usize> = cuts(&panel, n, t, p).iter().map(|c| c.row).collect();
    let mut out = Vec::new();
    bencher
        .counter(BytesCount::new(n * p * 4))
        .bench_local(|| windows::gather_y(&inputs, &rows, p, &mut out));
}

/// What `decoder: lead` is told at N cuts.
#[divan::bench(args = [64, 768], max_time = 1)]
fn gather_lead(bencher: divan::Bencher, n: usize) {
    let panel = panel();
    let inputs = inputs(&panel, true);
    let rows: Vec<(u32, usize)> = cuts(&panel, n, 168, 24).iter().map(|c| (c.segment, c.row)).collect();
    let lead = inputs.lead.as_ref().expect("the decoder's rows");
    bencher.counter(ItemsCount::new(n)).bench(|| lead.features(&inputs.x, inputs.width(), 0, &rows, &[]));
}

fn main() {
    divan::main();
}
