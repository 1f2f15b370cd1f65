//! The n-th call of a function of the C library fails, by a small library of our own (`shim.c`) that is
//! loaded before it. What the program asks of the kernel without it, as a rename of a temporary file,
//! is met by the kills.

use super::*;

/// The library, or `None` with a printed reason.
fn shim(place: &Place) -> Option<std::path::PathBuf> {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/faults/shim.c");
    let library = place.path("shim.so");
    let built = std::process::Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(source)
        .arg("-ldl")
        .output();
    if built.is_ok_and(|built| built.status.success()) {
        return Some(library);
    }
    skipped("no C compiler for the library of faults");
    None
}

/// ENOSPC, EIO, EACCES, EMFILE, EINTR; 0: a short read or write.
const CODES: [i32; 6] = [28, 5, 13, 24, 4, 0];

#[test]
fn a_failing_call_of_the_system_is_an_error_and_no_more() {
    let ground = Ground::new();
    let Some(shim) = shim(&ground.place) else { return };
    let (time, seed) = budget(4);
    let (began, mut even, mut faults) = (Instant::now(), uniform(seed), 0);
    while began.elapsed() < time {
        let (line, files) = WRITERS[(even() * 4.0) as usize];
        let call = ["write", "read", "open", "create", "fsync", "unlink", "rename"][(even() * 7.0) as usize];
        let code = CODES[(even() * 6.0) as usize];
        // Early calls are more telling than late ones, of which there are many alike.
        let at = 1 + (40.0 * even() * even()) as usize;
        let _ = std::fs::remove_file(ground.place.path("new.resume.safetensors"));
        let before: Vec<_> = files.iter().map(|file| ground.read(file)).collect();
        let output = ground
            .place
            .command(&words(line, &[]))
            .env("LD_PRELOAD", &shim)
            .envs([("FAULT_CALL", call), ("FAULT_AT", &at.to_string()), ("FAULT_ERRNO", &code.to_string())])
            .output()
            .unwrap();
        let what = format!("{line}: {call} number {at} with {code}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        sound(output.status.code(), &stderr, &what);
        // Two files may be written one after the other.
        ground.check(files, &before, output.status.success(), &what);
        faults += usize::from(!output.status.success());
        if even() < 0.3 {
            files.iter().for_each(|file| drop(std::fs::remove_file(ground.place.path(file))));
        }
    }
    eprintln!("{faults} faults that ended a command");
}
