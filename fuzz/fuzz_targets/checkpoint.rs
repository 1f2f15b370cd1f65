//! Any bytes as a checkpoint: a model or a refusal with code 5, in memory of the file's order.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use lstm_forecast::checkpoint;

fuzz_target!(|bytes: &[u8]| {
    if let Err(error) = checkpoint::from_bytes(Path::new("fuzz"), bytes, &candle_core::Device::Cpu) {
        assert_eq!(error.exit_code(), 5, "{error}");
    }
});
