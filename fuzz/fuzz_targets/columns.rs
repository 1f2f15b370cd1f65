//! Any bytes as Parquet or as an Arrow file or stream: a frame or a refusal, never a panic, an abort,
//! or more memory than the limits allow.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lstm_forecast::config::DataConfig;
use lstm_forecast::data::read::{ReadOptions, read_bytes};

fuzz_target!(|bytes: &[u8]| {
    let format = if bytes.starts_with(b"PAR1") { "parquet" } else { "arrow" };
    let settings = DataConfig { max_memory: Some("256MiB".into()), ..DataConfig::default() };
    let options = ReadOptions { format: Some(format.into()), settings, ..ReadOptions::default() };
    match read_bytes("fuzz", bytes.to_vec(), &options) {
        Ok(frame) => assert!(frame.columns.iter().all(|c| c.values.len() == frame.stamps.len())),
        Err(error) => assert!(matches!(error.exit_code(), 2..=4), "{error}"),
    }
});
